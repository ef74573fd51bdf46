// How many requests of the Kubernetes API each step of the lifecycle costs: counted between broker and API server.
import { expect } from 'chai';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { IDS, idsQuery, provisionBody } from '../support/catalog.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { BINDINGS } from '../../src/sdk/resources/kinds.js';
import { Kube } from '../support/kube.js';
import { type CountingProxy, EVENT, startCountingProxy } from '../support/counting-proxy.js';
import { eventually } from '../support/unchanged.js';

const { serviceId, small, large } = IDS.plain;
const body = provisionBody(serviceId, large);
const query = idsQuery(serviceId, large);
const binding = { service_id: serviceId, plan_id: large };
const IDLE_INSTANCES = 50;
/** Each tells at the first start whether it was accepted. */
const OFFERINGS = Object.keys(IDS).length;

describe('the budgets', () => {
  let cluster: TestCluster;
  let proxy: CountingProxy;
  let broker: TestBroker;
  let i: string;
  let b: string;

  before(async () => {
    cluster = await openCluster();
    proxy = await startCountingProxy(cluster);
    broker = await startTestBroker(proxy.cluster);
    await proxy.until('update serviceofferings/status', OFFERINGS);
    await settle(OFFERINGS);
  });
  after(async () => {
    await broker?.stop();
    await proxy?.close();
    await cluster?.close();
  });
  beforeEach(() => {
    i = newId();
    b = newId();
  });
  afterEach(() => broker.lab.reset());

  /** Counts from nought, once the Events of the step before are posted. */
  async function settle(events: number): Promise<void> {
    await proxy.until(EVENT, events);
    proxy.clear();
  }

  async function provisioned(): Promise<void> {
    proxy.clear();
    expect((await broker.osb.provision(i, body)).status).to.equal(201);
    await settle(1);
  }

  async function bound(): Promise<void> {
    await provisioned();
    expect((await broker.osb.bind(i, b, binding)).status).to.equal(201);
    await settle(1);
  }

  /** The Event is one, and it was posted when `write` had been answered. */
  async function expectEventAfter(write: string): Promise<void> {
    await proxy.until(EVENT);
    const whats = proxy.requests().map(({ what }) => what);
    expect(whats.filter((what) => what === EVENT)).to.have.length(1);
    expect(whats.indexOf(EVENT))
      .to.be.greaterThan(whats.indexOf(write))
      .and.to.equal(whats.length - 1);
    proxy.clear();
  }

  /** What the tests before unbound has Secrets until the garbage collector comes, or a start of the broker. */
  async function untilNoSecretIsAnOrphan(): Promise<void> {
    const kube = await Kube.open(cluster);
    const orphans = async (): Promise<string[]> => {
      const owners = new Set((await kube.bindings.list()).map(({ metadata }) => metadata.uid));
      const owned = (await kube.secrets.list()).filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ kind }) => kind === BINDINGS.kind),
      );
      return owned.flatMap(({ metadata: { name, ownerReferences } }) =>
        owners.has(ownerReferences![0]!.uid) ? [] : [name],
      );
    };
    await eventually(orphans, (names) => names.length === 0).finally(() => kube.close());
  }

  /** Then whatever the finished ones needed has been done. */
  async function untilQueuesAreEmpty(): Promise<void> {
    const depths = async (): Promise<string[]> => {
      const answer = await fetch(`${broker.healthUrl}/metrics`);
      return (await answer.text()).match(/^brokersdk_queue_depth\{.*$/gm) ?? [];
    };
    await eventually(depths, (lines) => lines.length > 0 && lines.every((line) => line.endsWith(' 0')));
  }

  it('a provision costs one create and one status write, then one Event', async () => {
    proxy.clear();
    expect((await broker.osb.provision(i, body)).status).to.equal(201);
    expect(proxy.counted()).to.deep.equal(['create serviceinstances', 'update serviceinstances/status']);
    await expectEventAfter('update serviceinstances/status');
  });

  it('an asynchronous provision costs one status write more for each news', async () => {
    proxy.clear();
    const hold = broker.lab.hold('ensure', 'the disk is formatted');
    const answer = await broker.osb.provision(i, body, { accepts_incomplete: 'true' });
    expect(answer.status).to.equal(202);
    await proxy.until('update serviceinstances/status', 1);
    await eventually(
      () => Promise.resolve(broker.lab.calls.filter((call) => call === `ensure ${i}`)),
      (calls) => calls.length >= 3,
    );
    hold.release();
    await broker.osb.untilEnded(() => broker.osb.lastOperation(i, { operation: answer.body.operation }));
    expect(proxy.counted()).to.deep.equal([
      'create serviceinstances',
      'update serviceinstances/status',
      'update serviceinstances/status',
    ]);
    await settle(2);
  });

  it('polls, fetches, catalogs and repetitions cost nothing', async () => {
    await bound();
    for (let times = 0; times < 3; times++) {
      const answers = await Promise.all([
        broker.osb.catalog(),
        broker.osb.lastOperation(i),
        broker.osb.fetch(i),
        broker.osb.provision(i, body),
        broker.osb.bind(i, b, binding),
        broker.osb.fetchBinding(i, b),
        broker.osb.bindingLastOperation(i, b),
      ]);
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(7).fill(200));
    }
    expect(proxy.requests()).to.deep.equal([]);
  });

  it('polls and repetitions cost nothing while the work is under way, either', async () => {
    proxy.clear();
    const hold = broker.lab.hang('ensure');
    const accepts = { accepts_incomplete: 'true' };
    const { body: accepted } = await broker.osb.provision(i, body, accepts);
    await hold.reached;
    for (let times = 0; times < 3; times++) {
      expect((await broker.osb.provision(i, body, accepts)).body.operation).to.equal(accepted.operation);
      expect((await broker.osb.lastOperation(i, accepted)).body.state).to.equal('in progress');
    }
    expect(proxy.counted()).to.deep.equal(['create serviceinstances']);
    hold.release();
    await settle(1);
  });

  it('what the cache would refuse, or leave as it is, costs one look at what another replica may have done', async () => {
    const hold = broker.lab.hang('ensure');
    await broker.osb.provision(i, body, { accepts_incomplete: 'true' });
    await hold.reached;
    proxy.clear();
    expect((await broker.osb.fetch(i)).status).to.equal(404);
    expect(proxy.counted()).to.deep.equal(['get serviceinstances']);
    hold.release();
    await settle(1);
    proxy.clear();
    expect((await broker.osb.update(i, { service_id: serviceId, plan_id: large })).status).to.equal(200);
    expect(proxy.counted()).to.deep.equal(['get serviceinstances']);
  });

  it('an update costs one write and one status write', async () => {
    await provisioned();
    const answer = await broker.osb.update(i, { service_id: serviceId, plan_id: small });
    expect(answer.status).to.equal(200);
    expect(proxy.counted()).to.deep.equal(['update serviceinstances', 'update serviceinstances/status']);
    await expectEventAfter('update serviceinstances/status');
  });

  it('a bind costs one create, one Secret and one status write, in this order', async () => {
    await provisioned();
    expect((await broker.osb.bind(i, b, binding)).status).to.equal(201);
    const whats = proxy.requests().map(({ what }) => what);
    expect(whats.filter((what) => what !== EVENT)).to.deep.equal([
      'create servicebindings',
      'create secrets',
      'update servicebindings/status',
    ]);
    await expectEventAfter('update servicebindings/status');
  });

  it('an unbind costs one delete and one write that takes the finalizer away', async () => {
    await bound();
    expect((await broker.osb.unbind(i, b, query)).status).to.equal(200);
    expect(proxy.counted()).to.deep.equal(['delete servicebindings', 'update servicebindings']);
    await expectEventAfter('update servicebindings');
  });

  it('a deprovision costs one delete and one write that takes the finalizer away', async () => {
    await provisioned();
    expect((await broker.osb.deprovision(i, query)).status).to.equal(200);
    expect(proxy.counted()).to.deep.equal(['delete serviceinstances', 'update serviceinstances']);
    await expectEventAfter('update serviceinstances');
  });

  it('[43, 185] a request that is refused writes nothing', async () => {
    await bound();
    const other = newId();
    const { osb } = broker;
    const answers = await Promise.all([
      osb.provision(i, provisionBody(serviceId, small)),
      osb.provision(other, provisionBody(serviceId, 'no-such-plan')),
      osb.provision(other, provisionBody(serviceId, small, { parameters: { size: 'big' } })),
      osb.provision(other, provisionBody(IDS.slow.serviceId, IDS.slow.planId)),
      osb.provision(other, { ...body, maintenance_info: { version: '9.9.9' } }),
      osb.update(other, { service_id: serviceId }),
      osb.update(i, { service_id: serviceId, plan_id: 'no-such-plan' }),
      osb.update(i, { service_id: serviceId, maintenance_info: { version: '9.9.9' } }),
      osb.bind(i, b, { ...binding, parameters: { another: 1 } }),
      osb.bind(i, newId(), { service_id: serviceId, plan_id: small }),
      osb.bind(other, newId(), binding),
      osb.unbind(i, b, idsQuery(serviceId, small)),
      osb.unbind(i, other, query),
      osb.deprovision(i, idsQuery(serviceId, small)),
      osb.deprovision(i, {}),
      osb.deprovision(other, query),
      osb.fetch(other),
      osb.lastOperation(other),
      osb.send('PUT', `/v2/service_instances/${other}`, { body: '{' }),
    ]);
    for (const { status } of answers) expect(status).to.be.within(400, 499);
    expect(proxy.requests().filter(({ what }) => !what.startsWith('get '))).to.deep.equal([]);
  });

  it('a start with many finished instances lists and watches, and writes nothing', async function () {
    this.timeout(2 * this.timeout());
    proxy.clear();
    const ids = Array.from({ length: IDLE_INSTANCES }, newId);
    await Promise.all(ids.map((id) => broker.osb.provision(id, body)));
    await untilNoSecretIsAnOrphan();
    await broker.stop(); // posts what Events are left
    proxy.clear();
    broker = await startTestBroker(proxy.cluster, { lab: broker.lab });
    const calls = broker.lab.calls.length;
    for (const id of ids) expect((await broker.osb.fetch(id)).status).to.equal(200);
    await untilQueuesAreEmpty();
    expect((await broker.osb.provision(i, body)).status).to.equal(201);
    const written = proxy.counted().filter((what) => !what.startsWith('list '));
    expect(written).to.deep.equal(['create serviceinstances', 'update serviceinstances/status']);
    expect(broker.lab.calls.slice(calls)).to.deep.equal([`ensure ${i}`]);
    await proxy.until(EVENT);
    expect(proxy.requests().filter(({ what }) => what === EVENT)).to.have.length(1);
  });
});
