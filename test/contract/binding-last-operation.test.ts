// Polling the operation of a binding (specification: Polling Last Operation for Service Bindings; checklist section 17).
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { ASYNC, bindOf, PLAIN, queryOf, useScene } from '../support/scene.js';

describe('last operation of a binding', () => {
  const scene = useScene();

  /** A bind that is held, its operation, and what lets it go on. */
  const heldBind = async (
    instanceId: string,
  ): Promise<{ bindingId: string; operation: string; release: () => void }> => {
    const bindingId = newId();
    const hold = scene.lab.hold('bind', 'making the user', 3);
    const answer = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
    await hold.reached;
    await scene.kube.bindings.until(bindingId, ({ status }) => status?.lastOperation !== undefined);
    return { bindingId, operation: answer.body.operation, release: () => hold.release() };
  };

  it('[162] answers 200 with the state, a description and Retry-After while in progress', async () => {
    const instanceId = await scene.instance();
    const { bindingId, operation } = await heldBind(instanceId);
    const answer = await scene.osb.untilEnded(async () => {
      const poll = await scene.osb.bindingLastOperation(instanceId, bindingId, { operation });
      // Its own words come as soon as the broker has read what it wrote.
      return poll.body.description === 'making the user' ? { ...poll, status: 0 } : poll;
    });
    expect(answer.body).to.deep.equal({ state: 'in progress', description: 'making the user' });
    expect(answer.headers['retry-after']).to.equal('3');
  });

  for (const query of [{}, { service_id: PLAIN.serviceId, plan_id: PLAIN.planId }, { plan_id: 'another' }]) {
    it(`[162] answers 200 succeeded, again and again, to ${JSON.stringify(query)}`, async () => {
      const instanceId = await scene.instance();
      const bindingId = newId();
      const { body } = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
      const ended = await scene.bindingEnded(instanceId, bindingId, body.operation);
      expect(ended.status).to.equal(200);
      expect(ended.body.state).to.equal('succeeded');
      const again = await scene.osb.bindingLastOperation(instanceId, bindingId, {
        ...query,
        operation: body.operation,
      });
      expect([again.status, again.body]).to.deep.equal([200, ended.body]);
      expect(again.headers).not.to.have.property('retry-after');
    });
  }

  it('[162] answers 404 to an unknown binding, an unknown instance, and the binding of another instance', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    const other = await scene.instance();
    for (const [instance, binding] of [
      [instanceId, newId()],
      [newId(), newId()],
      [other, bindingId],
    ] as const) {
      expect((await scene.osb.bindingLastOperation(instance, binding)).status).to.equal(404);
      const operation = 'bind-of-nobody';
      expect((await scene.osb.bindingLastOperation(instance, binding, { operation })).status).to.equal(404);
    }
  });

  it('[162] answers 400 to a request that is malformed', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    const path = `/v2/service_instances/${instanceId}/service_bindings/${bindingId}/last_operation`;
    for (const query of ['operation=%zz', 'operation=a&operation=b', `operation=${'x'.repeat(10_001)}`]) {
      expect((await scene.osb.send('GET', `${path}?${query}`)).status).to.equal(400);
    }
  });

  it('[162] answers 410 after an asynchronous unbind, with its operation and without', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    const hold = scene.lab.hold('unbind');
    const { body } = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    await hold.reached;
    for (const operation of [body.operation, undefined]) {
      const poll = await scene.osb.bindingLastOperation(instanceId, bindingId, { operation });
      expect([poll.status, poll.body.state]).to.deep.equal([200, 'in progress']);
    }
    hold.release();
    expect((await scene.bindingEnded(instanceId, bindingId, body.operation)).status).to.equal(410);
    expect((await scene.osb.bindingLastOperation(instanceId, bindingId)).status).to.equal(410);
  });

  it('[162] never answers 410 during a bind, nor after one', async () => {
    const instanceId = await scene.instance();
    const { bindingId, operation, release } = await heldBind(instanceId);
    expect((await scene.osb.bindingLastOperation(instanceId, bindingId, { operation })).status).to.equal(200);
    release();
    await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN));
    expect((await scene.osb.bindingLastOperation(instanceId, bindingId, { operation })).status).to.equal(404);
  });

  for (const step of ['bind', 'unbind'] as const) {
    it(`[162, 163] tells of a failed ${step} without instance_usable and update_repeatable`, async () => {
      const instanceId = await scene.instance();
      const bindingId = newId();
      scene.lab.fail(step, 'the database said no', { instanceUsable: false, updateRepeatable: false });
      let { body } = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
      if (step === 'unbind') {
        await scene.bindingEnded(instanceId, bindingId);
        ({ body } = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC)));
      }
      for (const operation of [body.operation, undefined]) {
        const ended = await scene.bindingEnded(instanceId, bindingId, operation);
        expect(ended.status).to.equal(200);
        expect(ended.body).to.deep.equal({ state: 'failed', description: 'the database said no' });
      }
    });
  }

  it('[163] says neither in the error of a synchronous bind or unbind', async () => {
    const instanceId = await scene.instance();
    const details = { instanceUsable: false, updateRepeatable: false };
    scene.lab.fail('bind', 'no', details);
    const bound = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN));
    expect(bound.status).to.equal(500);
    expect(bound.body).to.deep.equal({ description: 'no' });
    scene.lab.reset();
    const bindingId = await scene.binding(instanceId);
    scene.lab.fail('unbind', 'no', details);
    const unbound = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN));
    expect(unbound.status).to.equal(500);
    expect(unbound.body).to.deep.equal({ description: 'no' });
  });

  it('[164] answers about the newest operation where none is named, or an unknown one', async () => {
    const instanceId = await scene.instance();
    const { bindingId, operation } = await heldBind(instanceId);
    const unbinding = scene.lab.hold('unbind', 'removing the user');
    const { body } = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    await unbinding.reached;
    expect(body.operation).not.to.equal(operation);
    for (const newest of [undefined, 'nobody-knows-it']) {
      const poll = await scene.osb.bindingLastOperation(instanceId, bindingId, { operation: newest });
      expect(poll.body.state).to.equal('in progress');
    }
    const overtaken = await scene.osb.bindingLastOperation(instanceId, bindingId, { operation });
    expect(overtaken.body.state).to.equal('failed');
  });

  it('[165] does not answer for the instance, nor the instance for the binding, even under one id', async () => {
    const id = newId();
    const provisioned = await scene.osb.provision(
      id,
      { ...bindOf(PLAIN), organization_guid: 'o', space_guid: 's' },
      ASYNC,
    );
    await scene.ended(id);
    const hold = scene.lab.hold('bind');
    const bound = await scene.osb.bind(id, id, bindOf(PLAIN), ASYNC);
    await hold.reached;
    for (const operation of [undefined, bound.body.operation, provisioned.body.operation]) {
      expect((await scene.osb.lastOperation(id, { operation })).body.state).to.equal('succeeded');
      expect((await scene.osb.bindingLastOperation(id, id, { operation })).body.state).to.equal(
        'in progress',
      );
    }
    hold.release();
    expect((await scene.bindingEnded(id, id)).body.state).to.equal('succeeded');
    expect((await scene.osb.fetchBinding(id, id)).status).to.equal(200);
    await scene.osb.unbind(id, id, queryOf(PLAIN));
    expect((await scene.osb.lastOperation(id)).body.state).to.equal('succeeded');
  });

  describe('where the broker is set to answer 200 after a delete', () => {
    before(() => scene.restart({ env: { BROKER_AFTER_DELETE: '200' } }));

    it('[162] answers 200 succeeded after an asynchronous unbind', async () => {
      const instanceId = await scene.instance();
      const bindingId = await scene.binding(instanceId);
      const { body } = await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
      const ended = await scene.bindingEnded(instanceId, bindingId, body.operation);
      expect([ended.status, ended.body.state]).to.deep.equal([200, 'succeeded']);
    });

    it('[162] still answers 404 about a binding that never was', async () => {
      const answer = await scene.osb.bindingLastOperation(await scene.instance(), newId());
      expect(answer.status).to.equal(404);
    });
  });

  it('[162, 165] is not told of a binding that departed from another instance', async () => {
    const [instance, other, id] = [await scene.instance(), await scene.instance(), newId()];
    await scene.osb.bind(instance, id, bindOf(PLAIN));
    await scene.osb.unbind(instance, id, queryOf(PLAIN));
    expect((await scene.osb.bindingLastOperation(instance, id)).status).to.equal(410);
    expect((await scene.osb.bindingLastOperation(other, id)).status).to.equal(404);
  });
});
