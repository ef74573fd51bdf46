// The Kubernetes Events that tell how instances, bindings and offerings fare.
import { expect } from 'chai';
import type { KubeEvent } from '../../src/sdk/kube/events.js';
import { API_VERSION, OFFERINGS } from '../../src/sdk/resources/kinds.js';
import { newId } from '../support/broker.js';
import type { Step } from '../support/lab.js';
import type { OsbResponse } from '../support/osb-client.js';
import { ASYNC, bindOf, LARGE, PLAIN, provisionOf, queryOf, useScene } from '../support/scene.js';

describe('events', () => {
  const scene = useScene();

  /** The first event about the object with that reason. */
  const eventOf = async (name: string, reason: string): Promise<Readonly<KubeEvent>> => {
    const picks = (event: Readonly<KubeEvent>): boolean =>
      event.involvedObject.name === name && event.reason === reason;
    return (await scene.kube.events.untilSome(1, picks))[0]!;
  };

  interface Transition {
    operation: string;
    kind: 'ServiceInstance' | 'ServiceBinding';
    step: Step;
    /** In progress, succeeded, failed. */
    reasons: [string, string, string];
    /** Makes ready what the operation needs; the id of its object, and how to ask for it. */
    prepare: () => Promise<{ id: string; start: () => Promise<OsbResponse>; ended: () => Promise<unknown> }>;
  }

  const onInstance = (id: string, start: () => Promise<OsbResponse>) => ({
    id,
    start,
    ended: () => scene.ended(id),
  });

  const transitions: Transition[] = [
    {
      operation: 'provision',
      kind: 'ServiceInstance',
      step: 'ensure',
      reasons: ['Provisioning', 'ProvisionedSuccessfully', 'ProvisionFailed'],
      prepare: async () => {
        const id = newId();
        return onInstance(id, () => scene.osb.provision(id, provisionOf(PLAIN), ASYNC));
      },
    },
    {
      operation: 'update',
      kind: 'ServiceInstance',
      step: 'ensure',
      reasons: ['UpdatingInstance', 'InstanceUpdatedSuccessfully', 'UpdateInstanceFailed'],
      prepare: async () => {
        const id = await scene.instance();
        const body = { service_id: PLAIN.serviceId, plan_id: LARGE.planId };
        return onInstance(id, () => scene.osb.update(id, body, ASYNC));
      },
    },
    {
      operation: 'deprovision',
      kind: 'ServiceInstance',
      step: 'destroy',
      reasons: ['Deprovisioning', 'DeprovisionedSuccessfully', 'DeprovisionFailed'],
      prepare: async () => {
        const id = await scene.instance();
        return onInstance(id, () => scene.osb.deprovision(id, queryOf(PLAIN, ASYNC)));
      },
    },
    {
      operation: 'bind',
      kind: 'ServiceBinding',
      step: 'bind',
      reasons: ['Binding', 'BoundSuccessfully', 'BindFailed'],
      prepare: async () => {
        const [instance, id] = [await scene.instance(), newId()];
        return {
          id,
          start: () => scene.osb.bind(instance, id, bindOf(PLAIN), ASYNC),
          ended: () => scene.bindingEnded(instance, id),
        };
      },
    },
    {
      operation: 'unbind',
      kind: 'ServiceBinding',
      step: 'unbind',
      reasons: ['Unbinding', 'UnboundSuccessfully', 'UnbindFailed'],
      prepare: async () => {
        const instance = await scene.instance();
        const id = await scene.binding(instance);
        return {
          id,
          start: () => scene.osb.unbind(instance, id, queryOf(PLAIN, ASYNC)),
          ended: () => scene.bindingEnded(instance, id),
        };
      },
    },
  ];

  for (const { operation, kind, step, reasons, prepare } of transitions) {
    const [begun, succeeded, failed] = reasons;

    it(`tell of ${operation}: ${begun}, then ${succeeded}`, async () => {
      const { id, start, ended } = await prepare();
      const hold = scene.lab.hold(step, 'one of three steps is done');
      expect((await start()).status).to.equal(202);
      await hold.reached;
      const first = await eventOf(id, begun);
      expect(first).to.deep.include({ type: 'Normal', message: 'one of three steps is done' });
      expect(first.involvedObject).to.deep.include({ apiVersion: API_VERSION, kind, name: id });
      expect(first.involvedObject.namespace).to.equal(scene.broker.namespace);
      expect(first.involvedObject.uid).to.be.a('string').that.is.not.empty;
      hold.release();
      await ended();
      const second = await eventOf(id, succeeded);
      expect(second).to.deep.include({ type: 'Normal', message: `the ${operation} succeeded` });
      expect(second.involvedObject).to.deep.equal(first.involvedObject);
    });

    it(`warn of ${operation}: ${failed}`, async () => {
      const { id, start, ended } = await prepare();
      scene.lab.fail(step, 'the disk is full');
      await start();
      await ended();
      expect(await eventOf(id, failed)).to.deep.include({ type: 'Warning', message: 'the disk is full' });
    });
  }

  it('do not tell what a backend threw that is no TerminalError', async () => {
    const id = newId();
    scene.lab.on('ensure', () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7')));
    await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
    const { message } = await eventOf(id, 'Provisioning');
    expect(message).to.equal('attempt 1 did not succeed; trying again');
  });

  it('tell that an offering is accepted', async () => {
    expect(await eventOf('plain', 'Accepted')).to.deep.include({ type: 'Normal' });
  });

  it('warn that an offering is refused, and why', async () => {
    const name = `refused-${newId()}`;
    await scene.kube.offerings.client.create({
      apiVersion: API_VERSION,
      kind: OFFERINGS.kind,
      metadata: { name },
      spec: {
        id: name,
        name,
        description: 'Not right',
        plans: [{ id: `${name}-1`, name: 'one', description: 'One', backend: 'nobody' }],
      },
    });
    const event = await eventOf(name, 'Refused');
    expect(event.type).to.equal('Warning');
    expect(event.message).to.contain('backend: there is no "nobody"');
  });
});
