// Lives of key spaces through brokers that are killed as processes, without a warning, at one of their requests to etcd:
// another takes over, what was asked for ends well, and after the deprovision nothing is left.
import { expect } from 'chai';
import { lifeOf, STEPS } from '../chaos/life.js';
import { Replicas } from '../chaos/replicas.js';
import { newId } from '../support/broker.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { Kube } from '../support/kube.js';
import { NOTHING } from './direct.js';
import { Gate } from './gate.js';
import { applyPlan, BIND, type Credentials, PROVISION, QUERY, untilInCatalog } from './scene.js';
import { EtcdServer } from './server.js';
import type { Point } from './steps.js';

const LIFE = { provision: PROVISION, bind: BIND, query: QUERY };
const PROGRAM = new URL('./broker-process.ts', import.meta.url).pathname;

/** One broker after the other, each killed at one point; to be called in a `describe`. */
export function itSurvivesKillsAt(points: readonly Point[]): void {
  let etcd: EtcdServer;
  let gate: Gate;
  let cluster: TestCluster;
  let kube: Kube;
  let replicas: Replicas;

  before(async () => {
    [etcd, cluster] = await Promise.all([EtcdServer.start(), openCluster()]);
    gate = new Gate(etcd.endpoints[0]!);
    kube = await Kube.open(cluster);
    await applyPlan(kube, etcd, { endpoints: [await gate.open()] });
    replicas = new Replicas(
      {
        KUBECONFIG: cluster.kubeconfig,
        BROKER_NAMESPACE: cluster.namespace,
        ...{ BROKER_HOST: '127.0.0.1', BROKER_PORT: '0', BROKER_HEALTH_PORT: '0' },
        ...{ BROKER_USERNAME: 'broker', BROKER_PASSWORD: 'broker' },
        ...{ BROKER_LEASE_SECONDS: '1', BROKER_PATIENCE_SECONDS: '0', BROKER_CALL_GRACE_SECONDS: '0' },
      },
      PROGRAM,
    );
    await replicas.start(1);
    await replicas.through(untilInCatalog);
  });

  after(async () => {
    await replicas?.stop();
    await kube?.close();
    await gate?.close();
    await cluster?.close();
    await etcd?.stop();
  });

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(replicas.log);
  });

  for (const { step, path, side } of points)
    it(`leaves nothing when it is killed in ${step}, ${side} ${path}`, async () => {
      const [id, binding] = [newId(), newId()];
      const life = lifeOf({ id, binding, ...LIFE }, replicas);
      for (const each of STEPS.slice(0, STEPS.indexOf(step))) await life(each);
      const killed = gate.trap(path, side, () => replicas.replace('leader'));
      await Promise.all([killed, life(step)]);
      if (step === 'bind') {
        const { body } = await replicas.through((osb) => osb.fetchBinding(id, binding));
        const { keypath, ...account } = body.credentials as Credentials;
        expect(await etcd.as(account, 'put', `${keypath}/k`, 'v')).to.equal('OK\n');
      }
      if (step !== 'deprovision') await life('deprovision');
      expect(await etcd.everything()).to.deep.equal(NOTHING);
    });
}
