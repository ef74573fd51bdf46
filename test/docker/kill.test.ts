// A broker that is killed as a process at each change that it makes, at the engine and in the status of its Docker host:
// another takes over, what was asked for ends well, and after the deprovision nothing is left. So that each kill counts
// for many points, many lives come to theirs, and the broker is killed then.
import { Replicas } from '../chaos/replicas.js';
import { missingDocker } from '../support/docker-engine.js';
import { type Exchange, type Proxy, startProxy } from '../support/proxy.js';
import { suiteUnless } from '../support/skip.js';
import { Gate } from './gate.js';
import { Lives, PORTS } from './lives.js';
import { DockerScene } from './scene.js';
import { isReading, POINTS, type Side } from './steps.js';

const PROGRAM = new URL('./broker-process.ts', import.meta.url).pathname;
const CHANGES = POINTS.filter((point) => !isReading(point));

suiteUnless(missingDocker(), 'a broker of containers', function () {
  this.timeout(120_000);
  const scene = new DockerScene();
  const gate = new Gate(() => scene.host().engine);
  let proxy: Proxy;
  let replicas: Replicas;
  let lives: Lives;
  /** What becomes of certain requests to the API server. */
  const traps = new Map<string, (exchange: Exchange) => Promise<void>>();

  before(async () => {
    await scene.open({ one: { engine: await gate.open(), ports: PORTS, keepaliveSeconds: 5 } });
    await scene.broker.stop();
    proxy = await startProxy(scene.cluster, async (exchange) => {
      const spring = traps.get(exchange.what);
      traps.delete(exchange.what);
      await (spring ? spring(exchange) : exchange.forward());
    });
    replicas = new Replicas(
      {
        KUBECONFIG: proxy.cluster.kubeconfig,
        BROKER_NAMESPACE: scene.cluster.namespace,
        ...{ BROKER_HOST: '127.0.0.1', BROKER_PORT: '0', BROKER_HEALTH_PORT: '0' },
        ...{ BROKER_USERNAME: 'broker', BROKER_PASSWORD: 'broker' },
        ...{ BROKER_LEASE_SECONDS: '1', BROKER_PATIENCE_SECONDS: '0', BROKER_CALL_GRACE_SECONDS: '0' },
      },
      PROGRAM,
    );
    await replicas.start(1);
    lives = new Lives(scene, gate, replicas);
  });

  after(async () => {
    await replicas?.stop();
    await proxy?.close();
    await scene.close();
    await gate.close();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(replicas.log);
    await lives.expectNothingLeft();
  });

  const killed = (): Promise<void> => replicas.replace('leader');

  it('leaves nothing when it is killed in each change of the making and of the use', () =>
    lives.through(
      CHANGES.filter(({ step }) => step !== 'deprovision'),
      killed,
    ));

  it('leaves nothing when it is killed in each change of the removal', () =>
    lives.through(
      CHANGES.filter(({ step }) => step === 'deprovision'),
      killed,
    ));

  /** Resolves when the broker was killed at the next request of that kind, and another serves. */
  const killedAt = (what: string, side: Side): Promise<void> =>
    new Promise((resolve, reject) => {
      const kill = (): Promise<void> => killed().then(resolve, reject);
      traps.set(what, (exchange) =>
        side === 'after' ? exchange.forward({ answered: kill }) : kill().then(() => exchange.drop()),
      );
    });

  for (const side of ['before', 'after'] as const)
    it(`leaves nothing when it is killed ${side} it writes down the host and the ports, and ${side} it lets them go`, async () => {
      const { step } = lives.begin();
      const made = [killedAt('create secrets', side), killedAt('update dockerhosts/status', side)];
      await Promise.all([step('provision'), ...made]);
      await step('bind');
      await step('unbind');
      const letGo = killedAt('update dockerhosts/status', side);
      await Promise.all([step('deprovision'), letGo]);
    });
});
