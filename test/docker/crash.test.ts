// A call that dies at any of its requests to the engine, an engine that is killed there, and a deprovision that comes
// there: after the deprovision there is no container, no volume, no port and no user. Brokers that are killed are in
// kill.test.ts.
import { expect } from 'chai';
import { STEPS } from '../chaos/life.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { Gate, type Held } from './gate.js';
import { forEachAtOnce, Lives, PORTS } from './lives.js';
import { DockerScene } from './scene.js';
import { isReading, POINTS, REQUESTS } from './steps.js';

/** What a call has sent takes effect within the grace. */
const ENV = { BROKER_PATIENCE_SECONDS: '0', BROKER_CALL_GRACE_SECONDS: '1' };

const PROVISION = POINTS.filter(({ step }) => step === 'provision');
/** They have not taken effect when the deprovision comes. */
const LATE = PROVISION.filter((point) => point.side === 'before' && !isReading(point));
const CHANGES = POINTS.filter((point) => !isReading(point));

suiteUnless(missingDocker(), 'a container whose making, use or removal is cut off', function () {
  this.timeout(180_000);
  const scene = new DockerScene();
  const gate = new Gate(() => scene.host().engine);
  const lives = new Lives(scene, gate, { through: (send) => send(scene.osb) });
  before(async () => {
    await scene.open(
      { one: { engine: await gate.open(), ports: PORTS, keepaliveSeconds: 5 } },
      {},
      { env: ENV },
    );
  });
  after(async () => {
    await scene.close();
    await gate.close();
  });
  afterEach(() => lives.expectNothingLeft());

  it('sends the requests at which it is cut off here', async () => {
    const life = lives.begin();
    let before = 0;
    for (const step of STEPS) {
      await life.step(step);
      const sent = gate.requests(life.id).slice(before);
      before += sent.length;
      expect([...new Set(sent)].sort(), step).to.deep.equal([...new Set(REQUESTS[step])].sort());
    }
  });

  it('leaves nothing when the connection breaks, at each of them', () =>
    forEachAtOnce(POINTS, async (point) => {
      const { held, ended } = await lives.to(point);
      held.cut();
      await ended;
    }));

  for (const [what, steps] of [
    ['made and used', ['provision', 'bind', 'unbind']],
    ['removed', ['deprovision']],
  ] as const)
    it(`leaves nothing when the engine is killed, at each change while it is ${what}`, () =>
      lives.through(
        CHANGES.filter(({ step }) => steps.some((each) => each === step)),
        async () => {
          const { engine } = scene.host();
          await engine.kill();
          await engine.startAgain();
        },
      ));

  /** What becomes of the request once the deprovision was accepted: the broker waits for it, and then gives it up. */
  for (const [fate, points, decide] of [
    ['is cut off', PROVISION, async ({ givenUp, cut }: Held) => givenUp.then(cut)],
    ['ends in time', LATE, async ({ letGo }: Held) => letGo()],
    ['takes effect when it was cut off', LATE, async ({ givenUp, letGo }: Held) => givenUp.then(letGo)],
  ] as const)
    it(`leaves nothing when a deprovision overtakes a provision, a request of which ${fate}`, () =>
      forEachAtOnce(points, async (point) => {
        const life = lives.begin();
        const held = gate.hold(life.container, point);
        const overtaken = life.step('provision').catch(() => undefined); // which is told that it was
        await held.came;
        const gone = life.step('deprovision');
        await scene.kube.instances.until(life.id, ({ metadata }) => metadata.deletionTimestamp !== undefined);
        await decide(held);
        await Promise.all([gone, overtaken]);
      }));
});
