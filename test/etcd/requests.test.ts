// How many requests of etcd each step costs, through HTTP and the whole broker: counted between broker and etcd. What a
// backend is asked between the steps, about a plan and about what is Ready, is counted by itself.
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { Kube } from '../support/kube.js';
import { instanceOf } from './direct.js';
import { Gate } from './gate.js';
import { applyPlan, BIND, PROVISION, QUERY, untilInCatalog } from './scene.js';
import { describeWithEtcd, EtcdServer } from './server.js';
import { REQUESTS } from './steps.js';

const { name, settings, ensure, destroy, bind, unbind } = etcdBackend;
const ofTheSteps = { name, ensure, destroy, bind: bind!, unbind: unbind!, ...(settings ? { settings } : {}) };

describeWithEtcd('the budgets of etcd', function () {
  this.timeout(60_000);
  let etcd: EtcdServer;
  let gate: Gate;
  let endpoints: string[];
  let cluster: TestCluster;
  let kube: Kube;
  let broker: TestBroker;
  let i: string;
  let b: string;
  let atFirst: string[];

  before(async () => {
    [etcd, cluster] = await Promise.all([EtcdServer.start(), openCluster()]);
    gate = new Gate(etcd.endpoints[0]!);
    endpoints = [await gate.open()];
    kube = await Kube.open(cluster);
    await applyPlan(kube, etcd, { endpoints });
    broker = await startTestBroker(cluster, { definition: { services: [], backends: [ofTheSteps] } });
    await untilInCatalog(broker.osb);
    i = newId();
    atFirst = await provisioned();
    await deprovisioned();
  });
  after(async () => {
    await broker?.stop();
    await gate?.close();
    await kube?.close();
    await cluster?.close();
    await etcd?.stop();
  });
  beforeEach(() => {
    i = newId();
    b = newId();
  });

  /** What one synchronous request of a platform makes the broker ask of etcd. */
  async function asked(status: number, request: () => Promise<{ status: number }>): Promise<string[]> {
    gate.paths.length = 0;
    expect((await request()).status).to.equal(status);
    return [...gate.paths];
  }
  const provisioned = () => asked(201, () => broker.osb.provision(i, PROVISION));
  const bound = () => asked(201, () => broker.osb.bind(i, b, BIND));
  const unbound = () => asked(200, () => broker.osb.unbind(i, b, QUERY));
  const deprovisioned = () => asked(200, () => broker.osb.deprovision(i, QUERY));

  it('have one log-in at first', () => {
    expect(atFirst).to.deep.equal(['authenticate', ...REQUESTS.provision]);
  });

  it('are kept by each step of a life', async () => {
    expect(await provisioned(), 'provision').to.deep.equal(REQUESTS.provision);
    expect(await bound(), 'bind').to.deep.equal(REQUESTS.bind);
    expect(await unbound(), 'unbind').to.deep.equal(REQUESTS.unbind);
    expect(await deprovisioned(), 'deprovision').to.deep.equal(REQUESTS.deprovision);
  });

  it('are nothing for what was asked before, and for what the broker knows', async () => {
    await provisioned();
    await bound();
    expect(await asked(200, () => broker.osb.provision(i, PROVISION)), 'provision').to.deep.equal([]);
    expect(await asked(200, () => broker.osb.bind(i, b, BIND)), 'bind').to.deep.equal([]);
    expect(await asked(200, () => broker.osb.fetchBinding(i, b)), 'fetch').to.deep.equal([]);
    expect(await asked(200, () => broker.osb.lastOperation(i)), 'poll').to.deep.equal([]);
    await unbound();
    await deprovisioned();
  });

  it('count a binding that was left once more', async () => {
    await provisioned();
    await bound();
    expect(await deprovisioned()).to.deep.equal([...REQUESTS.unbind, ...REQUESTS.deprovision]);
  });

  it('are two for a look at a plan, and one for a look at what is Ready', async () => {
    await provisioned();
    gate.paths.length = 0;
    const instance = instanceOf(etcd, { name: i, settings: { endpoints } });
    expect(await etcdBackend.check!(instance)).to.deep.equal([]);
    expect(gate.paths.splice(0), 'check').to.deep.equal(['authenticate', 'user/get']);
    expect(await etcdBackend.observe!(instance)).to.deep.equal({});
    expect(gate.paths, 'observe').to.deep.equal(['role/get']);
    await deprovisioned();
  });
});
