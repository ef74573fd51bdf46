import { expect } from 'chai';
import { workloadBackend } from './backend.js';
import { bindingOf, COMPLETE, instanceOf, job, secret, settings } from './harness.test.js';
import type { BindingSettings, WorkloadSettings } from './settings.js';

const OWN = { name: 'own', kind: 'Password' } as const;
const RECORD = 'applied.bind-1';
const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'i' },
  spec: { clusterIP: '10.0.0.1' },
};
const ADDRESS = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: '{{ binding.name }}-address' },
  data: { host: '{{ objects.Service[instance.name].spec.clusterIP }}' },
};
const USER = secret({ password: '{{ secrets.own }}' }, '{{ binding.name }}-user');
const MAKE = job('{{ binding.name }}-make');
const brief = { ...MAKE, spec: { ...(MAKE.spec as object), ttlSecondsAfterFinished: 60 } };

async function bound(plan: Partial<BindingSettings>, more: Partial<WorkloadSettings> = {}) {
  const instance = instanceOf(settings({ binding: plan as BindingSettings, ...more }));
  await instance.resources.apply([SERVICE]);
  const binding = bindingOf(instance);
  const { resources } = binding;
  await workloadBackend.bind!(binding);
  for (const name of resources.names.filter((each) => each.startsWith('Job')))
    resources.become(name, COMPLETE);
  expect(await workloadBackend.bind!(binding)).to.include({ state: 'done' });
  const observe = (now = binding) => workloadBackend.observeBinding!(now);
  const repair = async (now = binding) => {
    await workloadBackend.repairBinding!(now);
    expect(await observe(now)).to.deep.equal({});
  };
  return { instance, binding, resources, observe, repair };
}

const drifted = (status: string, reason: string, message: string) => ({
  conditions: [{ type: 'Drifted', status, reason, message }],
});

describe('the objects of a binding', () => {
  it('are put back as bind applied them, the same values in them', async () => {
    const { resources, observe, repair } = await bound({ secrets: [OWN], manifests: [USER, MAKE] });
    expect(await observe()).to.deep.equal({});
    const { stringData } = resources.objects.get('Secret b-user')!;
    resources.objects.delete('Secret b-user');
    resources.objects.delete('Job b-make');
    expect(await observe()).to.deep.equal({ repair: 'Secret b-user is missing; Job b-make is missing' });
    await repair();
    expect(resources.objects.get('Secret b-user')!.stringData).to.deep.equal(stringData);
    expect(resources.objects.get('Job b-make')!.metadata.annotations).to.deep.equal({
      'sdkbroker.broker.io/operation': 'bind-1',
    });
    expect(resources.also).to.deep.equal([{ apiVersion: 'v1', kind: 'Pod' }]);
  });

  it('stay what an application was given, whatever the plan and the instance are now', async () => {
    const { instance, binding, resources, observe, repair } = await bound({ manifests: [ADDRESS] });
    instance.resources.become('Service i', { spec: { clusterIP: '10.0.0.2' } });
    const other = settings({ binding: { manifests: [secret({}, 'another')] } as unknown as BindingSettings });
    const now = { ...binding, instance: { ...instance, settings: other } };
    expect(await observe(now)).to.deep.equal({});
    resources.become('ConfigMap b-address', { data: { host: 'wrong' } });
    expect(await observe(now)).to.deep.equal({ repair: 'ConfigMap b-address: data differs' });
    await repair(now);
    expect(resources.objects.get('ConfigMap b-address')!.data).to.deep.equal({ host: '10.0.0.1' });
    expect(resources.names).to.deep.equal(['ConfigMap b-address']);
  });

  it('are put back where all of them are gone', async () => {
    const { resources, observe, repair } = await bound({ secrets: [OWN], manifests: [USER, ADDRESS] });
    const before = [...resources.objects.values()];
    resources.objects.clear();
    expect(await observe()).to.deep.equal({
      repair: 'Secret b-user is missing; ConfigMap b-address is missing',
    });
    await repair();
    expect([...resources.objects.values()]).to.deep.equal(before);
  });

  for (const [what, record, message] of [
    ['is gone', undefined, 'the record of what bind applied is gone: bind again'],
    [
      'was made unreadable',
      '{"kind": "Secret"',
      'the record of what bind applied cannot be read: bind again',
    ],
  ] as const) {
    it(`are told, and stay as they are, where the record ${what}`, async () => {
      const { binding, resources, observe } = await bound({ manifests: [ADDRESS] });
      delete binding.kept[RECORD];
      if (record !== undefined) binding.kept[RECORD] = record;
      resources.objects.clear();
      expect(await observe()).to.deep.equal(drifted('True', 'Changed', message));
      expect(resources.names).to.deep.equal([]);
      expect(binding.kept[RECORD]).to.equal(record);
    });
  }

  it('may be none', async () => {
    const { binding, instance, observe, resources } = await bound({});
    expect(await observe()).to.deep.equal({});
    const { binding: _, ...unbindable } = instance.settings;
    expect(await observe({ ...binding, instance: { ...instance, settings: unbindable } })).to.deep.equal({});
    expect(resources.applied).to.deep.equal([]);
  });

  it('are told in a condition where the plan wants that', async () => {
    const { resources, observe } = await bound({ manifests: [ADDRESS] }, { drift: 'Report' });
    expect(await observe()).to.deep.equal(
      drifted('False', 'AsRendered', 'all objects are as the plan has them'),
    );
    resources.objects.delete('ConfigMap b-address');
    expect(await observe()).to.deep.equal(drifted('True', 'Changed', 'ConfigMap b-address is missing'));
  });

  it('are not looked at where the plan ignores drift', async () => {
    const { resources, observe } = await bound({ manifests: [ADDRESS] }, { drift: 'Ignore' });
    resources.objects.clear();
    expect(await observe()).to.deep.equal({});
  });

  for (const [what, leave] of [
    ['has removed itself', undefined],
    ['is about to be gone', { metadata: { name: 'b-make', deletionTimestamp: 'now' } }],
  ] as const)
    it(`do not miss a Job that ${what}, nor make it again with another`, async () => {
      const { resources, observe, repair } = await bound({ manifests: [ADDRESS, brief] });
      if (leave) resources.become('Job b-make', leave);
      else resources.objects.delete('Job b-make');
      expect(await observe()).to.deep.equal({});
      resources.objects.delete('ConfigMap b-address');
      await repair();
      expect(resources.applied.at(-1)!.map(({ kind }) => kind)).to.deep.equal(['ConfigMap']);
    });

  it('keep a Job that removes itself for as long as it is there', async () => {
    const { resources, repair } = await bound({ manifests: [ADDRESS, brief] });
    resources.objects.delete('ConfigMap b-address');
    await repair();
    expect(resources.names).to.include('Job b-make');
  });
});
