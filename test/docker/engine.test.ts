// All that is asked of a Docker engine, asked of a real one.
import { expect } from 'chai';
import type { ContainerSpec } from '../../src/backends/docker/container-spec.js';
import { Engine } from '../../src/backends/docker/engine.js';
import { EngineError, type EngineErrorKind } from '../../src/backends/docker/engine-errors.js';
import { isReady } from '../../src/backends/docker/readiness.js';
import { DockerEngine, missingDocker } from '../support/docker-engine.js';
import { DockerRegistry } from '../support/docker-registry.js';
import { suiteUnless } from '../support/skip.js';

const { signal } = new AbortController();
const IMAGE = 'trial:1';
const LABELS = { 'example.com/of': 'trial' };
const STOP = { stopSeconds: 0 };

const specOf = (name: string, changes: Partial<ContainerSpec> = {}): ContainerSpec => ({
  name,
  hostname: `host-of-${name}`,
  image: IMAGE,
  env: {},
  labels: LABELS,
  ports: new Map(),
  volumes: new Map(),
  restartPolicy: 'no',
  ...changes,
});

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('it did not throw'),
    (error: unknown) => error as Error,
  );
}

async function expectKind(promise: Promise<unknown>, kind: EngineErrorKind, words: RegExp): Promise<void> {
  const error = await failure(promise);
  expect(error).to.be.instanceOf(EngineError);
  expect(error.message).to.match(words);
  expect(error).to.have.property('kind', kind);
}

