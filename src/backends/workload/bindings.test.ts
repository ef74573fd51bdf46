import { expect } from 'chai';
import { type BindingResult, type Outcome, TerminalError } from '../../sdk/index.js';
import { bind, unbind } from './bindings.js';
import { bindingOf, COMPLETE, FAILED, instanceOf, job, secret, settings } from './harness.test.js';
import type { BindingSettings } from './settings.js';

const SERVICE = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'i' } };
const HOST = '{{ objects.Service[instance.name].spec.clusterIP }}';

async function bound(binding: Partial<BindingSettings>) {
  const plan = settings({
    secrets: [{ name: 'password', kind: 'Password' }],
    binding: binding as BindingSettings,
  });
  const instance = instanceOf(plan, { kept: { password: 'pa55word' } });
  await instance.resources.apply([SERVICE]);
  return { instance, binding: bindingOf(instance) };
}

const WITH_JOBS: Partial<BindingSettings> = {
  secrets: [{ name: 'own', kind: 'Password' }],
  manifests: [
    secret({ password: '{{ secrets.own }}' }, '{{ binding.name }}-user'),
    job('{{ binding.name }}-make'),
  ],
  unbindManifests: [job('{{ binding.name }}-drop')],
  credentials: {
    username: '{{ binding.name }}',
    password: '{{ secrets.own }}',
    admin: '{{ secrets.password }}',
  },
};

const credentialsIn = (outcome: Outcome<BindingResult>) =>
  outcome.state === 'done' ? outcome.result.credentials : expect.fail(outcome.text);

describe('bind', () => {
  it('without manifests is no more than its credentials', async () => {
    const { binding } = await bound({ credentials: { app: '{{ binding.bindResource.app_guid }}' } });
    expect(credentialsIn(await bind(binding))).to.deep.equal({ app: 'app' });
    expect(binding.resources.applied).to.deep.equal([]);
  });

  it('waits for what an object does not have yet', async () => {
    const { binding, instance } = await bound({ credentials: { host: HOST } });
    expect(await bind(binding)).to.deep.include({
      state: 'waiting',
      text: 'binding.credentials.host: objects.Service[instance.name].spec.clusterIP does not exist',
    });
    instance.resources.become('Service i', { spec: { clusterIP: '10.0.0.1' } });
    expect(credentialsIn(await bind(binding))).to.deep.equal({ host: '10.0.0.1' });
  });

  it('fails where anything else is missing', async () => {
    const { binding } = await bound({ credentials: { zone: '{{ binding.parameters.zone }}' } });
    const error = await bind(binding).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TerminalError);
    expect(error).to.have.property(
      'message',
      'binding.credentials.zone: binding.parameters.zone does not exist',
    );
  });

  it('fails where the plan says nothing of bindings', async () => {
    const { binding } = await bound({});
    delete (binding.instance.settings as Partial<ReturnType<typeof settings>>).binding;
    expect(await bind(binding).catch((thrown: unknown) => thrown)).to.be.instanceOf(TerminalError);
  });

  it('runs its Job until that has succeeded, with one password throughout', async () => {
    const { binding } = await bound(WITH_JOBS);
    expect(await bind(binding)).to.include({ state: 'waiting', text: 'the job b-make runs' });
    expect(binding.resources.names).to.deep.equal(['Secret b-user', 'Job b-make']);
    const { password } = binding.resources.objects.get('Secret b-user')!.stringData as { password: string };
    binding.resources.become('Job b-make', COMPLETE);
    expect(credentialsIn(await bind(binding))).to.deep.equal({ username: 'b', password, admin: 'pa55word' });
    expect(password).to.match(/^[A-Za-z0-9]{32}$/);
  });

  it('applies what it rendered first, whatever becomes of what that was rendered from', async () => {
    const { binding, instance } = await bound({
      manifests: [secret({ host: HOST }, 'address'), job('make')],
    });
    instance.resources.become('Service i', { spec: { clusterIP: '10.0.0.1' } });
    await bind(binding);
    instance.resources.become('Service i', { spec: { clusterIP: '10.0.0.2' } });
    const host = () => binding.resources.objects.get('Secret address')!.stringData;
    await bind(binding);
    expect(host()).to.deep.equal({ host: '10.0.0.1' });
    await bind({ ...binding, operationId: 'bind-2' });
    expect(host()).to.deep.equal({ host: '10.0.0.2' });
  });

  it('fails with its Job', async () => {
    const { binding } = await bound(WITH_JOBS);
    await bind(binding);
    binding.resources.become('Job b-make', FAILED);
    expect(await bind(binding).catch((thrown: unknown) => thrown)).to.be.instanceOf(TerminalError);
  });

  it('never makes other secrets of the instance', async () => {
    const { binding, instance } = await bound({});
    delete instance.kept.password;
    await bind(binding).catch((thrown: unknown) => thrown);
    expect(instance.kept).to.deep.equal({});
  });
});

describe('unbind', () => {
  it('without manifests for it removes all until nothing is left', async () => {
    const { binding } = await bound({ ...WITH_JOBS, unbindManifests: [] });
    await bind(binding);
    binding.resources.lingering = 1;
    expect(await unbind(binding)).to.include({ state: 'waiting' });
    expect(await unbind(binding)).to.equal(undefined);
  });

  it('runs its Job when bind`s has gone with its Pods, then removes all', async () => {
    const { binding } = await bound(WITH_JOBS);
    await bind(binding);
    const pod = {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { name: 'p', ownerReferences: [{ kind: 'Job', name: 'b-make', uid: 'u', controller: true }] },
    };
    binding.resources.objects.set('Pod p', pod);
    const remove = binding.resources.remove.bind(binding.resources);
    binding.resources.remove = async () => {
      await remove();
      binding.resources.objects.set('Pod p', pod); // which ends when it likes
      return false;
    };
    for (let times = 0; times < 2; times++) {
      expect(await unbind({ ...binding, operationId: 'unbind-1' })).to.include({ state: 'waiting' });
      expect(binding.resources.names).to.deep.equal(['Pod p']);
    }
    binding.resources.remove = remove;
    binding.resources.objects.delete('Pod p');
    expect(await unbind({ ...binding, operationId: 'unbind-1' })).to.include({ text: 'the job b-drop runs' });
    expect(binding.resources.names).to.deep.equal(['Job b-drop']);
    binding.resources.become('Job b-drop', COMPLETE);
    expect(await unbind({ ...binding, operationId: 'unbind-1' })).to.include({ state: 'done' });
    expect(binding.resources.names).to.deep.equal([]);
  });

  it('runs its Job also where bind never ran', async () => {
    const { binding } = await bound(WITH_JOBS);
    expect(await unbind(binding)).to.include({ text: 'the job b-drop runs' });
  });

  it('runs nothing where the instance goes, too', async () => {
    const { binding, instance } = await bound(WITH_JOBS);
    await bind(binding);
    expect(await unbind({ ...binding, instance: { ...instance, isDeleting: true } })).to.equal(undefined);
    expect(binding.resources.names).to.deep.equal([]);
  });

  it('runs nothing where nothing is left of the instance', async () => {
    const { binding, instance } = await bound(WITH_JOBS);
    instance.resources.objects.clear();
    expect(await unbind(binding)).to.equal(undefined);
    expect(binding.resources.applied).to.deep.equal([]);
  });
});
