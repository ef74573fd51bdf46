// The whole life of containers as service instances, on a real Docker engine: with hooks, without them, with static
// credentials, and with a container that was there before.
import { expect } from 'chai';
import type Docker from 'dockerode';
import type { DockerSettings } from '../../src/backends/docker/settings.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { importWeb, WEB } from './images.js';
import { DockerScene } from './scene.js';

const NOTHING = { containers: [], volumes: [] };
const RANGE = { min: 49_156, max: 49_166 };
const IMAGE: Partial<DockerSettings> = { image: WEB, pull: 'Never', volumes: ['/data'] };

/** As an application: what is served there. */
async function read(uri: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(uri);
  return { status: answer.status, text: await answer.text() };
}

suiteUnless(missingDocker(), 'containers as service instances', () => {
  const scene = new DockerScene();
  before(async () => {
    await scene.open(
      { one: { ports: RANGE } },
      {
        plain: { image: 'plain:1', pull: 'Never', env: { SECRET: '$PASSWORD', ID: '$INSTANCE_ID' } },
        limited: {
          ...IMAGE,
          ...{ memoryMegabytes: 64, cpus: 0.5, maxProcesses: 50, restartPolicy: 'always' },
          parametersInEnv: { colour: 'COLOUR' },
        },
        static: { ...IMAGE, credentialsSecret: 'shared', dashboardUrl: 'http://$HOST:$PORT/board' },
        existing: { container: 'legacy', host: 'one' },
        existingStatic: { container: 'legacy', host: 'one', credentialsSecret: 'shared' },
        missing: { container: 'nowhere', host: 'one' },
      },
      {
        secrets: {
          shared: {
            uri: 'http://app:static-password@$HOST:$PORT_8000/',
            'credentials.json': JSON.stringify({ retries: 3, nested: ['$HOST:$PORT'] }),
          },
        },
      },
    );
    await importWeb(scene.host().engine, 'plain:1', { provision: '', bind: '', unbind: '', deprovision: '' });
  });
  after(() => scene.close());
  afterEach(async () => {
    const { status } = (await scene.dockerHost())!;
    expect(status).to.deep.include({ instances: [], instanceCount: 0 });
  });

  const container = (name: string): Docker.Container => scene.host().engine.docker.getContainer(name);

  it('are used with credentials of each binding, and leave nothing', async () => {
    const id = await scene.instance();
    const one = await scene.bind(id);
    const other = await scene.bind(id);
    expect(one.credentials['username']).to.not.equal(other.credentials['username']);
    for (const { credentials } of [one, other]) {
      expect(await read(credentials['uri']!)).to.deep.equal({ status: 200, text: credentials['password'] });
    }
    await scene.unbind(id, one.binding);
    expect((await read(one.credentials['uri']!)).status).to.equal(404);
    expect((await read(other.credentials['uri']!)).status).to.equal(200);
    await scene.unbind(id, other.binding);
    await scene.deprovision(id);
    expect(await scene.host().engine.everything()).to.deep.equal(NOTHING);
  });

  it('have the name of the instance, a port of the range, and the dashboard that their hook tells', async () => {
    const id = await scene.instance();
    const { Config, HostConfig } = await container(id).inspect();
    expect(Config.Hostname).to.equal(id);
    expect(Config.Labels).to.include({
      'sdkbroker.broker.io/instance': id,
      'sdkbroker.broker.io/broker': scene.cluster.namespace,
    });
    expect(HostConfig.PortBindings).to.deep.equal({ '8000/tcp': [{ HostIp: '', HostPort: '49156' }] });
    expect((await scene.dockerHost())!.status!.instances).to.deep.equal([
      { name: id, ports: [{ container: '8000/tcp', host: 49_156 }] },
    ]);
    const { body } = await scene.osb.fetch(id);
    expect(body.dashboard_url).to.equal('http://127.0.0.1:49156/dashboard');
    await scene.deprovision(id);
  });

  it('have the limits, the environment and the parameters of their plan', async () => {
    const id = await scene.instance('limited', { colour: 'blue' });
    const { Config, HostConfig } = await container(id).inspect();
    expect(HostConfig).to.deep.include({ Memory: 64 * 2 ** 20, NanoCpus: 5e8, PidsLimit: 50 });
    expect(HostConfig.RestartPolicy!.Name).to.equal('always');
    expect(Config.Env).to.include('COLOUR=blue');
    await scene.deprovision(id, 'limited');
  });

  it('do without hooks: a password is made for the instance, and told to its bindings', async () => {
    const id = await scene.instance('plain');
    const { credentials, endpoints } = await scene.bind(id, 'plain');
    expect(credentials).to.deep.equal({
      ...{ host: '127.0.0.1', port: '49156', ports: { '8000/tcp': '49156' } },
      password: credentials['password'],
    });
    expect(endpoints).to.deep.equal([{ host: '127.0.0.1', ports: ['49156'], protocol: 'tcp' }]);
    const { Config } = await container(id).inspect();
    expect(Config.Env).to.include.members([`SECRET=${credentials['password']}`, `ID=${id}`]);
    expect(credentials['password']).to.match(/^\w{32}$/);
    await scene.deprovision(id, 'plain');
  });

  it('have the static credentials of their plan, and no hook runs then', async () => {
    const id = await scene.instance('static');
    const { binding, credentials } = await scene.bind(id, 'static');
    expect(credentials).to.deep.equal({
      uri: 'http://app:static-password@127.0.0.1:49156/',
      retries: 3,
      nested: ['127.0.0.1:49156'],
    });
    expect((await scene.osb.fetch(id)).body.dashboard_url).to.equal('http://127.0.0.1:49156/board');
    await scene.unbind(id, binding, 'static');
    expect((await read('http://127.0.0.1:49156/log')).status).to.equal(404);
    await scene.deprovision(id, 'static');
    expect(await scene.host().engine.everything()).to.deep.equal(NOTHING);
  });

  it('may be one that was there before: it is used, and stays', async () => {
    const { docker } = scene.host().engine;
    const legacy = await docker.createContainer({
      ...{ name: 'legacy', Image: WEB, HostConfig: { PublishAllPorts: true } },
    });
    await legacy.start();
    const id = await scene.instance('existing');
    const { binding, credentials } = await scene.bind(id, 'existing');
    expect(await read(credentials['uri']!)).to.deep.equal({ status: 200, text: credentials['password'] });
    await scene.unbind(id, binding, 'existing');
    expect((await read(credentials['uri']!)).status).to.equal(404);
    await scene.deprovision(id, 'existing');
    const combined = await scene.instance('existingStatic');
    const shared = await scene.bind(combined, 'existingStatic');
    expect(shared.credentials['retries']).to.equal(3);
    await scene.deprovision(combined, 'existingStatic');
    expect((await legacy.inspect()).State.Running).to.equal(true);
    const log = await read(credentials['uri']!.replace(/\/users.*/, '/log'));
    expect(log.text.split('\n').slice(0, -1)).to.deep.equal([
      ...[`provision ${id} `, `bind ${id} ${binding}`],
      ...[`unbind ${id} ${binding}`, `deprovision ${id} `],
    ]);
    await legacy.remove({ force: true, v: true });
  });

  it('fail where the one that was there before is not', async () => {
    const id = 'of-a-missing-container';
    await scene.provision(id, 'missing');
    expect(await scene.ended(id, 'failed')).to.match(/there is no container nowhere on the Docker host one/);
    await scene.deprovision(id, 'missing');
  });

  it('leave a container of their name alone that is somebody else’s', async () => {
    const id = 'somebody-else';
    const { docker } = scene.host().engine;
    const other = await docker.createContainer({ name: id, Image: WEB });
    await scene.provision(id);
    expect(await scene.ended(id, 'failed')).to.match(/is not this broker's .* remove or rename it/);
    await scene.deprovision(id);
    expect((await other.inspect()).Name).to.equal(`/${id}`);
    await other.remove({ force: true, v: true });
  });

  it('keep their secrets out of resources, Events and the log', async () => {
    const id = await scene.instance('plain');
    const { credentials } = await scene.bind(id, 'plain');
    const web = await scene.instance();
    const bound = await scene.bind(web);
    const written = (await scene.kube.dump()) + scene.broker.log();
    for (const secret of [credentials['password']!, bound.credentials['password']!, 'static-password']) {
      expect(written.includes(secret)).to.equal(false);
    }
    await scene.deprovision(id, 'plain');
    await scene.deprovision(web);
  });
});