suiteUnless(missingDocker(), 'Engine, on a real Docker engine', () => {
  let server: DockerEngine;
  let engine: Engine;
  before(async () => {
    server = await DockerEngine.start({ ownAddress: true });
    await server.importImage(IMAGE, {}, [
      'CMD ["/bin/httpd", "-f", "-p", "8000"]',
      'EXPOSE 8000',
      'VOLUME /data',
    ]);
    await server.importImage('checked:1', {}, [
      'CMD ["/bin/sleep", "1000"]',
      'HEALTHCHECK --interval=100ms CMD ["/bin/test", "-e", "/healthy"]',
    ]);
    engine = new Engine(server.address);
  });
  after(() => server?.stop());

  /** Made and started. */
  async function run(name: string, changes: Partial<ContainerSpec> = {}): Promise<void> {
    await engine.create(specOf(name, changes), signal);
    await engine.start(name, signal);
  }

  const readiness = async (name: string) => {
    const facts = (await engine.inspect(name, signal))!;
    return isReady(facts, { host: server.serviceHost, ports: facts.published }, signal);
  };

  describe('images', () => {
    it('knows what an image exposes and declares', async () => {
      const facts = await engine.findImage(IMAGE, signal);
      expect(facts).to.deep.include({ ports: ['8000/tcp'], volumes: ['/data'] });
      expect(facts!.id).to.match(/^sha256:/);
    });

    it('knows that there is none', async () => {
      expect(await engine.findImage('nobody/has-it:2', signal)).to.equal(undefined);
    });

    it('pulls one by its name, and no other tag of it than latest', async () => {
      const registry = await DockerRegistry.start();
      try {
        await engine.pull(registry.image, signal);
        expect(await engine.findImage(registry.image, signal)).to.deep.include({ ports: ['7000/tcp'] });
        expect(registry.asked).to.include('/v2/app/manifests/latest');
        expect(registry.asked.filter((path) => path.includes('tags'))).to.deep.equal([]);
      } finally {
        registry.stop();
      }
    });

    it('tells an image that the registry does not have', async () => {
      const registry = await DockerRegistry.start();
      try {
        await expectKind(
          engine.pull(`${registry.image}:2`, signal),
          'no image',
          /cannot pull the image .*app:2: /,
        );
      } finally {
        registry.stop();
      }
    });

    it('tells a registry that cannot be reached', async () => {
      await expectKind(engine.pull('127.0.0.1:1/app', signal), 'other', /connection refused/);
    });

    it('refuses what leads elsewhere than to an image', async () => {
      await expectKind(
        engine.findImage('../containers/x', signal),
        'invalid',
        /no name that a Docker Engine takes/,
      );
      await expectKind(
        engine.inspect('x/../../info', signal),
        'invalid',
        /no name that a Docker Engine takes/,
      );
    });
  });

  describe('containers', () => {
    it('makes, starts and removes one, each of it twice if need be', async () => {
      await engine.create(specOf('one'), signal);
      expect(await engine.inspect('one', signal)).to.deep.include({ labels: LABELS, published: new Map() });
      await engine.start('one', signal);
      await engine.start('one', signal);
      const facts = await engine.inspect('one', signal);
      expect(facts!.state).to.include({ running: true, restarting: false, exitCode: 0, restartCount: 0 });
      expect(facts!.state).to.not.have.property('health');
      await engine.remove('one', STOP, signal);
      await engine.remove('one', STOP, signal);
      expect(await engine.inspect('one', signal)).to.equal(undefined);
    });

    it('gives it its hostname, environment, command and limits', async () => {
      const command = ['/bin/sh', '-c', 'exit 7'];
      const limits = { memoryMegabytes: 16, cpus: 0.5, maxProcesses: 20 };
      await run('limited', { command, env: { MODE: 'a=b c' }, ...limits, restartPolicy: 'on-failure' });
      const { Config, HostConfig } = await server.docker.getContainer('limited').inspect();
      expect(Config).to.include({ Hostname: 'host-of-limited' });
      expect(Config.Cmd).to.deep.equal(command);
      expect(Config.Env).to.include('MODE=a=b c');
      expect(HostConfig).to.include({ Memory: 16 * 2 ** 20, NanoCpus: 5e8, PidsLimit: 20 });
      expect(HostConfig.RestartPolicy).to.include({ Name: 'on-failure' });
      await engine.remove('limited', STOP, signal);
    });

    it('publishes the ports that it is told to, or some that are free', async () => {
      await run('published', { ports: new Map([['8000/tcp', undefined]]) });
      const { published } = (await engine.inspect('published', signal))!;
      const hostPort = published.get('8000/tcp')!;
      while ((await readiness('published')).state !== 'ready');
      expect((await fetch(`http://${server.serviceHost}:${hostPort}/nothing`)).status).to.equal(404);
      await engine.remove('published', STOP, signal);
      await run('again', { ports: new Map([['8000/tcp', hostPort]]) });
      expect((await engine.inspect('again', signal))!.published).to.deep.equal(published);
      await engine.remove('again', STOP, signal);
    });

    it('refuses a name that there is, an image that there is not, and a port that another one has', async () => {
      await run('first', { ports: new Map([['8000/tcp', undefined]]) });
      await expectKind(
        engine.create(specOf('first'), signal),
        'conflict',
        /cannot make the container first: Conflict/,
      );
      const missing = engine.create(specOf('second', { image: 'nobody/has-it' }), signal);
      await expectKind(missing, 'no image', /No such image: nobody\/has-it/);
      const { published } = (await engine.inspect('first', signal))!;
      await engine.create(specOf('second', { ports: published }), signal);
      await expectKind(
        engine.start('second', signal),
        'port taken',
        /cannot start the container second: .*allocated/,
      );
      await engine.remove('first', STOP, signal);
      await engine.start('second', signal);
      await engine.remove('second', STOP, signal);
    });

    it('tells of one that is not there', async () => {
      await expectKind(engine.start('nobody', signal), 'not found', /No such container: nobody/);
    });

    it('lists those that have all labels, whether they run or not', async () => {
      const labels = { ...LABELS, 'example.com/more': 'yes' };
      await run('runs', { labels });
      await engine.create(specOf('lies', { labels }), signal);
      await engine.create(specOf('other'), signal);
      const listed = await engine.containers(labels, signal);
      expect(listed.map(({ name, running }) => [name, running]).sort()).to.deep.equal([
        ['lies', false],
        ['runs', true],
      ]);
      expect(listed[0]!.labels).to.include(labels);
      for (const name of ['runs', 'lies', 'other']) await engine.remove(name, STOP, signal);
      expect(await engine.containers(LABELS, signal)).to.deep.equal([]);
    });
  });

  describe('volumes', () => {
    it('makes one once, keeps what is in it, and removes it when no container has it', async () => {
      await engine.ensureVolume('kept', LABELS, signal);
      await engine.ensureVolume('kept', LABELS, signal);
      const volumes = new Map([['/data', 'kept']]);
      await run('writer', { volumes });
      await engine.exec('writer', ['/bin/touch', '/data/a'], {}, { timeoutMs: 5000, signal });
      await expectKind(engine.removeVolume('kept', signal), 'conflict', /cannot remove the volume kept: /);
      await engine.remove('writer', STOP, signal);
      await run('reader', { volumes });
      const listed = await engine.exec('reader', ['/bin/ls', '/data'], {}, { timeoutMs: 5000, signal });
      expect(listed).to.include({ stdout: 'a\n' });
      await engine.remove('reader', STOP, signal);
      expect(await engine.volumes(LABELS, signal)).to.deep.equal(['kept']);
      await engine.removeVolume('kept', signal);
      await engine.removeVolume('kept', signal);
      expect(await engine.volumes(LABELS, signal)).to.deep.equal([]);
    });

    it("leaves somebody else's alone", async () => {
      await server.docker.createVolume({ Name: 'theirs' });
      await expectKind(
        engine.ensureVolume('theirs', LABELS, signal),
        'conflict',
        /theirs already, which is somebody else's/,
      );
      expect(await engine.volumes(LABELS, signal)).to.deep.equal([]);
      await engine.removeVolume('theirs', signal);
    });

    it('removes those without a name together with their container', async () => {
      await run('nameless');
      expect((await server.everything()).volumes).to.have.length(1);
      await engine.remove('nameless', STOP, signal);
      expect((await server.everything()).volumes).to.deep.equal([]);
    });
  });

  describe('exec', () => {
    const sh = (script: string, env: Record<string, string> = {}, timeoutMs = 10_000) =>
      engine.exec('shell', ['/bin/sh', '-c', script], env, { timeoutMs, signal });
    before(() => run('shell'));
    after(() => engine.remove('shell', STOP, signal));

    it('has both outputs and the exit code', async () => {
      expect(await sh('echo out; echo err >&2; printf "ü"; exit 3')).to.deep.equal({
        exitCode: 3,
        stdout: 'out\nü',
        stderr: 'err\n',
      });
    });

    it('hands over the environment as it is', async () => {
      expect(await sh('printf %s "$VALUE"', { VALUE: 'a=b "c"\n$d' })).to.include({ stdout: 'a=b "c"\n$d' });
    });

    it('keeps 1 MiB of each output', async () => {
      const result = await sh('head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2');
      expect(result).to.have.property('exitCode', 0);
      expect((result as { stdout: string }).stdout).to.have.length(2 ** 20);
      expect((result as { stderr: string }).stderr).to.have.length(2 ** 20);
    });

    it('waits for a command that has closed its outputs', async () => {
      expect(await sh('exec >&- 2>&-; sleep 0.3; exit 4')).to.include({ exitCode: 4 });
    });

    it('tells of a command that is missing, and of no other that ends like one', async () => {
      expect(await engine.exec('shell', ['/provision'], {}, { timeoutMs: 5000, signal })).to.equal('missing');
      expect(await sh('exit 127')).to.include({ exitCode: 127 });
      expect(await engine.exec('shell', ['/etc'], {}, { timeoutMs: 5000, signal })).to.include({
        exitCode: 126,
      });
    });

    it('gives up on one that does not end in time', async () => {
      const error = await failure(sh('sleep 1000', {}, 300));
      expect(error).to.have.property('name', 'ExecTimeout');
      expect(error.message).to.equal('/bin/sh did not end within 0.3 s in the container shell');
    });

    it('ends with the signal', async () => {
      const controller = new AbortController();
      const reason = new Error('stopped');
      const options = { timeoutMs: 10_000, signal: controller.signal };
      const running = engine.exec('shell', ['/bin/sh', '-c', 'touch /begun; sleep 1000'], {}, options);
      const begun = 'until [ -e /begun ]; do sleep 0.05; done';
      await sh(begun);
      controller.abort(reason);
      expect(await failure(running)).to.equal(reason);
      expect(await failure(engine.exec('shell', ['/bin/true'], {}, options))).to.equal(reason);
    });

    it('refuses a container that does not run, and one that is not there', async () => {
      await engine.create(specOf('still'), signal);
      const options = { timeoutMs: 5000, signal };
      await expectKind(engine.exec('still', ['/bin/true'], {}, options), 'conflict', /is not running/);
      await engine.remove('still', STOP, signal);
      await expectKind(
        engine.exec('still', ['/bin/true'], {}, options),
        'not found',
        /No such container: still/,
      );
    });
  });

  describe('readiness', () => {
    it('waits for somebody to listen behind the port that the engine publishes', async () => {
      await run('port', { command: ['/bin/sleep', '1000'], ports: new Map([['8000/tcp', undefined]]) });
      expect(await readiness('port')).to.deep.equal({
        state: 'progressing',
        text: 'waiting for port 8000/tcp to be open',
      });
      await engine.exec('port', ['/bin/httpd', '-p', '8000'], {}, { timeoutMs: 5000, signal });
      expect(await readiness('port')).to.deep.equal({ state: 'ready' });
      await engine.remove('port', STOP, signal);
    });

    it('follows the health check of the image', async () => {
      await run('checked', { image: 'checked:1' });
      expect(await readiness('checked')).to.deep.equal({
        state: 'progressing',
        text: 'the container is starting',
      });
      await engine.exec('checked', ['/bin/touch', '/healthy'], {}, { timeoutMs: 5000, signal });
      while ((await readiness('checked')).state !== 'ready');
      await engine.remove('checked', STOP, signal);
    });

    it('tells of a container that ends again and again', async () => {
      await run('crashing', { command: ['/bin/sh', '-c', 'exit 3'], restartPolicy: 'always' });
      while ((await engine.inspect('crashing', signal))!.state.restartCount < 2);
      expect(await readiness('crashing')).to.deep.include({ state: 'stuck' });
      await engine.remove('crashing', STOP, signal);
    });
  });

  it('tells that the engine is gone, and serves when it is back', async () => {
    await run('survivor', { ports: new Map([['8000/tcp', undefined]]) });
    const { published } = (await engine.inspect('survivor', signal))!;
    while ((await readiness('survivor')).state !== 'ready');
    const { engine: title } = server.address;
    await server.kill();
    const url = `http://${server.serviceHost}:${published.get('8000/tcp')}/`;
    const answered = await fetch(url).catch(() => 'nothing');
    expect(answered).to.equal('nothing');
    await expectKind(engine.inspect('survivor', signal), 'unreachable', /nothing listens there$/);
    expect((await failure(engine.start('survivor', signal))).message).to.equal(
      `the Docker Engine at ${title} cannot be reached: nothing listens there`,
    );
    await server.startAgain();
    await engine.start('survivor', signal);
    expect((await engine.inspect('survivor', signal))!.state.running).to.equal(true);
    await engine.remove('survivor', STOP, signal);
  });

  it('fails a command whose engine goes while it runs', async () => {
    await run('cut');
    const running = engine.exec('cut', ['/bin/sh', '-c', 'sleep 1000'], {}, { timeoutMs: 20_000, signal });
    const outcome = failure(running);
    const processes = async (): Promise<unknown[]> =>
      (await server.docker.getContainer('cut').top()).Processes;
    while ((await processes()).length < 2);
    await server.kill();
    expect(await outcome).to.include({ name: 'EngineError', kind: 'unreachable' });
    await server.startAgain();
    await engine.remove('cut', STOP, signal);
  });
});

