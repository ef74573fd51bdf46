// How the test scripts find the broker that they speak to: given, on this machine, or in a cluster. The broker is a real
// one behind TLS; the cluster is kubectl-stub.sh, since what is looked for are pods and ports, which need nodes.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { httpBackend } from '../../src/backends/http/backend.js';
import { type EchoServer, startEchoService } from '../../src/echo-service/server.js';
import { selfSigned } from '../../src/sdk/osb/self-signed.test.js';
import { echoService } from '../../src/services/echo.js';
import { startTestBroker, type TestBroker } from '../support/broker.js';
import { openCluster, type TestCluster } from '../support/cluster.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const PASSWORD = 'a-password-of-the-cluster';
const run = promisify(execFile);

/** Refuses connections at once, as a cluster IP out of reach may. */
const NOWHERE = { clusterIP: '127.0.0.1', port: 1 };

describe('the test scripts find the broker', function () {
  this.timeout(120_000); // a script starts many a process
  const stub = mkdtempSync(join(tmpdir(), 'brokersdk-stub-'));
  const other = selfSigned('another');
  let cluster: TestCluster;
  let echo: EchoServer;
  let secure: TestBroker;
  let plain: TestBroker;
  let stranger: Server;

  before(async () => {
    symlinkSync(join(ROOT, 'test/scripts/kubectl-stub.sh'), join(stub, 'kubectl'));
    cluster = await openCluster();
    echo = await startEchoService({ host: '127.0.0.1', port: 0 });
    const { cert, key } = selfSigned('127.0.0.1');
    for (const [name, text] of Object.entries({ cert, key })) writeFileSync(join(stub, name), text);
    const definition = { services: [echoService(echo.url)], backends: [httpBackend] };
    const env = { BROKER_PATIENCE_SECONDS: '20' };
    plain = await startTestBroker(cluster, { definition, env });
    secure = await startTestBroker(cluster, {
      definition,
      env: {
        ...env,
        BROKER_USERNAME: 'platform',
        BROKER_PASSWORD: PASSWORD,
        BROKER_TLS_CERT_FILE: join(stub, 'cert'),
        BROKER_TLS_KEY_FILE: join(stub, 'key'),
      },
    });
    stranger = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
  });

  after(async () => {
    stranger.close();
    await secure.stop();
    await plain.stop();
    await echo.close();
    await cluster.close();
    rmSync(stub, { recursive: true });
  });

  const portOf = (url: string): number => Number(new URL(url).port);
  const stranded = (): string => String((stranger.address() as AddressInfo).port);

  /** An installation in the stub cluster, whose Service has this address. */
  function install(
    address: { clusterIP: string; port: number },
    ca = readFileSync(join(stub, 'cert'), 'utf8'),
  ) {
    const { clusterIP, port } = address;
    const encoded = (data: Record<string, string>) => ({
      data: Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    });
    const objects = {
      'service-brokersdk': {
        spec: {
          clusterIP,
          ports: [
            { name: 'metrics', port: 2 },
            { name: 'https', port },
          ],
        },
      },
      'secret-brokersdk-credentials': encoded({ username: 'platform', password: PASSWORD }),
      'secret-brokersdk-tls': encoded({ 'ca.crt': ca }),
    };
    for (const [name, object] of Object.entries(objects))
      writeFileSync(join(stub, `${name}.json`), JSON.stringify(object));
    writeFileSync(join(stub, 'target'), String(portOf(secure.url)));
  }

  beforeEach(() => {
    for (const name of [
      'calls',
      'forwarder',
      'service-brokersdk.json',
      'secret-brokersdk-credentials.json',
      'secret-brokersdk-tls.json',
    ])
      rmSync(join(stub, name), { force: true });
  });

  afterEach('leaves nothing behind', () => {
    expect(readdirSync(stub).filter((name) => name.startsWith('osb-scripts'))).to.eql([]);
  });

  const environment = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
    HOME: stub,
    STUB: stub,
    TMPDIR: stub,
    PATH: `${stub}:${process.env['PATH']}`,
    ...more,
  });
  const script = (name: string, more: NodeJS.ProcessEnv) =>
    run('bash', [join(ROOT, 'test-scripts', `${name}.sh`)], { env: environment(more) });
  const failing = (name: string, more: NodeJS.ProcessEnv): Promise<{ stdout: string; stderr: string }> =>
    script(name, more).then(
      () => expect.fail('it passed'),
      (error: unknown) => error as { stdout: string; stderr: string },
    );
  const calls = (): string => readFileSync(join(stub, 'calls'), 'utf8');
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const forwarder = (): number => Number(readFileSync(join(stub, 'forwarder'), 'utf8'));

  it('where BROKER_URL says, and asks no cluster', async () => {
    install(NOWHERE);
    const { stdout, stderr } = await script('catalog', { BROKER_URL: `${plain.url}/`, NAMESPACE: 'work' });
    expect(stdout).to.include('echo_service');
    expect(stderr).to.equal('');
    expect(calls).to.throw('ENOENT');
  });

  it('on this machine first, where one answers', async () => {
    install(NOWHERE);
    const { stdout, stderr } = await script('catalog', { BROKER_PORT: String(portOf(plain.url)) });
    expect(stdout).to.include('echo_service');
    expect(stderr).to.equal(`The broker is that of make run, at ${plain.url}\n`);
    expect(calls).to.throw('ENOENT');
  });

  it('in the cluster where no broker answers on this machine, by its cluster IP', async () => {
    const port = portOf(secure.url);
    install({ clusterIP: '127.0.0.1', port });
    const { stdout, stderr } = await script('catalog', { BROKER_PORT: stranded() });
    expect(stdout).to.include('echo_service');
    expect(stderr).to.equal(
      'The broker is the Service brokersdk in namespace brokersdk of the cluster stub, by its cluster IP: ' +
        `https://127.0.0.1:${port}\n`,
    );
    expect(calls()).to.not.include('port-forward');
    expect(calls()).to.not.include(PASSWORD);
  });

  it('in the cluster through a forwarded port where the cluster IP is out of reach, and ends that', async () => {
    install(NOWHERE);
    const { stdout, stderr } = await script('catalog', { NAMESPACE: 'work' });
    expect(stdout).to.include('echo_service');
    expect(stderr).to.match(/ in namespace work of .* by a forwarded port: https:\/\/127\.0\.0\.1:\d+\n$/);
    expect(calls()).to.include('--namespace work port-forward --address 127.0.0.1 service/brokersdk :1\n');
    expect(isAlive(forwarder())).to.equal(false);
  });

  it('and forwards no port any more after a signal', async () => {
    install(NOWHERE);
    const waiting = 'source "$0"; echo found; read -r _';
    const child = spawn('bash', ['-c', waiting, join(ROOT, 'test-scripts/shared.sh')], {
      env: environment({ VIA: 'cluster' }),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    expect(isAlive(forwarder())).to.equal(true);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(isAlive(forwarder())).to.equal(false);
  });

  it('in the cluster for the whole lifecycle, and sends the message from there', async () => {
    install(NOWHERE);
    const { stdout, stderr } = await script('lifecycle', { VIA: 'cluster' });
    expect(stdout).to.include('The whole lifecycle went well.');
    expect(stderr.match(/^The broker is /gm), stderr).to.have.length(1); // the steps ask the broker that was found
    expect(calls()).to.include('exec --stdin deployment/brokersdk --container broker -- node');
    expect(stdout + stderr + calls()).to.not.include(PASSWORD);
    expect(stdout + calls()).to.not.match(/echo\/[0-9a-f-]+\/[0-9a-f]/); // the address of a binding is its credential
  });

  it('on this machine with VIA=local, whatever is in the cluster', async () => {
    install(NOWHERE);
    const { stderr } = await failing('catalog', { VIA: 'local', NAMESPACE: 'work', BROKER_PORT: '1' });
    expect(stderr).to.include('http://127.0.0.1:1');
    expect(calls).to.throw('ENOENT');
  });

  for (const [what, prepare, env, says] of [
    [
      'there is none',
      () => {},
      {},
      /none answers at .* services? "brokersdk" not found.*make run.*install\.sh/s,
    ],
    [
      'it is not installed',
      () => {},
      { NAMESPACE: 'work' },
      /no broker is installed in namespace work: Error.*NAMES/,
    ],
    [
      'VIA is another word',
      () => {},
      { VIA: 'cloud' },
      /VIA=cloud is none of local, cluster and service-catalog/,
    ],
    [
      'VIA=service-catalog has no such step',
      () => {},
      { VIA: 'service-catalog' },
      /catalog\.sh asks the broker/,
    ],
    [
      'its Secret cannot be read',
      () => {
        install(NOWHERE);
        rmSync(join(stub, 'secret-brokersdk-credentials.json'));
      },
      { VIA: 'cluster' },
      /the Secret brokersdk-credentials in namespace brokersdk cannot be read: use a kubeconfig that may/,
    ],
    [
      'another authority made its certificate',
      () => install({ clusterIP: '127.0.0.1', port: portOf(secure.url) }, other.cert),
      { VIA: 'cluster' },
      /the broker does not answer at its cluster IP, nor through a forwarded port/,
    ],
  ] as const) {
    it(`or say why not: ${what}`, async () => {
      prepare();
      const { stdout, stderr } = await failing('catalog', { BROKER_PORT: stranded(), ...env });
      expect(stderr).to.match(says);
      expect(stdout + stderr).to.not.include(PASSWORD);
    });
  }
});
