// The ports of instances, on a real Docker engine: from a range, of which there may be too few, and chosen by the engine.
import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { newId } from '../support/broker.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { importWeb, WEB } from './images.js';
import { DockerScene, IMPATIENT } from './scene.js';

const RANGE = { min: 23_000, max: 23_002 };
const PORTS = [23_000, 23_001];
const SERVER = 'CMD ["/bin/httpd", "-f", "-p", "8000", "-h", "/data"]';

suiteUnless(missingDocker(), 'ports of instances', () => {
  const scene = new DockerScene();
  before(async () => {
    await scene.open(
      { ranged: { ports: RANGE, ownAddress: true }, free: { ownAddress: true } },
      {
        ranged: { image: WEB, pull: 'Never', host: 'ranged' },
        two: { image: 'two:1', pull: 'Never', host: 'ranged' },
        free: { image: WEB, pull: 'Never', host: 'free', volumes: ['/data'] },
      },
      { env: IMPATIENT },
    );
    await importWeb(scene.host('ranged').engine, 'two:1', {}, ['EXPOSE 8000', 'EXPOSE 8001', SERVER]);
  });
  after(() => scene.close());
  afterEach(async () => {
    for (const [name, { engine }] of scene.hosts) {
      const { instances = [], instanceCount } = (await scene.dockerHost(name))!.status!;
      expect({ instances, instanceCount }).to.deep.equal({ instances: [], instanceCount: 0 });
      expect(await engine.everything()).to.deep.equal({ containers: [], volumes: [] });
    }
  });

  /** That the instances have at the engine, whatever the host's status says. */
  const published = async (host: string, ...instances: string[]): Promise<number[]> => {
    const { docker } = scene.host(host).engine;
    const all = await Promise.all(instances.map((id) => docker.getContainer(id).inspect()));
    return all.flatMap(({ NetworkSettings: { Ports } }) =>
      Object.values(Ports).flatMap((bindings) => bindings.map(({ HostPort }) => Number(HostPort))),
    );
  };

  it('are never given twice, and are waited for where none is left', async () => {
    const [one, other] = await Promise.all([scene.instance('ranged'), scene.instance('ranged')]);
    expect((await published('ranged', one, other)).sort()).to.deep.equal(PORTS);
    const third = newId();
    await scene.provision(third, 'ranged');
    expect(await scene.waits(third, /port/)).to.equal(
      'no Docker host can take the instance: ranged has 0 ports free of the 1 needed',
    );
    const [freed] = await published('ranged', one);
    await scene.deprovision(one, 'ranged');
    await scene.ended(third);
    expect(await published('ranged', third)).to.deep.equal([freed]);
    await Promise.all([scene.deprovision(other, 'ranged'), scene.deprovision(third, 'ranged')]);
  });

  it('are waited for where the image exposes more than are left', async () => {
    const one = await scene.instance('ranged');
    const both = newId();
    await scene.provision(both, 'two');
    expect(await scene.waits(both, /port/)).to.equal(
      'the Docker host ranged has 1 port free from 23000 to 23001, and the instance needs 2 more: widen spec.ports of the DockerHost, or remove instances from it',
    );
    await scene.deprovision(one, 'ranged');
    await scene.ended(both);
    expect((await published('ranged', both)).sort()).to.deep.equal(PORTS);
    await scene.deprovision(both, 'two');
  });

  it('are others where a process of the host has them', async () => {
    const server = createServer().listen(RANGE.min, scene.host('ranged').engine.serviceHost);
    await once(server, 'listening');
    try {
      const id = await scene.instance('ranged');
      expect(await published('ranged', id)).to.deep.equal([RANGE.min + 1]);
      const { credentials } = await scene.bind(id, 'ranged');
      expect(await (await fetch(credentials['uri']!)).text()).to.equal(credentials['password']);
      const [entry] = (await scene.dockerHost('ranged'))!.status!.instances!;
      expect(entry!.ports).to.deep.equal([{ container: '8000/tcp', host: RANGE.min + 1 }]);
      await scene.deprovision(id, 'ranged');
    } finally {
      server.close();
    }
  });

  it('stay as the engine chose them, when the container is removed and when the engine is killed', async () => {
    const { engine } = scene.host('free');
    const id = await scene.instance('free');
    const { credentials } = await scene.bind(id, 'free');
    const before = await published('free', id);
    expect(before).to.have.length(1);
    await engine.docker.getContainer(id).remove({ force: true });
    await scene.restartBroker();
    await scene.told(id, 'Repaired');
    expect(await published('free', id)).to.deep.equal(before);
    expect(await (await fetch(credentials['uri']!)).text()).to.equal(credentials['password']);
    await engine.kill();
    await engine.startAgain();
    await scene.untilServed(credentials['uri']!, credentials['password']!);
    expect(await published('free', id)).to.deep.equal(before);
    await scene.deprovision(id, 'free');
  });
});
