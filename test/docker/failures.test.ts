// What goes wrong with images and their hooks, on a real Docker engine: users are told which it was, and operators why.
import { expect } from 'chai';
import type { DockerSettings } from '../../src/backends/docker/settings.js';
import { newId } from '../support/broker.js';
import { idsQuery } from '../support/catalog.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { importWeb } from './images.js';
import { ASYNC, DockerScene, IMPATIENT, SERVICE } from './scene.js';

const RANGE = { min: 26_000, max: 26_100 };

/** What is other in each image than in the one that works. */
const HOOKS = {
  failing: { provision: 'echo "cannot log in with $SECRET" >&2; exit 3' },
  later: { provision: '[ -f /data/asked ] || { touch /data/asked; exit 75; }' },
  chatty: { provision: 'echo "hello, $SECRET"' },
  endless: { provision: 'sleep 30' },
  stubborn: { deprovision: 'echo "will not go" >&2; exit 4' },
  sticky: { unbind: 'echo "cannot drop $BINDING_USERNAME of $SECRET" >&2; [ -f /data/may-go ]' },
  mean: { bind: 'echo "no room for $BINDING_PASSWORD" >&2; exit 5' },
};
const plan = (name: string, more: Partial<DockerSettings> = {}): Partial<DockerSettings> => ({
  ...{ image: `${name}:1`, pull: 'Never', volumes: ['/data'], env: { SECRET: '$PASSWORD' } },
  ...more,
});

suiteUnless(missingDocker(), 'containers and hooks that fail', () => {
  const scene = new DockerScene();
  before(async () => {
    const plans = Object.keys(HOOKS).map((name) => [name, plan(name)] as const);
    await scene.open(
      { one: { ports: RANGE, ownAddress: true } },
      {
        ...Object.fromEntries(plans),
        endless: plan('endless', { hookSeconds: 1 }),
        missing: plan('nowhere'),
        crashing: plan('crashing', { patienceSeconds: 3 }),
      },
      { env: IMPATIENT },
    );
    const { engine } = scene.host();
    for (const [name, hooks] of Object.entries(HOOKS)) await importWeb(engine, `${name}:1`, hooks);
    await importWeb(engine, 'crashing:1', {}, ['EXPOSE 8000', 'CMD ["/bin/sh", "-c", "exit 7"]']);
  });
  after(() => scene.close());
  afterEach(async () => {
    const { instances = [], instanceCount } = (await scene.dockerHost())!.status!;
    expect({ instances, instanceCount }).to.deep.equal({ instances: [], instanceCount: 0 });
    expect(await scene.host().engine.everything()).to.deep.equal({ containers: [], volumes: [] });
  });

  /** What a provision fails with. */
  async function failure(id: string, of: string): Promise<string> {
    await scene.provision(id, of);
    return scene.ended(id, 'failed');
  }

  /** The one that is made for the instance. */
  async function passwordOf(id: string): Promise<string> {
    const { data } = (await scene.kube.secrets.get(`instance-kept-${id}`))!;
    const password = Buffer.from(data!['password']!, 'base64').toString();
    expect(password).to.match(/^\w{32}$/);
    return password;
  }

  /** Neither in what stands in Kubernetes for all to read, nor in the log. */
  async function expectNowhere(secret: string): Promise<void> {
    const written = (await scene.kube.dump()) + scene.broker.log();
    expect(written.includes(secret), 'a secret is told').to.equal(false);
  }

  /** Lines of the broker's log that tell of it. */
  const logged = (...words: string[]): string[] =>
    scene.broker
      .log()
      .split('\n')
      .filter((line) => words.every((word) => line.includes(word)));

  it('tell which hook failed with which status, and the log tells why, without secrets', async () => {
    const id = newId();
    expect(await failure(id, 'failing')).to.equal('/provision of the image failed with exit status 3');
    expect(logged(id, 'cannot log in with [redacted]')).to.not.deep.equal([]);
    await expectNowhere(await passwordOf(id));
    await scene.deprovision(id, 'failing');
  });

  it('wait for a hook that is not done yet, and call it again', async () => {
    const id = newId();
    await scene.provision(id, 'later');
    await scene.waits(id, /^\/provision of the image is not done yet$/);
    await scene.ended(id);
    await scene.deprovision(id, 'later');
  });

  it('tell of a hook that prints something else than JSON, and nothing of what it prints', async () => {
    const id = newId();
    expect(await failure(id, 'chatty')).to.equal(
      '/provision of the image must print one JSON object or nothing, and printed something else',
    );
    expect(logged('hello, ')).to.deep.equal([]);
    await expectNowhere(await passwordOf(id));
    await scene.deprovision(id, 'chatty');
  });

  it('tell of a hook that does not end in time', async () => {
    const id = newId();
    expect(await failure(id, 'endless')).to.equal('/provision of the image did not end within 1 s');
    await scene.deprovision(id, 'endless');
  });

  it('tell of an image that the host lacks', async () => {
    const id = newId();
    expect(await failure(id, 'missing')).to.equal(
      'the Docker host one has no image nowhere:1, and the plan does not let it be pulled',
    );
    await scene.deprovision(id, 'missing');
  });

  it('tell of a container that crashes again and again: first as what is waited for, then as the failure', async () => {
    const id = newId();
    await scene.provision(id, 'crashing');
    await scene.waits(id, /ended with exit status 7|started .* again/);
    expect(await scene.ended(id, 'failed')).to.match(/ended.*and was started (once|\d+ times) again/);
    await scene.deprovision(id, 'crashing');
  });

  it('do not stay for a /deprovision that fails, which the log tells', async () => {
    const id = await scene.instance('stubborn');
    await scene.deprovision(id, 'stubborn');
    expect(logged(id, 'will not go')).to.not.deep.equal([]);
    expect(logged(id, '/deprovision failed', 'exit status 4')).to.not.deep.equal([]);
  });

  it('tell of a /bind that fails, and nothing of the password that it was given', async () => {
    const id = await scene.instance('mean');
    const binding = newId();
    await scene.osb.bind(id, binding, { service_id: SERVICE, plan_id: 'mean' }, ASYNC);
    expect(await scene.bindingEnded(id, binding, 'failed')).to.equal(
      '/bind of the image failed with exit status 5',
    );
    expect(logged(id, 'no room for [redacted]')).to.not.deep.equal([]);
    await scene.unbind(id, binding, 'mean');
    await scene.deprovision(id, 'mean');
  });

  it('keep a binding whose /unbind fails, and say so', async () => {
    const id = await scene.instance('sticky');
    const { binding, credentials } = await scene.bind(id, 'sticky');
    const query = { ...idsQuery(SERVICE, 'sticky'), ...ASYNC };
    await scene.osb.unbind(id, binding, query);
    expect(await scene.bindingEnded(id, binding, 'failed')).to.equal(
      '/unbind of the image failed with exit status 1',
    );
    expect(logged(binding, `cannot drop ${credentials['username']} of [redacted]`)).to.not.deep.equal([]);
    await expectNowhere(await passwordOf(id));
    expect(await scene.kube.bindings.get(binding)).to.not.equal(undefined);
    await scene.untilServed(credentials['uri']!, credentials['password']!);
    const { docker } = scene.host().engine;
    const exec = await docker.getContainer(id).exec({ Cmd: ['/bin/touch', '/data/may-go'] });
    await exec.start({ Detach: true });
    await scene.untilServed(new URL('/may-go', credentials['uri']).href, '');
    await scene.unbind(id, binding, 'sticky');
    await scene.deprovision(id, 'sticky');
  });
});
