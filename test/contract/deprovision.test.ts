// Deprovisioning (specification: Deprovisioning; checklist section 19).
import { expect } from 'chai';
import { TerminalError } from '../../src/sdk/index.js';
import { newId } from '../support/broker.js';
import { IDS } from '../support/catalog.js';
import { ASYNC, bindOf, LARGE, PLAIN, provisionOf, queryOf, SLOW, useScene } from '../support/scene.js';

describe('deprovision', () => {
  const scene = useScene();

  for (const [title, more] of [
    ['[173] answers 400 when service_id is missing', { service_id: undefined }],
    ['[173] answers 400 when plan_id is missing', { plan_id: undefined }],
    ['[173] answers 400 when plan_id is empty', { plan_id: '' }],
    ["[173] answers 400 when service_id is not the instance's", { service_id: IDS.slow.serviceId }],
    ["[173] answers 400 when plan_id is not the instance's", { plan_id: IDS.plain.large }],
  ] as const) {
    it(`${title}, and deletes nothing`, async () => {
      const instanceId = await scene.instance();
      const answer = await scene.osb.deprovision(instanceId, { ...queryOf(PLAIN), ...more });
      expect(answer.status).to.equal(400);
      expect((await scene.kube.instances.get(instanceId))?.metadata).not.to.have.property(
        'deletionTimestamp',
      );
      expect((await scene.osb.fetch(instanceId)).status).to.equal(200);
    });
  }

  for (const missing of ['service_id', 'plan_id']) {
    it(`[173] answers 400 when ${missing} is missing, also where there is no such instance`, async () => {
      const answer = await scene.osb.deprovision(newId(), { ...queryOf(PLAIN), [missing]: undefined });
      expect(answer.status).to.equal(400);
    });
  }

  it("[173] takes the instance's present plan after an update, and no longer the old one", async () => {
    const instanceId = await scene.instance();
    await scene.osb.update(instanceId, { service_id: PLAIN.serviceId, plan_id: LARGE.planId });
    expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.equal(400);
    expect((await scene.osb.deprovision(instanceId, queryOf(LARGE))).status).to.equal(200);
  });

  it('[174] answers 410 when the instance never was, and when it was deleted before', async () => {
    const instanceId = await scene.instance();
    await scene.osb.deprovision(instanceId, queryOf(PLAIN));
    for (const id of [instanceId, newId()]) {
      for (const more of [{}, ASYNC]) {
        const answer = await scene.osb.deprovision(id, queryOf(PLAIN, more));
        expect(answer.status).to.equal(410);
        expect(answer.body).to.be.an('object');
      }
    }
  });

  it('[175] answers 200 with an empty object when it is deleted within the request', async () => {
    const instanceId = await scene.instance();
    const answer = await scene.osb.deprovision(instanceId, queryOf(PLAIN));
    expect([answer.status, answer.body]).to.deep.equal([200, {}]);
    expect(scene.lab.instances.has(instanceId)).to.equal(false);
  });

  it('[175] answers 202 with the operation when it is deleted later', async () => {
    const instanceId = await scene.instance();
    const hold = scene.lab.hold('destroy');
    const answer = await scene.osb.deprovision(instanceId, queryOf(PLAIN, ASYNC));
    expect(answer.status).to.equal(202);
    expect(answer.body).to.have.all.keys('operation');
    expect(answer.body.operation).to.match(/^[\w.~-]{1,100}$/);
    hold.release();
    expect((await scene.ended(instanceId, answer.body.operation)).status).to.equal(410);
  });

  it('[175] answers 422 AsyncRequired where only asynchronous work is possible, also to an absent instance', async () => {
    const instanceId = await scene.instance(SLOW);
    for (const id of [instanceId, newId()]) {
      const answer = await scene.osb.deprovision(id, queryOf(SLOW));
      expect([answer.status, answer.body.error]).to.deep.equal([422, 'AsyncRequired']);
    }
    expect((await scene.kube.instances.get(instanceId))?.metadata).not.to.have.property('deletionTimestamp');
  });

  it('[176] answers 202 with the same operation when it is repeated while in progress', async () => {
    const instanceId = await scene.instance();
    const hold = scene.lab.hold('destroy');
    const first = await scene.osb.deprovision(instanceId, queryOf(PLAIN, ASYNC));
    await hold.reached;
    const again = await scene.osb.deprovision(instanceId, queryOf(PLAIN, ASYNC));
    expect([again.status, again.body]).to.deep.equal([202, first.body]);
  });

  it('[177, 178] interrupts a provision at work, whose signal fires, and removes what exists of it', async () => {
    const instanceId = newId();
    const hang = scene.lab.hang('ensure');
    const provisioned = await scene.osb.provision(instanceId, provisionOf(PLAIN), ASYNC);
    await hang.reached;
    scene.lab.instances.set(instanceId, { planId: PLAIN.planId, parameters: {} }); // half of it
    const answer = await scene.osb.deprovision(instanceId, queryOf(PLAIN, ASYNC));
    expect(answer.status).to.equal(202);
    // The provision would never have returned: it ends only because its signal fires.
    expect((await scene.ended(instanceId, answer.body.operation)).status).to.equal(410);
    expect(scene.lab.instances.has(instanceId)).to.equal(false);
    expect(await scene.kube.instances.get(instanceId)).to.equal(undefined);
    const poll = await scene.osb.lastOperation(instanceId, provisioned.body);
    expect(poll.body.state).not.to.be.oneOf(['succeeded', 'in progress']);
  });

  it('[177] interrupts an update at work', async () => {
    const instanceId = await scene.instance();
    const hang = scene.lab.hang('ensure');
    await scene.osb.update(instanceId, { service_id: PLAIN.serviceId, plan_id: LARGE.planId }, ASYNC);
    await hang.reached;
    expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.equal(200);
    expect(scene.lab.instances.has(instanceId)).to.equal(false);
  });

  it('[178] lets last_operation speak of the deprovision, and say failed of the provision that it overtook', async () => {
    const instanceId = newId();
    const provisioning = scene.lab.hold('ensure');
    const provisioned = await scene.osb.provision(instanceId, provisionOf(PLAIN), ASYNC);
    await provisioning.reached;
    const hold = scene.lab.hold('destroy');
    const { body } = await scene.osb.deprovision(instanceId, queryOf(PLAIN, ASYNC));
    await hold.reached;
    await scene.kube.instances.until(
      instanceId,
      ({ status }) => status?.lastOperation?.type === 'deprovision',
    );
    const poll = async (operation?: string): Promise<string> =>
      (await scene.osb.lastOperation(instanceId, { operation })).body.state;
    expect(await poll()).to.equal('in progress');
    expect(await poll(body.operation)).to.equal('in progress');
    expect(await poll(provisioned.body.operation)).to.equal('failed');
  });

  it('[178] ends a synchronous provision that it overtakes with an error, and nothing is left', async () => {
    const instanceId = newId();
    const hang = scene.lab.hang('ensure');
    const provisioning = scene.osb.provision(instanceId, provisionOf(PLAIN));
    await hang.reached;
    expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.equal(200);
    expect((await provisioning).status).to.be.within(400, 599);
    expect(await scene.kube.instances.get(instanceId)).to.equal(undefined);
  });

  for (const failed of ['provision', 'update'] as const) {
    it(`[179] removes everything after a failed ${failed}`, async () => {
      const instanceId = newId();
      const break_ = (): void =>
        scene.lab.on('ensure', async ({ name, planId, parameters }) => {
          scene.lab.instances.set(name, { planId, parameters }); // half of it
          throw new TerminalError('the disk is full');
        });
      if (failed === 'provision') break_();
      await scene.osb.provision(instanceId, provisionOf(PLAIN), ASYNC);
      await scene.ended(instanceId);
      if (failed === 'update') {
        break_();
        await scene.osb.update(instanceId, { service_id: PLAIN.serviceId, plan_id: LARGE.planId }, ASYNC);
      }
      expect((await scene.ended(instanceId)).body.state).to.equal('failed');
      expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.equal(200);
      expect(scene.lab.instances.has(instanceId)).to.equal(false);
      expect(await scene.kube.instances.get(instanceId)).to.equal(undefined);
    });
  }

  for (const instanceUsable of [true, false]) {
    it(`[179] says instance_usable ${instanceUsable} when it failed, and is tried again by another delete`, async () => {
      const instanceId = await scene.instance();
      scene.lab.fail('destroy', 'a lock is held', { instanceUsable });
      const first = await scene.osb.deprovision(instanceId, queryOf(PLAIN, ASYNC));
      const failed = await scene.ended(instanceId, first.body.operation);
      expect(failed.body).to.deep.equal({
        state: 'failed',
        description: 'a lock is held',
        instance_usable: instanceUsable,
      });
      scene.lab.reset();
      const hold = scene.lab.hold('destroy');
      const second = await scene.osb.deprovision(instanceId, queryOf(PLAIN, ASYNC));
      expect(second.status).to.equal(202);
      expect(second.body.operation).not.to.equal(first.body.operation);
      await hold.reached;
      expect((await scene.osb.lastOperation(instanceId, first.body)).body).to.deep.equal(failed.body);
      expect((await scene.osb.lastOperation(instanceId, second.body)).body.state).to.equal('in progress');
      hold.release();
      expect((await scene.ended(instanceId, second.body.operation)).status).to.equal(410);
      expect(scene.lab.instances.has(instanceId)).to.equal(false);
    });
  }

  it('[179] says instance_usable in the error of a synchronous one, and is tried again by another', async () => {
    const instanceId = await scene.instance();
    scene.lab.fail('destroy', 'no', { instanceUsable: false });
    const answer = await scene.osb.deprovision(instanceId, queryOf(PLAIN));
    expect(answer.status).to.equal(500);
    expect(answer.body).to.deep.equal({ description: 'no', instance_usable: false });
    scene.lab.reset();
    expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.equal(200);
  });

  it('[180] removes the bindings that are left, before the instance', async () => {
    const instanceId = await scene.instance();
    const left = [await scene.binding(instanceId), await scene.binding(instanceId)];
    expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.equal(200);
    const unbinds = left.map((id) => `unbind ${id}`);
    const destroy = `destroy ${instanceId}`;
    const calls = scene.lab.calls.filter((call) => [...unbinds, destroy].includes(call));
    expect(calls.slice(0, 2)).to.have.members(unbinds);
    expect(calls.slice(2)).to.deep.equal([destroy]);
    for (const id of left) {
      expect(scene.lab.bindings.has(id)).to.equal(false);
      expect(await scene.kube.bindings.get(id)).to.equal(undefined);
      expect((await scene.osb.unbind(instanceId, id, queryOf(PLAIN))).status).to.equal(410);
    }
  });

  it('[179, 180] fails when a binding cannot be removed, keeps the instance, and is tried again', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    scene.lab.fail('unbind', 'no');
    const { body } = await scene.osb.deprovision(instanceId, queryOf(PLAIN, ASYNC));
    const failed = await scene.ended(instanceId, body.operation);
    expect(failed.body.state).to.equal('failed');
    expect(failed.body.description).to.contain(bindingId);
    expect(scene.lab.instances.has(instanceId)).to.equal(true);
    const synchronous = await scene.osb.deprovision(instanceId, queryOf(PLAIN));
    expect([synchronous.status, synchronous.body]).to.deep.equal([
      500,
      { description: failed.body.description },
    ]);
    scene.lab.reset();
    expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.equal(200);
    expect(scene.lab.bindings.has(bindingId)).to.equal(false);
    expect(scene.lab.instances.has(instanceId)).to.equal(false);
  });

  it('[180] tries again to remove a binding whose unbind failed before', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    scene.lab.fail('unbind', 'no');
    await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    await scene.bindingEnded(instanceId, bindingId);
    scene.lab.reset();
    expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.equal(200);
    expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
  });

  it('[180] removes a binding whose bind is at work, too', async () => {
    const instanceId = await scene.instance();
    const bindingId = newId();
    const hang = scene.lab.hang('bind');
    await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
    await hang.reached;
    expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.equal(200);
    expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
  });
});