suiteUnless(missingDocker(), 'Engine, over TLS', () => {
  let server: DockerEngine;
  let other: DockerEngine;
  before(async () => {
    [server, other] = await Promise.all([
      DockerEngine.start({ tls: true }),
      DockerEngine.start({ tls: true }),
    ]);
  });
  after(() => Promise.all([server?.stop(), other?.stop()]));

  const ask = (address: DockerEngine['address']): Promise<unknown> =>
    new Engine(address).containers({}, signal);

  it('is let in with the certificates of its host', async () => {
    expect(await ask(server.address)).to.deep.equal([]);
  });

  it('refuses an engine whose certificate is of another authority, whatever the environment says', async () => {
    const { engine, tls } = server.address;
    const address = { engine, tls: { ...tls!, ca: other.address.tls!.ca } };
    const emitWarning = process.emitWarning.bind(process);
    process.emitWarning = () => undefined; // of what is set here
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      await expectKind(ask(address), 'untrusted', /its certificate is not of the authority in ca.crt$/);
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      process.emitWarning = emitWarning;
    }
  });

  it('refuses an engine whose certificate is for another host name', async () => {
    const address = { ...server.address, engine: server.address.engine.replace('127.0.0.1', 'localhost') };
    await expectKind(
      ask(address),
      'untrusted',
      /tcp:\/\/localhost:\d+ cannot be used: its certificate is for other host names$/,
    );
  });

  it('is refused with a client certificate of another authority', async () => {
    const { engine, tls } = server.address;
    const { cert, key } = other.address.tls!;
    await expectKind(
      ask({ engine, tls: { ca: tls!.ca, cert, key } }),
      'untrusted',
      /it wants a client certificate/,
    );
  });

  it('is refused without a client certificate', async () => {
    const { engine, tls } = server.address;
    const address = { engine, tls: { ca: tls!.ca } } as DockerEngine['address'];
    await expectKind(ask(address), 'untrusted', /it wants a client certificate/);
  });

  it('says so where one side speaks no TLS', async () => {
    const { engine } = server.address;
    await expectKind(ask({ engine }), 'untrusted', /it wants TLS, and its host has none set$/);
    const open = await DockerEngine.start({ tcp: true });
    try {
      expect(await ask(open.address)).to.deep.equal([]);
      const address = { ...open.address, tls: server.address.tls! };
      await expectKind(ask(address), 'untrusted', /it does not speak TLS$/);
    } finally {
      await open.stop();
    }
  });

  it('says so where the certificates are none', async () => {
    const { engine, tls } = server.address;
    await expectKind(ask({ engine, tls: { ...tls!, key: 'no key' } }), 'untrusted', /tls\.key is no PEM/);
    const { key } = other.address.tls!;
    await expectKind(
      ask({ engine, tls: { ...tls!, key } }),
      'untrusted',
      /the key is not that of the certificate$/,
    );
  });

  it('takes new certificates with another Engine, and the old ones no more', async () => {
    const { address: old } = server;
    await server.kill();
    server.renewCertificates();
    await server.startAgain();
    await expectKind(ask(old), 'untrusted', /not of the authority/);
    expect(await ask(server.address)).to.deep.equal([]);
  });
});
