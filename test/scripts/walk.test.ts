// The way that a newcomer walks: the process of `make run` (or, on a real cluster, of `make run-cluster`), every test
// script against it, kubectl, and Ctrl-C.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { kubeconfigFor } from '../../src/sdk/local/kubeconfig.js';
import { ON_REAL_CLUSTER, openCluster, type TestCluster } from '../support/cluster.js';
import { compile, type Compiled } from '../support/compiled.js';
import { skipAloud } from '../support/skip.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const TSX = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
let program: Compiled;
const cli = (): string => program.of(`${ROOT}src/cli/main.ts`);
const run = promisify(execFile);

before(() => {
  program = compile();
});
after(() => program.remove());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe(`the broker of \`make run${ON_REAL_CLUSTER ? '-cluster' : ''}\``, function () {
  this.timeout(180_000); // a script starts many a process
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-walk-'));
  let cluster: TestCluster | undefined;
  let child: ChildProcess;
  let output = '';
  let env: NodeJS.ProcessEnv;
  let kubeconfig: string;
  let namespace: string;

  before('starts it', async () => {
    cluster = ON_REAL_CLUSTER ? await openCluster() : undefined;
    kubeconfig = cluster?.kubeconfig ?? join(directory, '.local', 'kubeconfig');
    namespace = cluster?.namespace ?? 'brokersdk';
    const [port, echoPort] = [await freePort(), await freePort()];
    const credentials = cluster ? { BROKER_USERNAME: 'walker', BROKER_PASSWORD: 'a-password' } : {};
    env = { ...process.env, BROKER_URL: `http://127.0.0.1:${port}`, ...credentials, HOME: directory };
    child = spawn(process.execPath, [cli(), cluster ? 'cluster' : 'local'], {
      cwd: directory,
      env: {
        ...env,
        BROKER_PORT: String(port),
        BROKER_HEALTH_PORT: '0',
        BROKER_NAMESPACE: namespace,
        ECHO_SERVICE_PORT: String(echoPort),
        ECHO_SERVICE_URL: `http://127.0.0.1:${echoPort}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        output += chunk.toString('utf8');
        if (output.includes('Ctrl-C ends it')) resolve();
      };
      child.stdout!.on('data', hear);
      child.stderr!.on('data', hear);
      child.once('exit', () => reject(new Error(`it ended:\n${output}`)));
    });
  });

  after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await cluster?.close();
    rmSync(directory, { recursive: true });
  });

  const script = async (name: string, more: NodeJS.ProcessEnv = {}): Promise<string> =>
    (await run('bash', [join(ROOT, 'test-scripts', `${name}.sh`)], { env: { ...env, ...more } })).stdout;
  const kubectl = async (...words: string[]): Promise<string> =>
    (await run('kubectl', ['--kubeconfig', kubeconfig, '-n', namespace, ...words], { env })).stdout;

  it('says what to type next', () => {
    expect(output).to.include('test-scripts/provision.sh').and.to.include('get osbi,osbb,osbo');
    if (cluster) expect(output).to.match(/^The cluster is \S+ at https:/);
    else expect(output).to.include('not for production');
  });

  it('passes every script, in the order of a life', async () => {
    expect(await script('catalog'))
      .to.include('echo_service')
      .and.to.include('invert_service');
    expect(await script('provision'))
      .to.match(/PUT \S+ -> 20[12]/)
      .and.to.include('dashboard_url');
    expect(await script('last-operation')).to.include('"state": "succeeded"');
    expect(await script('fetch')).to.include('"plan_id"');
    expect(await script('update')).to.match(/PATCH \S+ -> 20[02]/);
    const bound = await script('bind');
    expect(bound)
      .to.match(/PUT \S+ -> 20[12]/)
      .and.not.to.match(/"uri": "http/);
    expect(await script('unbind')).to.match(/DELETE \S+ -> 20[02]/);
    expect(await script('deprovision')).to.match(/DELETE \S+ -> 20[02]/);
  });

  it('passes the whole lifecycle, which uses the credentials, with both services', async () => {
    expect(await script('lifecycle')).to.include('The whole lifecycle went well.');
    const invert = {
      SERVICE_ID: '335151ee-d035-4e3b-ae98-d76664c8fc80',
      PLAN_ID: 'small_0001',
      OTHER_PLAN_ID: '',
      EXPECTED_RESPONSE: 'olleh',
    };
    expect(await script('lifecycle', invert)).to.include('The whole lifecycle went well.');
  });

  it('shows the instance and its state to kubectl', async function () {
    const has = await run('kubectl', ['version', '--client']).then(
      () => true,
      () => false,
    );
    if (!has) {
      return skipAloud(this, 'kubectl is not on this machine; install it (Debian: kubernetes-client)');
    }
    await script('provision');
    const [header, row] = (await kubectl('get', 'osbi')).split('\n');
    expect(header).to.match(/NAME +SERVICE +PLAN +READY +OPERATION +STATE +AGE/);
    expect(row).to.match(/ echo_service +large +True +provision +succeeded /);
    await kubectl('delete', 'osbi', '--all');
    expect(await kubectl('get', 'osbi,osbb', '-o', 'name')).to.equal('');
  });

  for (const [what, name, more] of [
    ['a wrong password', 'catalog', { BROKER_PASSWORD: 'wrong' }],
    ['an instance that is not there', 'fetch', { INSTANCE_ID: 'nobody' }],
    ['a broker that does not answer', 'catalog', { BROKER_URL: 'http://127.0.0.1:1' }],
    ['an answer that is not the expected one', 'catalog', { EXPECTED_STATUS: '418' }],
  ] as const) {
    it(`makes ${name}.sh fail for ${what}`, async () => {
      const failure = await script(name, more).then(
        () => expect.fail('it passed'),
        (error: unknown) => error as { code: number; stdout: string; stderr: string },
      );
      expect(failure.code).to.be.greaterThan(0);
      expect(failure.stderr).to.not.equal('');
      expect(failure.stdout + failure.stderr).to.not.include('a-password');
    });
  }

  it('ends in good order on Ctrl-C', async () => {
    const exit = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exit).to.deep.equal([0, null]);
    expect(output).to.include('stopped');
  });
});

describe('a broker that cannot start', () => {
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-start-'));
  after(() => rmSync(directory, { recursive: true }));

  const start = (url: string): ChildProcess => {
    const kubeconfig = join(directory, 'kubeconfig');
    writeFileSync(kubeconfig, kubeconfigFor(url, 'brokersdk'));
    const env = { ...process.env, KUBECONFIG: kubeconfig, BROKER_USERNAME: 'u', BROKER_PASSWORD: 'p' };
    return spawn(process.execPath, [cli(), 'serve'], { cwd: ROOT, env, stdio: 'pipe' });
  };

  it('says so in one sentence where there is no cluster', async () => {
    const child = start('http://127.0.0.1:1');
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    expect(await once(child, 'exit')).to.deep.equal([1, null]);
    expect(said).to.match(
      /^The broker cannot run: the cluster at http:\/\/127\.0\.0\.1:1 cannot be used now .*\n$/,
    );
  });

  it('ends on a signal while it waits for a cluster that does not answer', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const child = start(`http://127.0.0.1:${(silent.address() as { port: number }).port}`);
    await once(silent, 'connection');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).to.deep.equal([0, null]);
    silent.close();
  });
});

describe('a Node.js that is too old', () => {
  it('gets one sentence', async () => {
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '20.18.3' });`;
    const old = (rest: string) =>
      run(process.execPath, ['--import', TSX, '-e', `${pretend} ${rest}`], {
        cwd: ROOT,
      }).then(
        () => expect.fail('it ran'),
        (error: unknown) => error as { code: number; stderr: string },
      );
    for (const entry of ["require('./hack/require-node.cjs')", "import('./src/sdk/require-node.ts')"]) {
      const { code, stderr } = await old(entry);
      expect(code).to.equal(1);
      expect(stderr).to.equal('Node.js 20.19 or newer is needed; this is 20.18.3.\n');
    }
  });
});
