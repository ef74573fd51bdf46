// Updates of instances on a real Docker engine: their container is made anew, and what applications have goes on working;
// or the update fails, and what there was is left.
import { expect } from 'chai';
import type Docker from 'dockerode';
import type { DockerSettings } from '../../src/backends/docker/settings.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { importWeb, WEB } from './images.js';
import { DockerScene, IMPATIENT } from './scene.js';

const RANGE = { min: 25_000, max: 25_100 };
const OWN: Partial<DockerSettings> = { pull: 'Never', volumes: ['/data'] };
const CRASHING = ['EXPOSE 8000', 'CMD ["/bin/sh", "-c", "exit 7"]'];

suiteUnless(missingDocker(), 'updates of containers', () => {
  const scene = new DockerScene();
  before(async () => {
    await scene.open(
      { one: { ports: RANGE, ownAddress: true } },
      {
        larger: { ...OWN, image: 'web:2', env: { SIZE: 'large' }, memoryMegabytes: 64, cpus: 0.5 },
        coloured: { ...OWN, image: WEB, parametersInEnv: { colour: 'COLOUR' } },
        missing: { ...OWN, image: 'nowhere:1' },
        crashing: { ...OWN, image: 'crashing:1', patienceSeconds: 1 },
        refused: { ...OWN, image: WEB, cpus: 10_000 },
        broken: { ...OWN, image: 'broken:1' },
      },
      { env: IMPATIENT },
    );
    const { engine } = scene.host();
    await importWeb(engine, 'web:2');
    await importWeb(engine, 'crashing:1', {}, CRASHING);
    await importWeb(engine, 'broken:1', { provision: 'exit 3' });
  });
  after(() => scene.close());
  afterEach(async () => {
    const { instances = [], instanceCount } = (await scene.dockerHost())!.status!;
    expect({ instances, instanceCount }).to.deep.equal({ instances: [], instanceCount: 0 });
    expect(await scene.host().engine.everything()).to.deep.equal({ containers: [], volumes: [] });
  });

  const container = (id: string): Promise<Docker.ContainerInspectInfo> =>
    scene.host().engine.docker.getContainer(id).inspect();

  const portsOf = async (id: string): Promise<object> => (await container(id)).NetworkSettings.Ports;

  /** One of a plan, with a binding, which works. */
  async function used(plan = 'web', parameters = {}): Promise<{ id: string; works: () => Promise<void> }> {
    const id = await scene.instance(plan, parameters);
    const { credentials } = await scene.bind(id, plan);
    const works = () => scene.untilServed(credentials['uri']!, credentials['password']!);
    await works();
    return { id, works };
  }

  it('to another plan make the container anew; its data, its ports and its bindings stay', async () => {
    const { id, works } = await used();
    const [before, ports] = [await container(id), await portsOf(id)];
    await scene.update(id, { plan: 'larger' });
    await scene.ended(id);
    const { Id, Config, HostConfig } = await container(id);
    expect(Id).to.not.equal(before.Id);
    expect(Config.Image).to.equal('web:2');
    expect(Config.Env).to.include('SIZE=large');
    expect(HostConfig).to.deep.include({ Memory: 64 * 2 ** 20, NanoCpus: 5e8 });
    expect(await portsOf(id)).to.deep.equal(ports);
    await works();
    const { credentials } = await scene.bind(id, 'larger');
    await scene.untilServed(credentials['uri']!, credentials['password']!);
    await scene.deprovision(id, 'larger');
  });

  it('with other parameters make the container anew, and with the same ones do not', async () => {
    const { id, works } = await used('coloured', { colour: 'blue' });
    const before = await container(id);
    expect(before.Config.Env).to.include('COLOUR=blue');
    await scene.update(id, { parameters: { colour: 'red' } }, 'coloured');
    await scene.ended(id);
    const after = await container(id);
    expect(after.Id).to.not.equal(before.Id);
    expect(after.Config.Env).to.include('COLOUR=red');
    await works();
    await scene.update(id, { parameters: { colour: 'red', unused: 'yes' } }, 'coloured');
    await scene.ended(id);
    expect((await container(id)).Id).to.equal(after.Id);
    await scene.deprovision(id, 'coloured');
  });

  it('with a parameter that is no text fail, and leave the instance as it was', async () => {
    const { id, works } = await used('coloured', { colour: 'blue' });
    const before = await container(id);
    await scene.update(id, { parameters: { colour: ['red'] } }, 'coloured');
    expect(await scene.ended(id, 'failed')).to.equal(
      'the parameter colour must be a text, a number or true or false',
    );
    const { body } = await scene.osb.lastOperation(id);
    expect(body).to.include({ instance_usable: true, update_repeatable: false });
    expect((await container(id)).Id).to.equal(before.Id);
    await works();
    await scene.deprovision(id, 'coloured');
  });

  it('to an image that is missing fail, and leave the instance as it was', async () => {
    const { id, works } = await used();
    const before = await container(id);
    await scene.update(id, { plan: 'missing' });
    expect(await scene.ended(id, 'failed')).to.equal(
      'the Docker host one has no image nowhere:1, and the plan does not let it be pulled',
    );
    expect((await scene.osb.lastOperation(id)).body.instance_usable).to.equal(true);
    expect((await container(id)).Id).to.equal(before.Id);
    await works();
    await scene.deprovision(id, 'missing');
  });

  it('to an image that crashes again and again fail; back to what there was, all works as before', async () => {
    const { id, works } = await used();
    const ports = await portsOf(id);
    await scene.update(id, { plan: 'crashing' });
    expect(await scene.ended(id, 'failed')).to.match(/ended.*was started .* again/);
    const { body } = await scene.osb.lastOperation(id);
    expect(body).to.include({ update_repeatable: true });
    await scene.update(id, { plan: 'web' }, 'crashing');
    await scene.ended(id);
    await works();
    expect(await portsOf(id)).to.deep.equal(ports);
    await scene.deprovision(id);
  });

  it('that the engine refuses leave no container, and say so; back to what there was, all works as before', async () => {
    const { id, works } = await used();
    await scene.update(id, { plan: 'refused' });
    expect(await scene.ended(id, 'failed')).to.match(/^the Docker host refuses what the plan asks for/);
    expect((await scene.osb.lastOperation(id)).body.instance_usable).to.equal(false);
    await scene.update(id, { plan: 'web' }, 'refused');
    await scene.ended(id);
    await works();
    await scene.deprovision(id);
  });

  it('fail where /provision of the new image does, though the instance serves', async () => {
    const { id, works } = await used();
    await scene.update(id, { plan: 'broken' });
    expect(await scene.ended(id, 'failed')).to.equal('/provision of the image failed with exit status 3');
    expect((await scene.osb.lastOperation(id)).body.instance_usable).to.equal(true);
    await works();
    await scene.update(id, { plan: 'web' }, 'broken');
    await scene.ended(id);
    await scene.deprovision(id);
  });
});
