// Instances whose container, engine or kept Secret somebody or something has touched, on a real Docker engine: they are
// put back, so that applications go on with what they have.
import { expect } from 'chai';
import type Docker from 'dockerode';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { importWeb } from './images.js';
import { DockerScene } from './scene.js';

/** A server that has what `/provision` made in its container alone, and takes its time to come up. */
const SLOW = ['EXPOSE 8000', 'CMD ["/bin/sh", "-c", "sleep 2; exec httpd -f -p 8000 -h /data"]'];
const RANGE = { min: 24_000, max: 24_100 };

suiteUnless(missingDocker(), 'containers that are not as they were made', () => {
  const scene = new DockerScene();
  before(async () => {
    const slow = { image: 'slow:1', pull: 'Never' } as const;
    await scene.open({ one: { ports: RANGE, ownAddress: true } }, { slow });
    await importWeb(
      scene.host().engine,
      'slow:1',
      { provision: 'mkdir -p /data/users; touch /data/provisioned' },
      SLOW,
    );
  });
  after(() => scene.close());
  afterEach(async () => {
    const { status } = (await scene.dockerHost())!;
    expect(status).to.deep.include({ instances: [], instanceCount: 0 });
    expect(await scene.host().engine.everything()).to.deep.equal({ containers: [], volumes: [] });
  });

  const container = (id: string): Docker.Container => scene.host().engine.docker.getContainer(id);

  /** One with a binding, which works. */
  async function used(): Promise<{ id: string; works: () => Promise<void> }> {
    const id = await scene.instance();
    const { credentials } = await scene.bind(id);
    const works = () => scene.untilServed(credentials['uri']!, credentials['password']!);
    await works();
    return { id, works };
  }

  const portsOf = async (id: string): Promise<object> =>
    (await container(id).inspect()).NetworkSettings.Ports;

  it('are back when they were removed: with their port, their data and their users', async () => {
    const { id, works } = await used();
    const ports = await portsOf(id);
    await container(id).remove({ force: true, v: true });
    await scene.restartBroker();
    expect(await scene.told(id, 'Repaired')).to.equal('put right: the container is gone');
    await works();
    expect(await portsOf(id)).to.deep.equal(ports);
    await scene.deprovision(id);
  });

  it('are provisioned anew when they are back, however long they take to come up', async () => {
    const id = await scene.instance('slow');
    const { credentials } = await scene.bind(id, 'slow');
    await container(id).remove({ force: true, v: true });
    await scene.told(id, 'Repaired'); // nobody asks its server before
    await scene.untilServed(new URL('/provisioned', credentials['uri']).href, '');
    await scene.deprovision(id, 'slow');
  });

  it('are found by the broker alone, without anybody who wakes it', async () => {
    const { id, works } = await used();
    await container(id).remove({ force: true });
    await works();
    await scene.deprovision(id);
  });

  it('are started when they were stopped', async () => {
    const { id, works } = await used();
    await container(id).stop({ t: 1 });
    await scene.restartBroker();
    expect(await scene.told(id, 'Repaired')).to.match(
      /^put right: the container has ended with exit status \d+$/,
    );
    await works();
    await scene.deprovision(id);
  });

  it('work as before when their engine was killed', async () => {
    const { engine } = scene.host();
    const { id, works } = await used();
    const ports = await portsOf(id);
    await engine.kill();
    await engine.startAgain();
    await works();
    expect(await portsOf(id)).to.deep.equal(ports);
    await scene.deprovision(id);
  });

  it('tell that their engine does not answer, and are well when it does', async () => {
    const { engine } = scene.host();
    const { id, works } = await used();
    await engine.kill();
    const { status } = await scene.untilCondition(id, 'Unhealthy', 'True');
    const { message } = status!.conditions!.find(({ type }) => type === 'Unhealthy')!;
    expect(message).to.equal('the Docker host does not answer');
    await engine.startAgain();
    await scene.untilCondition(id, 'Unhealthy', 'False');
    await works();
    await scene.deprovision(id);
  });

  it('are found again when what was kept of them is lost', async () => {
    const { id, works } = await used();
    await scene.restartBroker(() => scene.kube.secrets.client.delete(`instance-kept-${id}`));
    const { credentials } = await scene.bind(id);
    await scene.untilServed(credentials['uri']!, credentials['password']!);
    await container(id).remove({ force: true });
    await scene.restartBroker();
    await scene.told(id, 'Repaired');
    await works();
    await scene.deprovision(id);
  });
});
