// Unbinding (specification: Unbinding; checklist section 18).
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { IDS } from '../support/catalog.js';
import { ASYNC, bindOf, LARGE, PLAIN, queryOf, SLOW, useScene } from '../support/scene.js';

describe('unbind', () => {
  const scene = useScene();

  for (const [title, more] of [
    ['[166] answers 400 when service_id is missing', { service_id: undefined }],
    ['[166] answers 400 when plan_id is missing', { plan_id: undefined }],
    ['[166] answers 400 when service_id is empty', { service_id: '' }],
    ["[166] answers 400 when service_id is not the binding's", { service_id: IDS.slow.serviceId }],
    ["[166] answers 400 when plan_id is not the binding's", { plan_id: IDS.plain.large }],
  ] as const) {
    it(`${title}, and deletes nothing`, async () => {
      const instanceId = await scene.instance();
      const bindingId = await scene.binding(instanceId);
      const answer = await scene.osb.unbind(instanceId, bindingId, { ...queryOf(PLAIN), ...more });
      expect(answer.status).to.equal(400);
      expect((await scene.kube.bindings.get(bindingId))?.metadata).not.to.have.property('deletionTimestamp');
      expect((await scene.osb.fetchBinding(instanceId, bindingId)).status).to.equal(200);
    });
  }

  it('[167] answers 410 when there is no such binding, ids in the query or not', async () => {
    const instanceId = await scene.instance();
    for (const query of [queryOf(PLAIN), {}, { service_id: PLAIN.serviceId }, queryOf(PLAIN, ASYNC)]) {
      const answer = await scene.osb.unbind(instanceId, newId(), query);
      expect(answer.status).to.equal(410);
      expect(answer.body).to.be.an('object');
    }
  });

  it('[167] answers 410 to the binding of another instance, and to one that was removed before', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    expect((await scene.osb.unbind(await scene.instance(), bindingId, queryOf(PLAIN))).status).to.equal(410);
    expect((await scene.osb.fetchBinding(instanceId, bindingId)).status).to.equal(200);
    await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN));
    expect((await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN))).status).to.equal(410);
    expect((await scene.osb.unbind(newId(), bindingId, queryOf(PLAIN))).status).to.equal(410);
  });

  it('[168] answers 200 with an empty object when it is removed within the request', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    const answer = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN));
    expect([answer.status, answer.body]).to.deep.equal([200, {}]);
  });

  it('[168] answers 202 with the operation when it is removed later', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    const hold = scene.lab.hold('unbind');
    const answer = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    expect(answer.status).to.equal(202);
    expect(answer.body).to.have.all.keys('operation');
    expect(answer.body.operation).to.match(/^[\w.~-]{1,100}$/);
    hold.release();
    expect((await scene.bindingEnded(instanceId, bindingId, answer.body.operation)).status).to.equal(410);
  });

  it('[168] answers 422 AsyncRequired where only asynchronous work is possible and it is not accepted', async () => {
    const instanceId = await scene.instance(SLOW);
    const bindingId = await scene.binding(instanceId, SLOW);
    const answer = await scene.osb.unbind(instanceId, bindingId, queryOf(SLOW));
    expect([answer.status, answer.body.error]).to.deep.equal([422, 'AsyncRequired']);
    expect((await scene.kube.bindings.get(bindingId))?.metadata).not.to.have.property('deletionTimestamp');
  });

  it('[169] answers 202 with the same operation when it is repeated while in progress', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    const hold = scene.lab.hold('unbind');
    const first = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    await hold.reached;
    const again = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    expect([again.status, again.body]).to.deep.equal([202, first.body]);
  });

  it('[170, 171] interrupts a bind at work, whose signal fires, and removes what exists of it', async () => {
    const instanceId = await scene.instance();
    const bindingId = newId();
    let interrupted = false;
    const hang = scene.lab.hang('bind');
    const standard = hang.reached;
    const binding = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
    await standard;
    scene.lab.on('unbind', async ({ name }) => {
      interrupted = true;
      scene.lab.bindings.delete(name);
    });
    const answer = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    expect(answer.status).to.equal(202);
    expect((await scene.bindingEnded(instanceId, bindingId, answer.body.operation)).status).to.equal(410);
    // The bind never returned by itself: it has ended only because its signal fired.
    expect(interrupted).to.equal(true);
    expect(scene.lab.bindings.has(bindingId)).to.equal(false);
    expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
    const poll = await scene.osb.bindingLastOperation(instanceId, bindingId, {
      operation: binding.body.operation,
    });
    expect(poll.body.state).not.to.be.oneOf(['succeeded', 'in progress']);
  });

  it('[171] lets last_operation speak of the unbind, and say failed of the bind that it overtook', async () => {
    const instanceId = await scene.instance();
    const bindingId = newId();
    const binding = scene.lab.hold('bind');
    const bound = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
    await binding.reached;
    const unbinding = scene.lab.hold('unbind', 'removing the user');
    const unbound = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    await unbinding.reached;
    await scene.kube.bindings.until(bindingId, ({ status }) => status?.lastOperation?.type === 'unbind');
    const poll = async (operation?: string): Promise<string> =>
      (await scene.osb.bindingLastOperation(instanceId, bindingId, { operation })).body.state;
    expect(await poll()).to.equal('in progress');
    expect(await poll(unbound.body.operation)).to.equal('in progress');
    expect(await poll(bound.body.operation)).to.equal('failed');
  });

  it('[171] ends a synchronous bind that it overtakes with an error, and nothing is left', async () => {
    const instanceId = await scene.instance();
    const bindingId = newId();
    const hang = scene.lab.hang('bind');
    const binding = scene.osb.bind(instanceId, bindingId, bindOf(PLAIN));
    await hang.reached;
    expect((await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN))).status).to.equal(200);
    expect((await binding).status).to.be.within(400, 599);
    expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
  });

  it('[170] is not kept out by an update of the instance', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    const hold = scene.lab.hold('ensure');
    await scene.osb.update(instanceId, { service_id: PLAIN.serviceId, plan_id: LARGE.planId }, ASYNC);
    await hold.reached;
    expect((await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN))).status).to.equal(200);
  });

  it('[172] removes all that belongs to the binding: its password, its resource and its Secret', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    const { status } = (await scene.kube.bindings.get(bindingId))!;
    const secret = status!.secretRef!.name;
    expect(await scene.kube.secrets.get(secret)).to.be.an('object');
    await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN));
    expect(scene.lab.bindings.has(bindingId)).to.equal(false);
    expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
    await scene.kube.secrets.untilGone(secret);
  });

  it('an unbind that failed is tried again by another, under another operation', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    scene.lab.fail('unbind', 'the database said no');
    const first = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    const failed = await scene.bindingEnded(instanceId, bindingId, first.body.operation);
    expect(failed.body).to.deep.equal({ state: 'failed', description: 'the database said no' });
    scene.lab.reset();
    const hold = scene.lab.hold('unbind');
    const second = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    expect(second.status).to.equal(202);
    expect(second.body.operation).not.to.equal(first.body.operation);
    await hold.reached;
    const poll = await scene.osb.bindingLastOperation(instanceId, bindingId, first.body);
    expect(poll.body).to.deep.equal(failed.body);
    hold.release();
    expect((await scene.bindingEnded(instanceId, bindingId, second.body.operation)).status).to.equal(410);
  });
});
