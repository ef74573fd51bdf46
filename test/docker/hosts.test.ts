// Instances on two real Docker engines: which host gets them, and what becomes of them when a host falls silent or its
// engine is killed.
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { idsQuery } from '../support/catalog.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { eventually } from '../support/unchanged.js';
import { importWeb, WEB } from './images.js';
import { ASYNC, DockerScene, IMPATIENT, SERVICE } from './scene.js';

const RANGE = { min: 22_000, max: 22_100 };
const NAMES = ['one', 'two'] as const;
/** The first time, it is not done yet. */
const SLOW = '[ -f /data/asked ] || { touch /data/asked; exit 75; }';
/** For as long as it takes to kill an engine. */
const LONG = 'touch /data/going; sleep 3';

suiteUnless(missingDocker(), 'instances on two Docker hosts', () => {
  const scene = new DockerScene();
  before(async () => {
    const host = { ports: RANGE, ownAddress: true };
    await scene.open(
      { one: host, two: host },
      {
        pinned: { image: WEB, pull: 'Never', host: 'two' },
        moved: { image: WEB, pull: 'Never', host: 'one' },
        slow: { image: 'slow:1', pull: 'Never', volumes: ['/data'], host: 'one' },
        small: { image: WEB, pull: 'Never', memoryMegabytes: 32 },
      },
      { env: IMPATIENT },
    );
    await importWeb(scene.host('one').engine, 'slow:1', { provision: SLOW, deprovision: LONG });
  });
  after(() => scene.close());
  beforeEach(async () => {
    for (const name of NAMES) await scene.changeHost(name, { perfFactor: 1, schedulable: true });
  });
  afterEach(async () => {
    for (const name of NAMES) {
      const { instances = [], instanceCount } = (await scene.dockerHost(name))!.status!;
      expect({ instances, instanceCount }).to.deep.equal({ instances: [], instanceCount: 0 });
      expect(await scene.host(name).engine.everything()).to.deep.equal({ containers: [], volumes: [] });
    }
  });

  it('go to the one with the lowest perfFactor', async () => {
    await scene.changeHost('one', { perfFactor: 1.22 });
    const all = await Promise.all([scene.instance(), scene.instance(), scene.instance()]);
    for (const id of all) expect(await scene.hostsOf(id)).to.deep.equal(['two']);
    await Promise.all(all.map((id) => scene.deprovision(id)));
  });

  it('go to both where they are equal', async () => {
    const all: string[] = [];
    const used = new Set<string>();
    while (used.size < NAMES.length) {
      const id = await scene.instance();
      all.push(id);
      for (const host of await scene.hostsOf(id)) used.add(host);
    }
    await Promise.all(all.map((id) => scene.deprovision(id)));
  });

  it('are hidden from nobody by a host with the lowest perfFactor that is dead', async () => {
    await scene.changeHost('one', { perfFactor: 0 });
    scene.host('one').agent.fallSilent();
    await scene.untilAlive('one', 'False');
    const id = await scene.instance();
    expect(await scene.hostsOf(id)).to.deep.equal(['two']);
    await scene.deprovision(id);
    await scene.host('one').agent.start();
    await scene.untilAlive('one', 'True');
  });

  it('stay on one that is to get no more, and are gone from there at last', async () => {
    await scene.changeHost('one', { perfFactor: 0 });
    const before = await scene.instance();
    await scene.changeHost('one', { schedulable: false });
    const after = await scene.instance();
    expect([await scene.hostsOf(before), await scene.hostsOf(after)]).to.deep.equal([['one'], ['two']]);
    const { credentials, binding } = await scene.bind(before);
    expect(await (await fetch(credentials['uri']!)).text()).to.equal(credentials['password']);
    expect((await scene.dockerHost('one'))!.status!.instanceCount).to.equal(1);
    await scene.unbind(before, binding);
    await scene.deprovision(before);
    expect((await scene.dockerHost('one'))!.status!.instanceCount).to.equal(0);
    await scene.deprovision(after);
  });

  it('are on the one that their plan names, and are moved by none', async () => {
    await scene.changeHost('one', { perfFactor: 0 });
    const id = await scene.instance('pinned');
    expect(await scene.hostsOf(id)).to.deep.equal(['two']);
    await scene.update(id, { plan: 'moved' }, 'pinned');
    expect(await scene.ended(id, 'failed')).to.equal(
      'the instance is on the Docker host two, and stays there',
    );
    expect(await scene.hostsOf(id)).to.deep.equal(['two']);
    await scene.deprovision(id, 'moved');
  });

  it('wait for a host where none is alive, and go on when one comes', async () => {
    for (const name of NAMES) scene.host(name).agent.fallSilent();
    for (const name of NAMES) await scene.untilAlive(name, 'False');
    const id = newId();
    await scene.provision(id);
    const text = await scene.waits(id, /^no Docker host can take the instance: /);
    for (const name of NAMES)
      expect(text).to.match(new RegExp(`${name} has not given a sign of life since 20`));
    expect(await scene.hostsOf(id)).to.deep.equal([]);
    await scene.host('two').agent.start();
    await scene.ended(id);
    expect(await scene.hostsOf(id)).to.deep.equal(['two']);
    await scene.host('one').agent.start();
    await scene.deprovision(id);
  });

  it('tell that their host has fallen silent, wait for it, and are well when it is back', async () => {
    await scene.changeHost('one', { perfFactor: 0 });
    const id = await scene.instance();
    scene.host('one').agent.fallSilent();
    await scene.untilAlive('one', 'False');
    const lost = await scene.untilCondition(id, 'HostLost', 'True');
    const { message } = lost.status!.conditions!.find(({ type }) => type === 'HostLost')!;
    expect(message).to.match(/^the Docker host one of the instance has not given a sign of life since 20/);
    expect(await scene.told(id, 'NoHeartbeat')).to.equal(message);
    expect(await scene.told('one', 'HostLost')).to.match(
      /^it has not given a sign of life since 20.*does its agent run/,
    );
    const binding = newId();
    const asked = await scene.osb.bind(id, binding, { service_id: SERVICE, plan_id: 'web' }, ASYNC);
    expect(asked.status).to.equal(202);
    await scene.bindingWaits(
      id,
      binding,
      /^the Docker host one of the instance has not given a sign of life/,
    );
    await scene.host('one').agent.start();
    await scene.untilAlive('one', 'True');
    await scene.untilCondition(id, 'HostLost', 'False');
    await scene.bindingEnded(id, binding);
    await scene.unbind(id, binding);
    scene.host('one').agent.fallSilent();
    await scene.untilAlive('one', 'False');
    await scene.update(id, { plan: 'small' });
    await scene.waits(id, /^the Docker host one of the instance has not given a sign of life/);
    await scene.host('one').agent.start();
    await scene.ended(id);
    expect(await scene.hostsOf(id)).to.deep.equal(['one']);
    await scene.deprovision(id, 'small');
  });

  it('stay with their host when its engine is killed while they are made or removed', async () => {
    const id = newId();
    const { engine } = scene.host('one');
    await scene.provision(id, 'slow');
    await scene.waits(id, /^\/provision of the image is not done yet$/);
    await engine.kill();
    await scene.waits(id, /^the Docker host does not answer$/);
    await engine.startAgain();
    await scene.ended(id);
    expect(await scene.hostsOf(id)).to.deep.equal(['one']);
    const [entry] = (await scene.dockerHost('one'))!.status!.instances!;
    const port = entry!.ports![0]!.host;
    await scene.osb.deprovision(id, { ...idsQuery(SERVICE, 'slow'), ...ASYNC });
    await eventually(
      () => fetch(`http://${engine.serviceHost}:${port}/going`),
      ({ status }) => status === 200,
    );
    await engine.kill();
    await engine.startAgain();
    await scene.kube.instances.untilGone(id);
  });
});
