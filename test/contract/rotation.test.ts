// Binding rotation (specification: Binding Rotation; checklist section 15).
import { expect } from 'chai';
import { type BindingResult, done } from '../../src/sdk/index.js';
import { newId } from '../support/broker.js';
import { ASYNC, bindOf, LARGE, PLAIN, queryOf, useScene } from '../support/scene.js';

const successorOf = (predecessor: string, more: object = {}): object => ({
  predecessor_binding_id: predecessor,
  ...more,
});

describe('rotation', () => {
  const scene = useScene();

  /** Bindings with these times from now on. */
  const expiring = (times: Pick<BindingResult, 'expiresAt' | 'renewBefore'>): void =>
    scene.lab.on('bind', async (binding) => done({ credentials: { user: binding.id }, ...times }));

  it('[152] answers 400 on a plan whose bindings cannot be rotated', async () => {
    const instanceId = await scene.instance(LARGE);
    const predecessor = await scene.binding(instanceId, LARGE);
    const successor = newId();
    const answer = await scene.osb.bind(instanceId, successor, successorOf(predecessor));
    expect(answer.status).to.equal(400);
    expect(answer.body.description).to.contain('rotated');
    expect(await scene.kube.bindings.get(successor)).to.equal(undefined);
  });

  it('[153, 157] needs no other field than predecessor_binding_id, and answers as a bind does', async () => {
    const instanceId = await scene.instance();
    const predecessor = await scene.binding(instanceId);
    const successor = newId();
    const answer = await scene.osb.bind(instanceId, successor, successorOf(predecessor));
    expect(answer.status).to.equal(201);
    expect(answer.body.credentials.password).to.equal(scene.lab.bindings.get(successor));
    expect(answer.body.credentials.password).not.to.equal(scene.lab.bindings.get(predecessor));
  });

  it('[153] tells the backend which binding is succeeded', async () => {
    const instanceId = await scene.instance();
    const predecessor = await scene.binding(instanceId);
    const successor = newId();
    const seen = scene.seen('bind', successor);
    await scene.osb.bind(instanceId, successor, successorOf(predecessor, bindOf(PLAIN)));
    expect((await seen).predecessorId).to.equal(predecessor);
  });

  describe('[154] answers 400 when the predecessor', () => {
    const refused = async (instanceId: string, predecessor: string): Promise<void> => {
      const successor = newId();
      const answer = await scene.osb.bind(instanceId, successor, successorOf(predecessor));
      expect(answer.status).to.equal(400);
      expect(answer.body.description).to.be.a('string').that.is.not.empty;
      expect(await scene.kube.bindings.get(successor)).to.equal(undefined);
    };

    it('[154] is unknown', async () => refused(await scene.instance(), newId()));

    it('[154] is the binding itself', async () => {
      const instanceId = await scene.instance();
      const bindingId = newId();
      const answer = await scene.osb.bind(instanceId, bindingId, successorOf(bindingId));
      expect(answer.status).to.equal(400);
    });

    it('[154] belongs to another instance', async () => {
      const predecessor = await scene.binding(await scene.instance());
      await refused(await scene.instance(), predecessor);
    });

    it('[154] has expired', async () => {
      const instanceId = await scene.instance();
      expiring({ expiresAt: new Date(Date.now() - 1000) });
      const predecessor = await scene.binding(instanceId);
      await refused(instanceId, predecessor);
    });

    it('[154] is being removed', async () => {
      const instanceId = await scene.instance();
      const predecessor = await scene.binding(instanceId);
      const hold = scene.lab.hold('unbind');
      await scene.osb.unbind(instanceId, predecessor, queryOf(PLAIN, ASYNC));
      await hold.reached;
      await refused(instanceId, predecessor);
    });

    it('[154] was never made', async () => {
      const instanceId = await scene.instance();
      const predecessor = newId();
      const hold = scene.lab.hold('bind');
      await scene.osb.bind(instanceId, predecessor, bindOf(PLAIN), ASYNC);
      await hold.reached;
      await refused(instanceId, predecessor);
    });
  });

  it('[154] takes a predecessor past its renewal that has not expired', async () => {
    const instanceId = await scene.instance();
    expiring({ expiresAt: new Date(Date.now() + 3_600_000), renewBefore: new Date(Date.now() - 1000) });
    const predecessor = await scene.binding(instanceId);
    expect((await scene.osb.bind(instanceId, newId(), successorOf(predecessor))).status).to.equal(201);
  });

  it('takes the credentials of an expired predecessor away, and leaves it to be unbound', async () => {
    const instanceId = await scene.instance();
    scene.lab.on('bind', async (binding) => {
      await scene.lab.usual('bind', binding);
      return done({ ...scene.lab.result(binding), expiresAt: new Date(Date.now() + 200) });
    });
    const predecessor = await scene.binding(instanceId);
    scene.lab.reset();
    const [event] = await scene.kube.events.untilSome(
      1,
      ({ reason, involvedObject }) => reason === 'Expired' && involvedObject.name === predecessor,
    );
    expect(event!.type).to.equal('Normal');
    expect(scene.lab.bindings.has(predecessor)).to.equal(false);
    const { conditions } = (await scene.kube.bindings.get(predecessor))!.status!;
    expect(conditions!.find(({ type }) => type === 'Expired')).to.include({ status: 'True' });
    expect((await scene.osb.fetchBinding(instanceId, predecessor)).status).to.equal(200);
    expect((await scene.osb.unbind(instanceId, predecessor, queryOf(PLAIN))).status).to.equal(200);
  });

  describe('what the successor takes over', () => {
    const attributes = {
      parameters: { size: 3 },
      bind_resource: { app_guid: 'app-1' },
      context: { platform: 'cloudfoundry', space_guid: 'space-1' },
    };

    const seenBy = async (more: object): Promise<object> => {
      const instanceId = await scene.instance();
      const predecessor = await scene.binding(instanceId, PLAIN, attributes);
      const successor = newId();
      const seen = scene.seen('bind', successor);
      expect((await scene.osb.bind(instanceId, successor, successorOf(predecessor, more))).status).to.equal(
        201,
      );
      const { parameters, bindResource, context } = await seen;
      return { parameters, bind_resource: bindResource, context };
    };

    it('[155] is all that the request does not say', async () => {
      expect(await seenBy({})).to.deep.equal(attributes);
    });

    it('[155] is not what the request says', async () => {
      const own = {
        parameters: { label: 'new' },
        bind_resource: { app_guid: 'app-2' },
        context: { platform: 'other' },
      };
      expect(await seenBy(own)).to.deep.equal(own);
    });
  });

  for (const [first, second] of [
    ['predecessor', 'successor'],
    ['successor', 'predecessor'],
  ] as const) {
    it(`[156] keeps both bindings valid, and the ${second} when the ${first} is deleted`, async () => {
      const instanceId = await scene.instance();
      const predecessor = await scene.binding(instanceId);
      const before = await scene.osb.fetchBinding(instanceId, predecessor);
      const successor = newId();
      await scene.osb.bind(instanceId, successor, successorOf(predecessor));
      const ids = { predecessor, successor };
      expect((await scene.osb.fetchBinding(instanceId, predecessor)).body).to.deep.equal(before.body);
      expect([...scene.lab.bindings.keys()]).to.include.members([predecessor, successor]);

      const kept = await scene.osb.fetchBinding(instanceId, ids[second]);
      expect((await scene.osb.unbind(instanceId, ids[first], queryOf(PLAIN))).status).to.equal(200);
      expect((await scene.osb.fetchBinding(instanceId, ids[second])).body).to.deep.equal(kept.body);
      expect([...scene.lab.bindings.keys()])
        .to.include(ids[second])
        .and.not.to.include(ids[first]);
      expect((await scene.osb.unbind(instanceId, ids[second], queryOf(PLAIN))).status).to.equal(200);
    });
  }

  it('[157] answers 202 when it is made later, 202 again while in progress, and 200 when it is finished', async () => {
    const instanceId = await scene.instance();
    const predecessor = await scene.binding(instanceId, PLAIN, { parameters: { size: 3 } });
    const successor = newId();
    const rotate = (more: object = {}): Promise<{ status: number; body: any }> =>
      scene.osb.bind(instanceId, successor, successorOf(predecessor, more), ASYNC);
    const hold = scene.lab.hold('bind');
    const first = await rotate();
    expect([first.status, Object.keys(first.body)]).to.deep.equal([202, ['operation']]);
    await hold.reached;
    const again = await rotate();
    expect([again.status, again.body]).to.deep.equal([202, first.body]);
    hold.release();
    expect((await scene.bindingEnded(instanceId, successor, first.body.operation)).body.state).to.equal(
      'succeeded',
    );
    expect((await rotate()).status).to.equal(200);
    expect((await rotate({ parameters: { size: 4 } })).status).to.equal(409);
  });

  it('[157] answers 200 to the same rotation when the predecessor is gone since', async () => {
    const instanceId = await scene.instance();
    const predecessor = await scene.binding(instanceId);
    const successor = newId();
    const first = await scene.osb.bind(instanceId, successor, successorOf(predecessor));
    await scene.osb.unbind(instanceId, predecessor, queryOf(PLAIN));
    const again = await scene.osb.bind(instanceId, successor, successorOf(predecessor));
    expect([again.status, again.body]).to.deep.equal([200, first.body]);
  });

  it('[157] answers 409 to the successor id with another predecessor, or with none', async () => {
    const instanceId = await scene.instance();
    const predecessor = await scene.binding(instanceId);
    const other = await scene.binding(instanceId);
    const successor = newId();
    await scene.osb.bind(instanceId, successor, successorOf(predecessor));
    expect((await scene.osb.bind(instanceId, successor, successorOf(other))).status).to.equal(409);
    expect((await scene.osb.bind(instanceId, successor, bindOf(PLAIN))).status).to.equal(409);
  });

  it('[150] gives the times of a binding and of its successor, in the body of bind and fetch alike', async () => {
    const instanceId = await scene.instance();
    expiring({
      expiresAt: new Date('2031-12-31T23:59:59.987Z'),
      renewBefore: new Date('2031-12-31T23:59:59.987Z'),
    });
    const predecessor = await scene.binding(instanceId);
    expect((await scene.osb.fetchBinding(instanceId, predecessor)).body.metadata).to.deep.equal({
      expires_at: '2031-12-31T23:59:59.9Z',
      renew_before: '2031-12-31T23:59:59.9Z',
    });
    expiring({ expiresAt: new Date('2032-01-01T00:00:00Z') });
    const answer = await scene.osb.bind(instanceId, newId(), successorOf(predecessor));
    expect(answer.body.metadata).to.deep.equal({ expires_at: '2032-01-01T00:00:00.0Z' });
  });
});
