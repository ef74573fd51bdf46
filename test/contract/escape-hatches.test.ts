// Annotations with which an operator takes part in an operation: retry-now, pause, abandon.
import { expect } from 'chai';
import type { KubeEvent } from '../../src/sdk/kube/events.js';
import { defineService } from '../../src/sdk/index.js';
import { ABANDON, PAUSE, RETRY_NOW } from '../../src/sdk/resources/escape-hatches.js';
import type { ServiceBinding, ServiceInstance } from '../../src/sdk/resources/kinds.js';
import { annotate } from '../support/annotate.js';
import { newId } from '../support/broker.js';
import { labServices } from '../support/catalog.js';
import { instanceObject } from '../support/kube.js';
import { Lab } from '../support/lab.js';
import { ASYNC, bindOf, LARGE, PLAIN, provisionOf, queryOf, useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

const HASTY = { serviceId: 'service-hasty', planId: 'plan-hasty' };
const lab = new Lab();
const hasty = defineService({
  id: HASTY.serviceId,
  name: 'hasty',
  description: 'Where an operation may run for a second',
  backend: lab.backend,
  plans: [{ id: HASTY.planId, name: 'hasty', description: 'A second', maximumPollingDuration: 1 }],
});

type Resource = Readonly<ServiceInstance | ServiceBinding>;
const lastOf = ({ status }: Resource) => status?.lastOperation;
const isPausedNow = (resource: Resource): boolean => lastOf(resource)?.reason === 'Paused';
const hasSucceeded = (resource: Resource): boolean => lastOf(resource)?.state === 'succeeded';

describe('the escape hatches', () => {
  const scene = useScene({
    lab,
    definition: { services: [...labServices(lab.backend), hasty], backends: [lab.backend] },
  });

  const instances = () => scene.kube.instances;
  const bindings = () => scene.kube.bindings;
  const callsOf = (call: string): number => lab.calls.filter((each) => each === call).length;
  const eventOf = async (name: string, reason: string): Promise<Readonly<KubeEvent>> => {
    const picks = (event: Readonly<KubeEvent>): boolean =>
      event.involvedObject.name === name && event.reason === reason;
    return (await scene.kube.events.untilSome(1, picks))[0]!;
  };
  const isAnnotated = ({ metadata }: Resource, name: string): boolean =>
    metadata.annotations?.[name] !== undefined;

  /** An instance whose provision failed for good. */
  async function failedInstance(): Promise<{ id: string; operation: string }> {
    const id = newId();
    lab.fail('ensure', 'the disk is full');
    const { body } = await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
    expect((await scene.ended(id, body.operation)).body.state).to.equal('failed');
    lab.reset();
    return { id, operation: body.operation };
  }

  /** An instance that is being deprovisioned, in vain. */
  async function stuckInstance(): Promise<{ id: string; operation: string }> {
    const id = await scene.instance();
    lab.fail('destroy', 'a lock is held');
    const { body } = await scene.osb.deprovision(id, queryOf(PLAIN, ASYNC));
    expect((await scene.ended(id, body.operation)).body.state).to.equal('failed');
    return { id, operation: body.operation };
  }

  describe('retry-now', () => {
    it('begins a failed provision anew, under an id of its own, and the failed one stays failed', async () => {
      const { id, operation } = await failedInstance();
      await annotate(instances(), id, { [RETRY_NOW]: '1' });
      const ready = await instances().until(id, hasSucceeded);
      expect(lastOf(ready)).to.include({ type: 'provision' });
      expect(lastOf(ready)!.id).not.to.equal(operation);
      expect(isAnnotated(ready, RETRY_NOW)).to.equal(false);
      expect((await scene.osb.lastOperation(id, { operation })).body).to.deep.equal({
        state: 'failed',
        description: 'the disk is full',
      });
      expect((await scene.ended(id)).body.state).to.equal('succeeded');
      expect((await scene.osb.provision(id, provisionOf(PLAIN), ASYNC)).status).to.equal(200);
      expect((await eventOf(id, 'RetryRequested')).message).to.contain(lastOf(ready)!.id);
    });

    it('begins a failed update anew, with what was wanted then', async () => {
      const id = await scene.instance();
      lab.fail('ensure', 'no');
      await scene.osb.update(id, { service_id: PLAIN.serviceId, plan_id: LARGE.planId }, ASYNC);
      expect((await scene.ended(id)).body.state).to.equal('failed');
      lab.reset();
      await annotate(instances(), id, { [RETRY_NOW]: 'please' });
      const ready = await instances().until(id, hasSucceeded);
      expect(lastOf(ready)).to.include({ type: 'update' });
      expect(lab.instances.get(id)?.planId).to.equal(LARGE.planId);
    });

    it('begins a failed deletion anew, of an instance and of a binding', async () => {
      const { id, operation } = await stuckInstance();
      lab.reset();
      const hold = lab.hold('destroy');
      await annotate(instances(), id, { [RETRY_NOW]: '' });
      await hold.reached;
      expect((await scene.osb.lastOperation(id, { operation })).body.state).to.equal('failed');
      const { id: again } = lastOf(
        await instances().until(id, (each) => lastOf(each)?.reason === 'Waiting'),
      )!;
      expect((await scene.osb.lastOperation(id, { operation: again })).body.state).to.equal('in progress');
      hold.release();
      await instances().untilGone(id);

      const other = await scene.instance();
      const binding = await scene.binding(other);
      lab.fail('unbind', 'no');
      await scene.osb.unbind(other, binding, queryOf(PLAIN, ASYNC));
      expect((await scene.bindingEnded(other, binding)).body.state).to.equal('failed');
      lab.reset();
      await annotate(bindings(), binding, { [RETRY_NOW]: '1' });
      await bindings().untilGone(binding);
      expect(lab.bindings.has(binding)).to.equal(false);
    });

    it('tries what is in progress at once, under the same id', async () => {
      const id = newId();
      const hold = lab.hold('ensure', 'waiting for a pod', 3600);
      const { body } = await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
      await instances().until(id, (object) => lastOf(object)?.reason === 'Waiting');
      hold.release();
      await annotate(instances(), id, { [RETRY_NOW]: 'now' });
      expect((await scene.ended(id, body.operation)).body.state).to.equal('succeeded');
      const ready = await instances().until(id, hasSucceeded);
      expect(lastOf(ready)!.id).to.equal(body.operation);
      expect(isAnnotated(ready, RETRY_NOW)).to.equal(false);
    });

    it('ensures a ready instance once more, as an update', async () => {
      const id = await scene.instance();
      lab.instances.delete(id); // somebody broke it
      await annotate(instances(), id, { [RETRY_NOW]: '1' });
      const ready = await instances().until(id, (object) => lastOf(object)?.type === 'update');
      expect((await scene.ended(id, lastOf(ready)!.id)).body.state).to.equal('succeeded');
      expect(lab.instances.has(id)).to.equal(true);
    });

    it('does not make the credentials of a binding anew', async () => {
      const binding = await scene.binding(await scene.instance());
      await annotate(bindings(), binding, { [RETRY_NOW]: '1' });
      const left = await bindings().until(binding, (object) => !isAnnotated(object, RETRY_NOW));
      expect(lastOf(left)).to.include({ type: 'bind', state: 'succeeded' });
      expect((await eventOf(binding, 'RetryRequested')).message).to.contain('nothing to try again');
      expect(callsOf(`bind ${binding}`)).to.equal(1);
    });
  });

  describe('pause', () => {
    it('stops work, tells so, and goes on when it is taken off', async () => {
      const id = newId();
      const hang = lab.hang('ensure');
      const { body } = await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
      await hang.reached;
      await annotate(instances(), id, { [PAUSE]: 'true' });
      const paused = await instances().until(id, isPausedNow);
      const pending = paused.status!.conditions!.find(({ type }) => type === 'Pending');
      expect(pending).to.include({ status: 'True', reason: 'Paused' });
      const told = await eventually(
        () => scene.osb.lastOperation(id, body),
        (poll) => poll.body.description.includes('paused'),
      );
      expect(told.body).to.deep.equal({
        state: 'in progress',
        description: 'the provision is paused by an operator',
      });
      expect(await eventOf(id, 'Paused')).to.include({ type: 'Normal' });
      lab.reset();
      await annotate(instances(), id, { [PAUSE]: null });
      expect((await scene.ended(id, body.operation)).body.state).to.equal('succeeded');
      expect(callsOf(`ensure ${id}`)).to.equal(2);
    });

    it('leaves a deletion alone, of an instance and of a binding', async () => {
      const id = await scene.instance();
      const binding = await scene.binding(id);
      await annotate(instances(), id, { [PAUSE]: 'true' });
      await annotate(bindings(), binding, { [PAUSE]: 'true' });
      const unbinding = await scene.osb.unbind(id, binding, queryOf(PLAIN, ASYNC));
      const { status, body } = await scene.osb.deprovision(id, queryOf(PLAIN, ASYNC));
      expect([unbinding.status, status]).to.deep.equal([202, 202]);
      await instances().until(id, isPausedNow);
      await bindings().until(binding, isPausedNow);
      expect((await scene.osb.lastOperation(id, body)).body.state).to.equal('in progress');
      expect([callsOf(`unbind ${binding}`), callsOf(`destroy ${id}`)]).to.deep.equal([0, 0]);
      await annotate(bindings(), binding, { [PAUSE]: null });
      await bindings().untilGone(binding);
      await annotate(instances(), id, { [PAUSE]: null });
      expect((await scene.ended(id, body.operation)).status).to.equal(410);
    });

    it('says nothing where nothing is to be done, and holds back what comes then', async () => {
      const id = await scene.instance();
      await annotate(instances(), id, { [PAUSE]: 'true' });
      const update = { service_id: PLAIN.serviceId, parameters: { size: 3 } };
      const { body } = await scene.osb.update(id, update, ASYNC);
      const paused = await instances().until(id, isPausedNow);
      expect(lastOf(paused)!.id).to.equal(body.operation);
      expect(paused.status!.previousOperations!.map(({ state }) => state)).to.deep.equal(['succeeded']);
      await annotate(instances(), id, { [PAUSE]: null });
      expect((await scene.ended(id, body.operation)).body.state).to.equal('succeeded');
    });

    it('gives an operation whose time ran out meanwhile one honest try', async () => {
      const id = newId();
      const object = instanceObject(id, {
        ...HASTY,
        operation: {
          id: `provision-${id}`,
          type: 'provision',
          requestedAt: new Date(Date.now() - 60_000).toISOString(),
        },
      });
      object.metadata.annotations = { [PAUSE]: 'true' };
      await instances().client.create(object);
      await instances().until(id, isPausedNow);
      await annotate(instances(), id, { [PAUSE]: null });
      const { state, reason } = lastOf(await instances().until(id, (each) => !isPausedNow(each)))!;
      expect([state, reason]).not.to.include('DeadlineExceeded');
      await instances().until(id, hasSucceeded);
    });

    it('wins over a retry, which is honoured afterwards', async () => {
      const { id } = await failedInstance();
      await annotate(instances(), id, { [PAUSE]: 'true', [RETRY_NOW]: '1' });
      const binding = newId(); // whatever is asked of the broker next is behind it in no queue
      await scene.osb.bind(await scene.instance(), binding, bindOf(PLAIN), ASYNC);
      expect(isAnnotated((await instances().get(id))!, RETRY_NOW)).to.equal(true);
      await annotate(instances(), id, { [PAUSE]: null });
      await instances().until(id, hasSucceeded);
    });
  });

  describe('abandon', () => {
    it('lets an instance whose deprovision failed go without its backend, and its bindings with it', async () => {
      const id = await scene.instance();
      const binding = await scene.binding(id);
      lab.fail('unbind', 'no');
      const { body } = await scene.osb.deprovision(id, queryOf(PLAIN, ASYNC));
      expect((await scene.ended(id, body.operation)).body.state).to.equal('failed');
      const calls = lab.calls.length;
      await annotate(instances(), id, { [ABANDON]: 'true' });
      await bindings().untilGone(binding);
      await instances().untilGone(id);
      expect(lab.calls.slice(calls)).to.deep.equal([]);
      await eventually(
        () => scene.osb.lastOperation(id, body),
        ({ status }) => status === 410,
      );
      expect((await scene.osb.deprovision(id, queryOf(PLAIN))).status).to.equal(410);
      expect((await scene.osb.fetch(id)).status).to.equal(404);
      const event = await eventOf(id, 'Abandoned');
      expect(event.type).to.equal('Warning');
      expect(event.message).to.contain('lab').and.to.contain('may still hold');
      expect((await eventOf(binding, 'Abandoned')).message).to.contain('credentials may still work');
      expect(scene.broker.log()).to.contain('may still hold the service instance');
      expect(lab.instances.has(id)).to.equal(true);
    });

    it('interrupts a backend that does not answer', async () => {
      const id = await scene.instance();
      const hang = lab.hang('destroy');
      const { body } = await scene.osb.deprovision(id, queryOf(PLAIN, ASYNC));
      await hang.reached;
      await annotate(instances(), id, { [ABANDON]: 'true' });
      expect((await scene.ended(id, body.operation)).status).to.equal(410);
      lab.reset();
    });

    it('of a binding alone touches nothing else', async () => {
      const id = await scene.instance();
      const binding = await scene.binding(id);
      await annotate(bindings(), binding, { [ABANDON]: 'true' });
      expect((await scene.osb.fetchBinding(id, binding)).status).to.equal(200); // not before it is deleted
      expect((await scene.osb.unbind(id, binding, queryOf(PLAIN))).status).to.equal(200);
      expect(callsOf(`unbind ${binding}`)).to.equal(0);
      expect((await scene.osb.fetch(id)).status).to.equal(200);
      expect((await scene.osb.deprovision(id, queryOf(PLAIN))).status).to.equal(200);
    });

    it('lets go what a backend made that the broker has no more', async () => {
      const id = await scene.instance();
      const gone = { planId: 'gone', serviceName: 'gone', planName: 'gone', backend: 'gone' };
      await instances().edit(id, (object) => ({
        ...object,
        spec: { ...object.spec, planId: 'gone', resolvedPlan: gone },
      }));
      await scene.osb.deprovision(id, queryOf(PLAIN, ASYNC));
      await instances().until(id, (object) => lastOf(object)?.reason === 'NoBackend');
      await annotate(instances(), id, { [ABANDON]: 'true' });
      await instances().untilGone(id);
    });

    it('does nothing to what is paused', async () => {
      const { id } = await stuckInstance();
      await annotate(instances(), id, { [PAUSE]: 'true', [ABANDON]: 'true' });
      await scene.instance(); // the broker has seen it by then
      expect(await instances().get(id)).not.to.equal(undefined);
      await annotate(instances(), id, { [PAUSE]: null });
      await instances().untilGone(id);
    });
  });

  it('with a value that means nothing say what to write', async () => {
    const id = await scene.instance();
    for (const [name, value] of [
      [PAUSE, 'yes'],
      [ABANDON, ''],
    ] as const) {
      await annotate(instances(), id, { [name]: value });
      const picks = ({ involvedObject, reason, message }: Readonly<KubeEvent>): boolean =>
        involvedObject.name === id && reason === 'InvalidAnnotation' && message.includes(name);
      const [event] = await scene.kube.events.untilSome(1, picks);
      expect(event).to.include({ type: 'Warning' });
      expect(event!.message).to.contain(`"${value}"`).and.to.contain('write "true"');
    }
    const update = { service_id: PLAIN.serviceId, parameters: { size: 3 } };
    expect((await scene.osb.update(id, update)).status).to.equal(200);
  });
});
