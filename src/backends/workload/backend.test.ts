import { expect } from 'chai';
import { TerminalError } from '../../sdk/index.js';
import { workloadBackend } from './backend.js';
import { deployment, instanceOf, MemoryResources, ROLLED_OUT, secret, settings } from './harness.test.js';

const PASSWORD = { name: 'password', kind: 'Password' } as const;
const plan = (more: Parameters<typeof settings>[0] = {}) =>
  settings({
    manifests: [deployment(), secret({ password: '{{ secrets.password }}' })],
    secrets: [PASSWORD],
    ...more,
  });

const failureOf = (work: Promise<unknown>): Promise<TerminalError> =>
  work.then(
    () => expect.fail('it was taken for a success'),
    (error: unknown) => error as TerminalError,
  );

describe('the workload backend', () => {
  describe('ensure', () => {
    it('applies what the plan renders, and is done when it is ready', async () => {
      const instance = instanceOf(plan(), { parameters: { replicas: 1 } });
      const { resources, kept } = instance;
      expect(await workloadBackend.ensure(instance)).to.deep.include({ state: 'waiting' });
      expect(resources.names).to.deep.equal(['Deployment i', 'Secret i']);
      expect(resources.objects.get('Secret i')!.stringData).to.deep.equal({ password: kept.password });
      resources.become('Deployment i', ROLLED_OUT);
      expect(await workloadBackend.ensure(instance)).to.deep.equal({ state: 'done', result: {} });
    });

    it('makes secrets once, and no other objects for them', async () => {
      const instance = instanceOf(plan());
      await workloadBackend.ensure(instance);
      const [first] = Object.values(instance.kept);
      await workloadBackend.ensure(instance);
      expect(instance.kept).to.deep.equal({ password: first });
      expect(instance.resources.applied[1]).to.deep.equal(instance.resources.applied[0]);
    });

    it('labels the Pods, and has them listed and removed', async () => {
      const resources = new MemoryResources({ label: 'i' });
      await workloadBackend.ensure(instanceOf(plan(), { resources }));
      expect(resources.objects.get('Deployment i'))
        .to.have.nested.property('spec.template.metadata.labels')
        .that.eqls({
          app: 'i',
          label: 'i',
        });
      expect(resources.also).to.deep.equal([{ apiVersion: 'v1', kind: 'Pod' }]);
    });

    it('puts all into a namespace of the instance`s own where the plan says so', async () => {
      const { resources, ...instance } = instanceOf(plan({ namespace: 'Instance' }));
      await workloadBackend.ensure({ ...instance, resources });
      expect(resources.names[0]).to.equal('Namespace i');
      const places = [...resources.objects.values()].map(({ metadata }) => metadata.namespace);
      expect(places).to.deep.equal([undefined, 'i', 'i']);
    });

    it('fails with the path where a value is missing, and changes nothing', async () => {
      const instance = instanceOf(plan({ manifests: [secret({ a: '{{ parameters.zone }}' })] }));
      const error = await failureOf(workloadBackend.ensure(instance));
      expect(error).to.be.instanceOf(TerminalError);
      expect(error).to.include({
        message: 'manifests[0].stringData.a: parameters.zone does not exist',
        instanceUsable: true,
        updateRepeatable: false,
      });
      expect(instance.resources.applied).to.deep.equal([]);
    });

    it('fails where the cluster refuses a manifest, and says whether the instance still works', async () => {
      const instance = instanceOf(plan());
      const { resources } = instance;
      await workloadBackend.ensure(instance);
      resources.refusal = 'Deployment i is not valid';
      const told = async () => {
        const { message, instanceUsable, updateRepeatable } = await failureOf(
          workloadBackend.ensure(instance),
        );
        return { message, instanceUsable, updateRepeatable };
      };
      const expected = {
        message: 'Deployment i is not valid',
        instanceUsable: false,
        updateRepeatable: false,
      };
      expect(await told()).to.deep.equal(expected);
      resources.become('Deployment i', ROLLED_OUT);
      expect(await told()).to.deep.equal({ ...expected, instanceUsable: true });
    });

    it('waits for the plan`s own conditions', async () => {
      const readiness = [
        { kind: 'Secret', name: '{{ instance.name }}', jsonPath: '$.status.phase', equals: 'Made' },
      ];
      const instance = instanceOf(settings({ readiness }));
      expect(await workloadBackend.ensure(instance)).to.include({ state: 'waiting' });
      instance.resources.become('Secret i', { status: { phase: 'Made' } });
      expect(await workloadBackend.ensure(instance)).to.include({ state: 'done' });
    });
  });

  it('destroys until nothing is left, whatever the templates say', async () => {
    const instance = instanceOf(plan({ manifests: [secret({ a: '{{ parameters.zone }}' })] }));
    const { resources } = instance;
    await resources.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'i' } }]);
    resources.lingering = 1;
    expect(await workloadBackend.destroy(instance)).to.include({ state: 'waiting' });
    expect(await workloadBackend.destroy(instance)).to.equal(undefined);
  });

  describe('observe', () => {
    const changed = async (drift: 'Repair' | 'Report' | 'Ignore') => {
      const instance = instanceOf(plan({ drift }));
      await workloadBackend.ensure(instance);
      const before = await workloadBackend.observe!(instance);
      instance.resources.objects.delete('Secret i');
      return [before, await workloadBackend.observe!(instance)];
    };
    const condition = (status: string, reason: string, message: string) => ({
      conditions: [{ type: 'Drifted', status, reason, message }],
    });

    it('has drift repaired', async () => {
      expect(await changed('Repair')).to.deep.equal([{}, { repair: 'Secret i is missing' }]);
    });

    it('reports drift in a condition', async () => {
      expect(await changed('Report')).to.deep.equal([
        condition('False', 'AsRendered', 'all objects are as the plan has them'),
        condition('True', 'Changed', 'Secret i is missing'),
      ]);
    });

    it('ignores drift, and does not even look', async () => {
      expect(await changed('Ignore')).to.deep.equal([{}, {}]);
    });

    it('finds no drift in a Job that was made for the last operation', async () => {
      const instance = instanceOf(plan({ manifests: [{ ...deployment(), kind: 'Job' }] }));
      await workloadBackend.ensure(instance);
      expect(await workloadBackend.observe!(instance)).to.deep.equal({});
    });

    it('does not miss a Job that has removed itself', async () => {
      const brief = { ...deployment(), kind: 'Job', spec: { ttlSecondsAfterFinished: 60 } };
      const instance = instanceOf(plan({ manifests: [brief] }));
      await workloadBackend.ensure(instance);
      instance.resources.objects.clear();
      expect(await workloadBackend.observe!(instance)).to.deep.equal({});
    });

    it('never makes other secrets', async () => {
      const instance = instanceOf(plan());
      await workloadBackend.ensure(instance);
      delete instance.kept.password;
      expect(await workloadBackend.observe!(instance)).to.deep.equal(
        condition('True', 'Changed', 'the generated value password of the instance is gone'),
      );
      expect(instance.kept).to.deep.equal({});
    });

    it('tells a few of many differences', async () => {
      const names = ['a', 'b', 'c', 'd', 'e'];
      const instance = instanceOf(settings({ manifests: names.map((name) => secret({}, name)) }));
      expect(await workloadBackend.observe!(instance)).to.deep.equal({
        repair: 'Secret a is missing; Secret b is missing; Secret c is missing; and 2 more',
      });
    });
  });

  describe('check', () => {
    const scope = (more: Parameters<typeof settings>[0], missing: string[] = []) => {
      const { signal, secret: read, log } = instanceOf(settings());
      const asked: unknown[] = [];
      const missingRights = (...question: unknown[]) => {
        asked.push(question);
        return Promise.resolve(missing);
      };
      return { scope: { settings: plan(more), signal, secret: read, log, missingRights }, asked };
    };

    it('asks for the rights that the plan needs, in the broker`s namespace or everywhere', async () => {
      for (const namespace of ['Broker', 'Instance'] as const) {
        const { scope: asking, asked } = scope({ namespace }, ['a rule is missing']);
        expect(await workloadBackend.check!(asking)).to.deep.equal(['a rule is missing']);
        expect(asked[0]).to.have.nested.property('[1].everywhere', namespace === 'Instance');
      }
    });

    it('asks for none where the plan is not right', async () => {
      const { scope: asking, asked } = scope({ manifests: [secret({ a: '{{ x }}' })] });
      expect(await workloadBackend.check!(asking)).to.have.length(1);
      expect(asked).to.deep.equal([]);
    });
  });

  describe('the address of a dashboard', () => {
    const urlOf = (dashboardUrl?: string, parameters = {}) =>
      workloadBackend.dashboardUrl!(
        instanceOf(settings(dashboardUrl === undefined ? {} : { dashboardUrl }), { parameters }),
      );

    it('is rendered', () => {
      expect(urlOf('https://example.com/{{ instance.id | url_encode }}')).to.equal(
        'https://example.com/I%2F1',
      );
    });

    it('is left out where there is none, a value is missing, or it is none', () => {
      expect(urlOf()).to.equal(undefined);
      expect(urlOf('https://example.com/{{ parameters.page }}')).to.equal(undefined);
      expect(urlOf('{{ parameters.page }}', { page: 'javascript:alert(1)' })).to.equal(undefined);
    });
  });
});
