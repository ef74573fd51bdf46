// Requests that cross each other, and the controller, at the API server. The faults decide who is late.
import { expect } from 'chai';
import type { ServiceBinding, ServiceInstance } from '../../src/sdk/resources/kinds.js';
import type { FaultHandle, FaultRule } from '../../src/sdk/local/faults.js';
import { newId } from '../support/broker.js';
import { faultsOf } from '../support/cluster.js';
import { type HeldRequest, holdNext } from '../support/held-request.js';
import { bindingObject } from '../support/kube.js';
import { ASYNC, bindOf, PLAIN, provisionOf, queryOf, useScene } from '../support/scene.js';
import { silence } from '../support/silence.js';
import { eventually } from '../support/unchanged.js';

const INSTANCES = 'serviceinstances';
const BINDINGS = 'servicebindings';
const SECRETS = 'secrets';
/** Of each kind: the broker's, and that of the test itself. */
const WATCHES = 2;

describe('requests that cross', () => {
  const scene = useScene();

  before(function () {
    faultsOf(scene.cluster, this);
  });

  afterEach(() => {
    scene.cluster.local?.faults.clear();
    scene.cluster.local?.faults.dropWatches(); // what was silenced speaks again
  });

  const once = (match: FaultRule['match'], fault: FaultRule['fault'], times = 1): FaultHandle =>
    scene.cluster.local!.faults.add({ match, fault, times });
  const hold = (match: FaultRule['match']): HeldRequest => holdNext(scene.cluster.local!.faults, match);
  const hasSucceeded = ({ status }: ServiceInstance | ServiceBinding): boolean =>
    status?.lastOperation?.state === 'succeeded';
  const updateOf = (size: number): object => ({ service_id: PLAIN.serviceId, parameters: { size } });

  it('[182, 186] a deprovision finds what a provision, given up by the platform, is about to make', async () => {
    const [id, giveUp] = [newId(), new AbortController()];
    const late = hold({ verb: 'create', resource: INSTANCES });
    const lost = scene.osb.send('PUT', `/v2/service_instances/${id}`, {
      body: provisionOf(PLAIN),
      query: ASYNC,
      signal: giveUp.signal,
    });
    await late.reached();
    giveUp.abort();
    expect(await lost.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
    const removed = scene.osb.deprovision(id, queryOf(PLAIN));
    await scene.osb.catalog(); // no sooner answered than what was sent before is at work
    late.release();
    expect((await removed).status).to.equal(200);
    expect(await scene.kube.instances.get(id)).to.equal(undefined);
    expect(scene.lab.instances.has(id)).to.equal(false);
  });

  it('[180] a bind that a deprovision overtakes leaves nothing behind, and is told so', async () => {
    const [id, bindingId] = [await scene.instance(), newId()];
    const late = hold({ verb: 'create', resource: BINDINGS });
    const bind = scene.osb.bind(id, bindingId, bindOf(PLAIN), ASYNC);
    await late.reached();
    expect((await scene.osb.deprovision(id, queryOf(PLAIN))).status).to.equal(200);
    late.release();
    const { status, body } = await bind;
    expect([status, body.error]).to.deep.equal([422, 'ConcurrencyError']);
    await scene.kube.bindings.untilGone(bindingId);
    expect(scene.lab.calls).not.to.include(`bind ${bindingId}`);
  });

  it('a bind whose instance is gone fails at once, also when nobody was left to take it back', async () => {
    const id = newId();
    const operation = { id: 'bind-1', type: 'bind', requestedAt: new Date().toISOString() } as const;
    await scene.kube.bindings.client.create(bindingObject(id, newId(), { operation }));
    const binding = await scene.kube.bindings.until(id, ({ status }) => status?.lastOperation !== undefined);
    expect(binding.status?.lastOperation).to.include({ id: 'bind-1', state: 'failed' });
    await scene.kube.bindings.client.delete(id);
    await scene.kube.bindings.untilGone(id);
  });

  it('a deprovision removes the bindings of its instance, not one made anew for another', async () => {
    const [id, other] = [await scene.instance(), await scene.instance()];
    const bindingId = await scene.binding(id);
    await silence(scene.cluster.local!.faults, BINDINGS, WATCHES);
    await silence(scene.cluster.local!.faults, SECRETS, WATCHES); // or that of the binding, gone with it, would tell
    const { client } = scene.kube.bindings;
    await client.delete(bindingId);
    await scene.kube.bindings.edit(bindingId, ({ metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, finalizers: [] },
    }));
    const { uid } = (await client.create(bindingObject(bindingId, other))).metadata;
    const refused = eventually(
      () => Promise.resolve(scene.broker.log()),
      (log) => log.includes('reconcile met a conflict'),
    );
    expect((await scene.osb.deprovision(id, { ...queryOf(PLAIN), ...ASYNC })).status).to.equal(202);
    await refused;
    expect((await client.get(bindingId))?.metadata.uid).to.equal(uid);
    scene.cluster.local!.faults.dropWatches();
    await scene.kube.instances.untilGone(id);
    expect((await client.get(bindingId))?.metadata.uid).to.equal(uid);
  });

  it('a bind whose status was stored and its answer lost is not made anew', async () => {
    const [id, bindingId] = [await scene.instance(), newId()];
    await silence(scene.cluster.local!.faults, BINDINGS, WATCHES);
    once({ verb: 'update', resource: BINDINGS, subresource: 'status' }, { kind: 'reset', when: 'after' });
    await scene.osb.bind(id, bindingId, bindOf(PLAIN), ASYNC);
    await scene.bindingEnded(id, bindingId);
    expect(scene.lab.calls.filter((call) => call === `bind ${bindingId}`)).to.have.length(1);
    const { body } = await scene.osb.fetchBinding(id, bindingId);
    expect(body.credentials.password).to.equal(scene.lab.bindings.get(bindingId));
  });

  it('[176, 179] a second try of a failed deprovision, its answer lost, is the same one', async () => {
    const id = await scene.instance();
    const remove = () => scene.osb.deprovision(id, { ...queryOf(PLAIN), ...ASYNC });
    scene.lab.fail('destroy', 'no');
    await remove();
    expect((await scene.ended(id)).body.state).to.equal('failed');
    const hold = scene.lab.hold('destroy');
    await silence(scene.cluster.local!.faults, INSTANCES, WATCHES);
    once({ verb: 'update', resource: INSTANCES, subresource: '' }, { kind: 'reset', when: 'after' });
    expect((await remove()).status).to.equal(503);
    const answers = [await remove(), await remove()];
    const asked = (await scene.kube.instances.get(id))?.spec.operation?.id;
    for (const { status, body } of answers) expect([status, body.operation]).to.deep.equal([202, asked]);
    await hold.reached;
    hold.release();
    scene.cluster.local!.faults.dropWatches();
    await scene.kube.instances.untilGone(id);
  });

  it('[44, 186] a bind sent again, its first answer lost, is a 5xx when it fails, and is cleaned up', async () => {
    const [id, bindingId] = [await scene.instance(), newId()];
    const hold = scene.lab.hold('bind');
    once({ verb: 'create', resource: BINDINGS }, { kind: 'reset', when: 'after' });
    expect((await scene.osb.bind(id, bindingId, bindOf(PLAIN))).status).to.equal(503);
    await hold.reached;
    const again = scene.osb.bind(id, bindingId, bindOf(PLAIN));
    expect((await scene.osb.bind(id, bindingId, bindOf(PLAIN), ASYNC)).status).to.equal(202);
    scene.lab.fail('bind', 'no'); // no sooner than the request that was sent before is waiting
    expect((await again).status).to.equal(500);
    expect((await scene.osb.unbind(id, bindingId, queryOf(PLAIN))).status).to.equal(200);
  });

  it('an update that always meets a conflict is given up', async () => {
    const id = await scene.instance();
    const conflict = { kind: 'status', code: 409 } as const;
    const fault = once({ verb: 'update', resource: INSTANCES, subresource: '' }, conflict, 1_000);
    const { status, body } = await scene.osb.update(id, updateOf(2), ASYNC);
    expect([status, body.error]).to.deep.equal([422, 'ConcurrencyError']);
    expect(fault.hits).to.be.lessThan(20);
  });

  describe('with little time for a request', () => {
    before(() => scene.restart({ env: { BROKER_SYNCHRONOUS_LIMIT_SECONDS: '1' } }));

    it('[117, 129] an update taken back has failed, for whoever asked for it too, whatever came between', async () => {
      const id = await scene.instance(PLAIN, { parameters: { size: 1 } });
      const hang = scene.lab.hang('ensure');
      const synchronous = scene.osb.update(id, updateOf(2));
      await hang.reached;
      const joined = await scene.osb.update(id, updateOf(2), ASYNC);
      expect(joined.status).to.equal(202);
      once({ verb: 'update', resource: INSTANCES }, { kind: 'status', code: 409 });
      expect((await synchronous).status).to.equal(503);
      hang.release();
      expect((await scene.ended(id, joined.body.operation)).body.state).to.equal('failed');
      expect((await scene.ended(id)).body.state).to.equal('succeeded');
      expect((await scene.ended(id, joined.body.operation)).body.state).to.equal('failed');
      expect(scene.lab.instances.get(id)?.parameters).to.deep.equal({ size: 1 });
    });

    it('[44] what succeeded while it was about to be taken back stays, and is answered as done', async () => {
      const [id, there, bindingId] = [newId(), await scene.instance(), newId()];
      const [ensure, bind] = [scene.lab.hang('ensure'), scene.lab.hang('bind')];
      const requests = [
        scene.osb.provision(id, provisionOf(PLAIN)),
        scene.osb.bind(there, bindingId, bindOf(PLAIN)),
      ];
      await Promise.all([ensure.reached, bind.reached]);
      const late = [hold({ verb: 'get', resource: INSTANCES }), hold({ verb: 'get', resource: BINDINGS })];
      await Promise.all(late.map((each) => each.reached()));
      ensure.release();
      bind.release();
      await scene.kube.instances.until(id, hasSucceeded);
      await scene.kube.bindings.until(bindingId, hasSucceeded);
      for (const each of late) each.release();
      expect((await Promise.all(requests)).map(({ status }) => status)).to.deep.equal([201, 201]);
      expect((await scene.kube.instances.get(id))?.metadata.deletionTimestamp).to.equal(undefined);
      expect((await scene.kube.bindings.get(bindingId))?.metadata.deletionTimestamp).to.equal(undefined);
      const hang = scene.lab.hang('ensure');
      const update = scene.osb.update(there, updateOf(3));
      await hang.reached;
      const read = hold({ verb: 'get', resource: INSTANCES });
      await read.reached();
      hang.release();
      await scene.kube.instances.until(there, ({ status }) => status?.applied?.parameters?.size === 3);
      read.release();
      expect((await update).status).to.equal(200);
      expect(scene.lab.instances.get(there)?.parameters).to.deep.equal({ size: 3 });
    });
  });
});
