// Brokers as processes that are killed without a warning, API servers that go away, leaders that die: under load, and
// nothing that was accepted may be lost. How long each lasts: CHAOS_SECONDS; how short the Lease is: CHAOS_LEASE_SECONDS.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type TestCluster, openCluster } from '../support/cluster.js';
import { Kube } from '../support/kube.js';
import { eventually } from '../support/unchanged.js';
import { Platform } from './platform.js';
import { Replicas } from './replicas.js';
import { World } from './world.js';

const SECONDS = Number(process.env.CHAOS_SECONDS ?? 10);
const LEASE_SECONDS = process.env.CHAOS_LEASE_SECONDS ?? '3';
const PLATFORMS = Number(process.env.CHAOS_PLATFORMS ?? 16);
/** Stops the API server of the test cluster and starts it again: a command for bash. */
const RESTART = process.env.TEST_CLUSTER_RESTART;

describe('a broker that is killed again and again', function () {
  this.timeout((SECONDS + 120) * 1000);
  let cluster: TestCluster;
  let world: World;
  let worldUrl: string;
  let replicas: Replicas;

  beforeEach(async () => {
    cluster = await openCluster();
    world = new World();
    worldUrl = await world.open();
    replicas = new Replicas({
      WORLD_URL: worldUrl,
      KUBECONFIG: cluster.kubeconfig,
      BROKER_NAMESPACE: cluster.namespace,
      BROKER_HOST: '127.0.0.1',
      BROKER_PORT: '0',
      BROKER_HEALTH_PORT: '0',
      BROKER_USERNAME: 'broker',
      BROKER_PASSWORD: 'broker',
      BROKER_LEASE_SECONDS: LEASE_SECONDS,
      BROKER_PATIENCE_SECONDS: '0',
    });
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(replicas.log);
    await replicas.stop();
    await world.close();
    await cluster.close();
  });

  /** Lets platforms live their lives until the trouble is over, and then end the lives that they are in. */
  async function under(trouble: () => Promise<void>, retries: number[] = []): Promise<void> {
    const platform = new Platform(replicas, world, retries);
    let isOver = false;
    const lives = Promise.all(Array.from({ length: PLATFORMS }, () => platform.run(() => isOver)));
    const troubles = trouble().finally(() => (isOver = true));
    await Promise.all([lives, troubles]);
    const answers = [...platform.answers].map(([status, count]) => `${count} x ${status}`).join(', ');
    console.log(`      ${platform.lives} lives, ${replicas.kills} kills; answers: ${answers}`);
    expect(platform.lives).to.be.at.least(PLATFORMS);
  }

  async function untilNothingIsLeft(): Promise<void> {
    expect(world.databases, 'databases').to.deep.equal([]);
    const kube = await Kube.open(cluster);
    try {
      expect(await kube.instances.list(), 'instances').to.deep.equal([]);
      expect(await kube.bindings.list(), 'bindings').to.deep.equal([]);
      // Credentials go with their binding, at the garbage collector's hour.
      await eventually(
        () => kube.secrets.list(),
        (secrets) => secrets.every(({ type }) => type === 'kubernetes.io/service-account-token'),
      );
    } finally {
      await kube.close();
    }
  }

  const forAWhile = async (each: () => Promise<void>): Promise<void> => {
    const until = Date.now() + SECONDS * 1000;
    while (Date.now() < until) await each();
  };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  it('loses nothing where it is alone', async () => {
    await replicas.start(1);
    await under(() =>
      forAWhile(async () => {
        await pause(500 + Math.random() * 1500);
        await replicas.replace();
      }),
    );
    await untilNothingIsLeft();
  });

  it('loses nothing where there are two, and any of them dies', async () => {
    await replicas.start(2);
    await under(() =>
      forAWhile(async () => {
        await pause(1000 + Math.random() * 2000);
        await replicas.replace();
      }),
    );
    await untilNothingIsLeft();
  });

  it('loses nothing where the leader dies, and where it is asked to stop', async () => {
    await replicas.start(2);
    await under(async () => {
      for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
        await pause(500);
        await replicas.replace('leader', signal);
      }
    });
    await untilNothingIsLeft();
  });

  it('loses nothing where the API server is started anew', async function () {
    if (!cluster.local && !RESTART) {
      console.warn('SKIPPED: it needs TEST_CLUSTER_RESTART, a command that starts the API server anew');
      this.skip();
    }
    await replicas.start(2);
    await under(async () => {
      for (let i = 0; i < 2; i++) {
        await pause(1500);
        if (cluster.local) await cluster.local.restart();
        else await promisify(execFile)('bash', ['-c', RESTART!]);
      }
      await pause(1500);
    }, [503]);
    await untilNothingIsLeft();
  });
});
