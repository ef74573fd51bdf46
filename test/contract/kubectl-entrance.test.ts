// ServiceInstances and ServiceBindings that somebody makes at the Kubernetes API, without any platform.
import { expect } from 'chai';
import {
  API_VERSION,
  FINALIZER,
  OFFERINGS,
  type ServiceBinding,
  type ServiceInstance,
  type ServiceInstanceSpec,
} from '../../src/sdk/resources/kinds.js';
import { objectName } from '../../src/sdk/resources/names.js';
import { newId } from '../support/broker.js';
import { IDS, MAINTENANCE_VERSION } from '../support/catalog.js';
import { bindingObject, instanceObject } from '../support/kube.js';
import { LARGE, PLAIN, queryOf, useScene } from '../support/scene.js';

type Resource = Readonly<ServiceInstance | ServiceBinding>;
type State = 'Ready' | 'Pending' | 'Failed';

const is =
  (state: State, reason?: string) =>
  (resource: Resource): boolean => {
    const found = resource.status?.conditions?.find(({ type }) => type === state);
    return found?.status === 'True' && (reason === undefined || found.reason === reason);
  };

/** Ready, and what is wanted now is what is there. */
const isReady = (resource: Resource): boolean =>
  is('Ready')(resource) && resource.status?.observedGeneration === resource.metadata.generation;

