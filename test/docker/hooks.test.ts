// What images know to do for their instances, on a real Docker engine.
import { expect } from 'chai';
import { TerminalError } from '../../src/sdk/index.js';
import { Engine } from '../../src/backends/docker/engine.js';
import { type Hook, type HookCall, runHook } from '../../src/backends/docker/hooks.js';
import { DockerEngine, missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';

const { signal } = new AbortController();
const hook = (...lines: string[]): string => ['#!/bin/sh', ...lines, ''].join('\n');

/** As an image may have them: each instance has a file, and each binding a line in it. */
const HOOKS = {
  '/provision': hook(
    '[ -e /instance ] || { echo "$INSTANCE_ID $INSTANCE_NAME $PARAMETERS" > /instance; exit 75; }',
    `printf '{"dashboard_url":"http://$HOST:$PORT_8000/%s"}' "$INSTANCE_NAME"`,
  ),
  '/bind': hook(
    'echo "making $BINDING_USERNAME with $BINDING_PASSWORD" >&2',
    'grep -q "^$BINDING_ID " /instance || echo "$BINDING_ID $BINDING_NAME" >> /instance',
    `printf '{"username":"%s","password":"%s","host":"$HOST","uris":["db://$HOST:$PORT"]}' "$BINDING_USERNAME" "$BINDING_PASSWORD"`,
  ),
  '/unbind': hook('sed -i "/^$BINDING_ID /d" /instance'),
};

suiteUnless(missingDocker(), 'hooks, on a real Docker engine', () => {
  let server: DockerEngine;
  let engine: Engine;
  const lines: unknown[][] = [];
  beforeEach(() => lines.splice(0));

  const note = (...words: unknown[]): void => void lines.push(words);
  const log = { debug: note, info: note, warn: note, error: note };
  const instance = { INSTANCE_ID: 'an id', INSTANCE_NAME: 'i-1', PARAMETERS: '{"size":3}' };
  const binding = {
    ...instance,
    ...{ BINDING_ID: 'b', BINDING_NAME: 'b-1', BINDING_USERNAME: 'ub1', BINDING_PASSWORD: 'pb1pb1pb1' },
  };

  const run = (container: string, name: Hook, changes: Partial<HookCall> = {}) => {
    const place = { host: 'db.example.com', ports: new Map([['8000/tcp', 49156]]) };
    const call = { input: instance, place, timeoutMs: 10_000, signal, log, secrets: [], ...changes };
    return runHook(engine, container, name, call);
  };
  const failure = async (...args: Parameters<typeof run>): Promise<Error> =>
    run(...args).then(
      () => expect.fail('it did not throw'),
      (error: unknown) => error as Error,
    );

  async function start(name: string, files: Record<string, string>): Promise<void> {
    await server.importImage(name, files, ['CMD ["/bin/sleep", "1000"]']);
    const spec = {
      name,
      hostname: name,
      image: name,
      env: {},
      labels: {},
      ports: new Map(),
      volumes: new Map(),
    };
    await engine.create({ ...spec, restartPolicy: 'no' }, signal);
    await engine.start(name, signal);
  }

  before(async () => {
    server = await DockerEngine.start();
    engine = new Engine(server.address);
    await start('service', HOOKS);
    await start('faulty', {
      '/provision': hook('echo no memory >&2', 'exit 1'),
      '/bind': hook('echo some-credentials'),
      '/unbind': hook('sleep 1000'),
      '/deprovision': '#!/nobody/has/it\n',
    });
  });
  after(() => server?.stop());

  it('runs them with what they are to know, waits for them, and takes what they say', async () => {
    expect(await run('service', '/provision')).to.deep.equal({
      state: 'waiting',
      text: '/provision of the image is not done yet',
    });
    expect(await run('service', '/provision')).to.deep.equal({
      state: 'done',
      output: { dashboard_url: 'http://db.example.com:49156/i-1' },
    });
    expect(await run('service', '/bind', { input: binding })).to.deep.equal({
      state: 'done',
      output: {
        username: 'ub1',
        password: 'pb1pb1pb1',
        host: 'db.example.com',
        uris: ['db://db.example.com:49156'],
      },
    });
    const kept = (): Promise<unknown> =>
      engine.exec('service', ['/bin/cat', '/instance'], {}, { timeoutMs: 5000, signal });
    expect(await kept()).to.include({ stdout: 'an id i-1 {"size":3}\nb b-1\n' });
    expect(await run('service', '/unbind', { input: binding })).to.deep.equal({ state: 'done', output: {} });
    expect(await kept()).to.include({ stdout: 'an id i-1 {"size":3}\n' });
    expect(await run('service', '/deprovision')).to.deep.equal({ state: 'missing' });
  });

  it('logs what they complain of, and no password', async () => {
    await run('service', '/bind', { input: binding });
    expect(lines).to.deep.equal([
      [
        '/bind wrote to its standard error',
        { hook: '/bind', exitCode: 0, stderr: 'making ub1 with [redacted]' },
      ],
    ]);
  });

  it('fails with one that fails', async () => {
    const error = await failure('faulty', '/provision');
    expect(error).to.be.instanceOf(TerminalError);
    expect(error.message).to.equal('/provision of the image failed with exit status 1');
    expect(lines).to.deep.equal([
      ['/provision wrote to its standard error', { hook: '/provision', exitCode: 1, stderr: 'no memory' }],
    ]);
  });

  it('fails with one that says what is no JSON object', async () => {
    const error = await failure('faulty', '/bind', { input: binding });
    expect(error).to.be.instanceOf(TerminalError);
    expect(error.message).to.not.contain('credentials');
  });

  it('fails with one that does not end in time', async () => {
    const error = await failure('faulty', '/unbind', { input: binding, timeoutMs: 300 });
    expect(error).to.be.instanceOf(TerminalError);
    expect(error.message).to.equal('/unbind of the image did not end within 0.3 s');
  });

  it('does not take one for missing that is there and cannot be run', async () => {
    const error = await failure('faulty', '/deprovision');
    expect(error).to.be.instanceOf(TerminalError);
    expect(error.message).to.match(/^\/deprovision of the image failed with exit status \d+$/);
    expect(lines[0]![1])
      .to.have.property('stderr')
      .that.matches(/no such file or directory/);
  });

  it('waits for a container that does not run', async () => {
    await server.docker.getContainer('faulty').kill();
    expect(await run('faulty', '/provision')).to.deep.equal({
      state: 'waiting',
      text: 'the container does not run, as /provision needs it to',
    });
  });
});
