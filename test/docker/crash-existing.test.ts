// Instances on containers that were there before, cut off in their hooks, or removed with their bindings: the containers
// stay, and no user stays in them.
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { Gate } from './gate.js';
import { importWeb, WEB } from './images.js';
import { forEachAtOnce, Lives } from './lives.js';
import { DockerScene } from './scene.js';
import { POINTS } from './steps.js';

const HOOKS = POINTS.filter(({ request }) => request === 'POST exec/_/start');
/** The plan by its container. */
const PLANS = new Map(HOOKS.map((_, index) => [newId(), `existing-${index}`]));

suiteUnless(missingDocker(), 'a container that was there before', function () {
  this.timeout(120_000);
  const scene = new DockerScene();
  const gate = new Gate(() => scene.host().engine);
  const lives = new Lives(scene, gate, { through: (send) => send(scene.osb) });
  const [[first, plan] = ['', '']] = PLANS;

  before(async () => {
    const plans = [...PLANS].map(([container, name]) => [name, { container, host: 'one' }]);
    const one = { engine: await gate.open(), keepaliveSeconds: 5 };
    await scene.open({ one }, Object.fromEntries(plans), { env: { BROKER_PATIENCE_SECONDS: '0' } });
    await importWeb(scene.host().engine);
    for (const name of PLANS.keys()) {
      const HostConfig = { PublishAllPorts: true };
      await (await scene.host().engine.docker.createContainer({ name, Image: WEB, HostConfig })).start();
    }
  });
  after(async () => {
    await scene.close();
    await gate.close();
  });
  afterEach(async () => {
    for (const container of PLANS.keys()) expect(await lives.users(container)).to.equal('');
    expect((await scene.dockerHost())!.status).to.deep.include({ instances: [], instanceCount: 0 });
    expect((await scene.host().engine.everything()).containers).to.have.members([...PLANS.keys()]);
  });

  it('has no users any more when the connection broke in one of the hooks', () =>
    forEachAtOnce([...PLANS], async ([container, name]) => {
      const point = HOOKS[[...PLANS.keys()].indexOf(container)]!;
      const { held, ended } = await lives.to(point, lives.begin(name, container));
      held.cut();
      await ended;
    }));

  it('has no users any more when the instance was removed with its bindings', async () => {
    const { id, step } = lives.begin(plan, first);
    await step('provision');
    await step('bind');
    expect(await lives.users(first)).to.match(/^\w+\n$/);
    await scene.kube.instances.client.delete(id);
    await scene.kube.instances.untilGone(id);
  });
});