describe('the entrance for kubectl', () => {
  const scene = useScene();

  const apply = async (spec: ServiceInstanceSpec, name = newId()): Promise<string> => {
    await scene.kube.instances.client.create(instanceObject(name, spec));
    return name;
  };
  const applyBinding = async (instance: string, more: object = {}, name = newId()): Promise<string> => {
    await scene.kube.bindings.client.create(bindingObject(name, instance, more));
    return name;
  };
  const applyReady = async (spec: ServiceInstanceSpec = PLAIN): Promise<string> => {
    const name = await apply(spec);
    await scene.kube.instances.until(name, isReady);
    return name;
  };

  /** Returns the generation that it has from then on. */
  const edit = async (name: string, change: Partial<ServiceInstanceSpec>): Promise<number> => {
    const edited = await scene.kube.instances.edit(name, ({ spec, ...present }) => ({
      ...present,
      spec: { ...spec, ...change },
    }));
    return edited.metadata.generation!;
  };

  describe('an instance', () => {
    it('is provisioned, and what a platform would have said is filled in', async () => {
      const name = await apply({ ...PLAIN, parameters: { size: 2 } });
      const { metadata, spec, status } = await scene.kube.instances.until(name, isReady);
      expect(metadata.finalizers).to.deep.equal([FINALIZER]);
      expect(spec.instanceId).to.equal(name);
      expect(spec.resolvedPlan).to.deep.include({
        planId: PLAIN.planId,
        serviceName: 'plain',
        planName: 'small',
        backend: 'lab',
      });
      expect(status!.lastOperation).to.deep.include({ type: 'provision', state: 'succeeded' });
      expect(status!.applied).to.deep.include({ planId: PLAIN.planId, parameters: { size: 2 } });
      expect(status!.dashboardUrl).to.equal(`https://lab.example/${name}`);
      expect(scene.lab.instances.get(name)).to.deep.equal({ planId: PLAIN.planId, parameters: { size: 2 } });
    });

    it('gets the maintenance that the plan is at', async () => {
      const name = await applyReady({ serviceId: IDS.plain.serviceId, planId: IDS.plain.maintained });
      const { spec, status } = await scene.kube.instances.until(name, isReady);
      expect(spec.maintenanceInfo).to.deep.equal({ version: MAINTENANCE_VERSION });
      expect(status!.applied!.maintenanceVersion).to.equal(MAINTENANCE_VERSION);
    });

    it('may have an id that is no legal name, where the name belongs to it', async () => {
      const instanceId = `Über/${newId()}~`;
      const name = await apply({ ...PLAIN, instanceId }, objectName(instanceId));
      await scene.kube.instances.until(name, isReady);
      expect((await scene.osb.fetch(instanceId)).status).to.equal(200);
      expect((await scene.osb.fetch(name)).status).to.equal(404);
    });

    it('is the same to a platform as one of its own', async () => {
      const name = await applyReady();
      expect((await scene.osb.fetch(name)).body).to.deep.include({
        service_id: PLAIN.serviceId,
        plan_id: PLAIN.planId,
      });
      const update = { service_id: PLAIN.serviceId, plan_id: LARGE.planId };
      expect((await scene.osb.update(name, update)).status).to.equal(200);
      expect((await scene.osb.deprovision(name, queryOf(LARGE))).status).to.equal(200);
    });

    it('is updated when its spec is edited, once for each edit', async () => {
      const name = await applyReady();
      for (const change of [{ planId: LARGE.planId }, { parameters: { size: 5 } }]) {
        const generation = await edit(name, change);
        const { spec, status } = await scene.kube.instances.until(
          name,
          (object) => isReady(object) && object.metadata.generation! >= generation,
        );
        expect(status!.lastOperation).to.deep.include({ type: 'update', state: 'succeeded' });
        expect(status!.applied!.planId).to.equal(spec.planId);
      }
      expect(scene.lab.instances.get(name)).to.deep.equal({ planId: LARGE.planId, parameters: { size: 5 } });
      const { resolvedPlan } = (await scene.kube.instances.get(name))!.spec;
      expect(resolvedPlan!.planName).to.equal('large');
    });

    it('goes on with what is wanted now when it is edited while at work', async () => {
      const hang = scene.lab.hang('ensure');
      const name = await apply(PLAIN);
      await hang.reached;
      scene.lab.reset(); // what hangs goes on hanging until it is interrupted
      await edit(name, { parameters: { size: 9 } });
      const { status } = await scene.kube.instances.until(name, isReady);
      expect(status!.applied!.parameters).to.deep.equal({ size: 9 });
    });

    it('waits for its offering, also where it says all that would be filled in', async () => {
      const instanceId = newId();
      const name = await apply({ serviceId: 'x', planId: 'y', instanceId }, instanceId);
      await scene.kube.instances.until(name, is('Pending', 'NotInCatalog'));
      await scene.kube.instances.client.delete(name);
      await scene.kube.instances.untilGone(name);
    });

    it('waits for its offering, and is provisioned when that comes', async () => {
      const id = newId();
      const name = await apply({ serviceId: `service-${id}`, planId: `plan-${id}` });
      const waiting = await scene.kube.instances.until(name, is('Pending', 'NotInCatalog'));
      expect(waiting.status!.lastOperation!.description).to.contain(`service-${id}`);
      await scene.kube.offerings.client.create({
        apiVersion: API_VERSION,
        kind: OFFERINGS.kind,
        metadata: { name: `late-${id}` },
        spec: {
          id: `service-${id}`,
          name: `late-${id}`,
          description: 'Comes late',
          plans: [{ id: `plan-${id}`, name: 'late', description: 'Late', backend: 'lab' }],
        },
      });
      const ready = await scene.kube.instances.until(name, isReady);
      expect(ready.spec.resolvedPlan!.serviceName).to.equal(`late-${id}`);
    });

    /** An operation that was asked for so long ago that the wait for an offering is over. */
    const longAgo = (type: 'provision' | 'update') => ({
      operation: {
        id: `${type}-${newId()}`,
        type,
        requestedAt: new Date(Date.now() - 600_000).toISOString(),
      },
    });
    const refusals: [string, string, () => Promise<string>][] = [
      [
        'an unknown service, for too long',
        'NotInCatalog',
        () => apply({ serviceId: 'x', planId: 'y', ...longAgo('provision') }),
      ],
      [
        'an unknown plan, for too long',
        'NotInCatalog',
        () => apply({ ...PLAIN, planId: 'y', ...longAgo('provision') }),
      ],
      [
        'the plan of another service',
        'NotInCatalog',
        () => apply({ ...PLAIN, planId: IDS.slow.planId, ...longAgo('provision') }),
      ],
      [
        'parameters that are not right',
        'InvalidParameters',
        () => apply({ ...PLAIN, parameters: { size: 'big' } }),
      ],
      [
        'an instanceId that is not that of the name',
        'InvalidId',
        () => apply({ ...PLAIN, instanceId: newId() }),
      ],
      [
        'an edit to an unknown plan, for too long',
        'NotInCatalog',
        async () => {
          const name = await applyReady();
          await edit(name, { planId: 'y', ...longAgo('update') });
          return name;
        },
      ],
      [
        'an edit to parameters that are not right',
        'InvalidParameters',
        async () => {
          const name = await applyReady();
          await edit(name, { parameters: { size: 0 } });
          return name;
        },
      ],
      [
        'an edit to another plan, where plans cannot change',
        'PlanNotUpdateable',
        async () => {
          const name = await applyReady({ serviceId: IDS.bare.serviceId, planId: IDS.bare.planId });
          await edit(name, { planId: IDS.bare.unbindable });
          return name;
        },
      ],
      [
        'an edit to another service',
        'ServiceChanged',
        async () => {
          const name = await applyReady();
          await edit(name, { serviceId: IDS.bare.serviceId, planId: IDS.bare.planId });
          return name;
        },
      ],
    ];
    for (const [what, reason, make] of refusals) {
      it(`is refused for ${what}: ${reason}`, async () => {
        const name = await make();
        const { status } = await scene.kube.instances.until(name, is('Failed', reason));
        expect(status!.lastOperation).to.deep.include({ state: 'failed' });
        expect(status!.lastOperation!.description).to.be.a('string').that.is.not.empty;
        const calls = scene.lab.calls.filter((call) => call === `ensure ${name}`);
        expect(calls.length).to.equal(status!.applied ? 1 : 0);
        await scene.kube.instances.client.delete(name);
        await scene.kube.instances.untilGone(name);
      });
    }

    it('that was refused is provisioned when its spec is put right', async () => {
      const name = await apply({ ...PLAIN, parameters: { size: 'big' } });
      await scene.kube.instances.until(name, is('Failed'));
      await edit(name, { parameters: { size: 1 } });
      const { status } = await scene.kube.instances.until(name, isReady);
      expect(status!.lastOperation!.type).to.equal('provision');
    });

    it('is removed by a delete, with its bindings, and nothing is left', async () => {
      const name = await applyReady();
      const binding = await applyBinding(name);
      const { status } = await scene.kube.bindings.until(binding, isReady);
      await scene.kube.instances.client.delete(name);
      await scene.kube.instances.untilGone(name);
      await scene.kube.bindings.untilGone(binding);
      await scene.kube.secrets.untilGone(status!.secretRef!.name);
      const removals = [`unbind ${binding}`, `destroy ${name}`];
      expect(scene.lab.calls.filter((call) => removals.includes(call))).to.deep.equal(removals);
      expect(scene.lab.instances.has(name)).to.equal(false);
      expect(scene.lab.bindings.has(binding)).to.equal(false);
    });

    it('of a platform may be removed by a delete as well', async () => {
      const instanceId = await scene.instance();
      await scene.kube.instances.client.delete(instanceId);
      await scene.kube.instances.untilGone(instanceId);
      expect(scene.lab.instances.has(instanceId)).to.equal(false);
      expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.be.oneOf([200, 410]);
    });
  });

  describe('a binding', () => {
    it('is made, and what a platform would have said is filled in', async () => {
      const instance = await applyReady();
      const name = await applyBinding(instance, { parameters: { size: 2 } });
      const { metadata, spec, status } = await scene.kube.bindings.until(name, isReady);
      expect(metadata.finalizers).to.deep.equal([FINALIZER]);
      expect(spec.bindingId).to.equal(name);
      const secret = await scene.kube.secrets.get(status!.secretRef!.name);
      const password = Buffer.from(secret!.data!.password!, 'base64').toString('utf8');
      expect(password).to.equal(scene.lab.bindings.get(name));
      const fetched = await scene.osb.fetchBinding(instance, name);
      expect(fetched.body.credentials.password).to.equal(password);
    });

    it('is a Provisioned Service for whoever mounts Secrets into Pods', async () => {
      const name = await applyBinding(await applyReady());
      const { status } = await scene.kube.bindings.until(name, isReady);
      expect(status!.binding).to.deep.equal({ name: status!.secretRef!.name });
    });

    it('may say its id, where the name belongs to it', async () => {
      const instance = await applyReady();
      const bindingId = `Über/${newId()}~`;
      const name = await applyBinding(instance, { bindingId }, objectName(bindingId));
      await scene.kube.bindings.until(name, isReady);
      expect((await scene.osb.fetchBinding(instance, bindingId)).status).to.equal(200);
    });

    it('waits for its instance, and is made when that is ready', async () => {
      const instance = newId();
      const name = await applyBinding(instance);
      const waiting = await scene.kube.bindings.until(name, is('Pending', 'InstanceNotReady'));
      expect(waiting.status!.lastOperation!.description).to.contain(instance);
      const hold = scene.lab.hold('ensure');
      await apply(PLAIN, instance);
      await hold.reached;
      expect(scene.lab.calls).not.to.include(`bind ${name}`);
      hold.release();
      await scene.kube.bindings.until(name, isReady);
    });

    it('of an instance that failed is refused', async () => {
      const instance = await apply({ ...PLAIN, parameters: { size: 'big' } });
      await scene.kube.instances.until(instance, is('Failed'));
      const name = await applyBinding(instance);
      await scene.kube.bindings.until(name, is('Failed', 'InstanceNotReady'));
    });

    const refusals: [string, string, ServiceInstanceSpec, object][] = [
      [
        'a plan that is not bindable',
        'NotBindable',
        { serviceId: IDS.bare.serviceId, planId: IDS.bare.unbindable },
        {},
      ],
      ['parameters that are not right', 'InvalidParameters', PLAIN, { parameters: { size: 'big' } }],
      ['a bindingId that is not that of the name', 'InvalidId', PLAIN, { bindingId: newId() }],
      [
        'an application that is missing',
        'RequiresApp',
        { serviceId: IDS.app.serviceId, planId: IDS.app.planId },
        { bindResource: { route: 'app.example' } },
      ],
      [
        'a predecessor, where bindings cannot be rotated',
        'InvalidPredecessor',
        { serviceId: IDS.bare.serviceId, planId: IDS.bare.planId },
        { predecessorBindingId: 'any' },
      ],
      ['a predecessor that is not there', 'InvalidPredecessor', PLAIN, { predecessorBindingId: newId() }],
    ];
    for (const [what, reason, spec, more] of refusals) {
      it(`is refused for ${what}: ${reason}`, async () => {
        const name = await applyBinding(await applyReady(spec), more);
        const { status } = await scene.kube.bindings.until(name, is('Failed', reason));
        expect(status).not.to.have.property('secretRef');
        expect(status!.lastOperation).to.deep.include({ type: 'bind', state: 'failed' });
        expect(scene.lab.calls).not.to.include(`bind ${name}`);
        await scene.kube.bindings.client.delete(name);
        await scene.kube.bindings.untilGone(name);
      });
    }

    it('is removed by a delete, and nothing is left', async () => {
      const instance = await applyReady();
      const name = await applyBinding(instance);
      const { status } = await scene.kube.bindings.until(name, isReady);
      await scene.kube.bindings.client.delete(name);
      await scene.kube.bindings.untilGone(name);
      await scene.kube.secrets.untilGone(status!.secretRef!.name);
      expect(scene.lab.calls).to.include(`unbind ${name}`);
      expect(scene.lab.bindings.has(name)).to.equal(false);
      expect(await scene.kube.instances.until(instance, isReady)).to.be.an('object');
    });
  });

  describe('the conditions', () => {
    const expectOnly = (resource: Resource, state: State): void => {
      const { conditions, observedGeneration } = resource.status!;
      expect(conditions!.map(({ type, status }) => [type, status])).to.have.deep.members(
        ['Ready', 'Pending', 'Failed'].map((type) => [type, type === state ? 'True' : 'False']),
      );
      expect(observedGeneration).to.equal(resource.metadata.generation);
      for (const condition of conditions!) {
        expect(condition.observedGeneration).to.equal(resource.metadata.generation);
        expect(condition.reason).to.match(/^[A-Za-z]+$/);
        expect(condition.lastTransitionTime).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      }
    };

    it('are exactly one true at a time, with the generation that they speak of', async () => {
      const hold = scene.lab.hold('ensure');
      const name = await apply(PLAIN);
      await hold.reached;
      expectOnly(await scene.kube.instances.until(name, is('Pending', 'Waiting')), 'Pending');
      hold.release();
      expectOnly(await scene.kube.instances.until(name, is('Ready')), 'Ready');
      await edit(name, { parameters: { size: 'big' } });
      expectOnly(await scene.kube.instances.until(name, is('Failed')), 'Failed');
      await edit(name, { parameters: { size: 1 } });
      expectOnly(await scene.kube.instances.until(name, is('Ready')), 'Ready');
    });

    it('are so of a binding too', async () => {
      const instance = newId();
      const name = await applyBinding(instance);
      expectOnly(await scene.kube.bindings.until(name, is('Pending')), 'Pending');
      await apply(PLAIN, instance);
      expectOnly(await scene.kube.bindings.until(name, is('Ready')), 'Ready');
      const refused = await applyBinding(instance, { parameters: { size: 'big' } });
      expectOnly(await scene.kube.bindings.until(refused, is('Failed')), 'Failed');
    });
  });
});
