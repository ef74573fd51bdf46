// The agent of a Docker host as its operator runs it: a process that writes to the cluster, or pings brokers.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import Koa from 'koa';
import { dockerBackend } from '../../src/backends/docker/backend.js';
import { ping } from '../../src/docker-hosts/rest/ping.js';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import { type Lease, LEASES } from '../../src/sdk/kube/lease.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { Secret } from '../../src/sdk/kube/types.js';
import { errorHandler } from '../../src/sdk/osb/error-handler.js';
import { OsbError } from '../../src/sdk/osb/errors.js';
import { DOCKER_HOSTS, type DockerHost, SECRET_LABEL, SECRETS } from '../../src/sdk/resources/kinds.js';
import { objectName } from '../../src/sdk/resources/names.js';
import { systemClock } from '../../src/sdk/runtime/clock.js';
import { ResourceStore } from '../../src/sdk/runtime/resource-store.js';
import { createLog } from '../../src/sdk/telemetry/log.js';
import { AgentProcess, Counter, listen, PingedEngine, portOf } from '../support/agent-scene.js';
import { startTestBroker, type TestBroker } from '../support/broker.js';
import { Authority, pemOf } from '../support/certificates.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { compile, type Compiled } from '../support/compiled.js';
import { Objects } from '../support/kube.js';

const HOST = objectName('127.0.0.1');
const LEASE = `docker-host-${HOST}`;
const PASSWORD = 'canary-of-a-password';

describe('the agent of a Docker host', function () {
  this.timeout(60_000); // it starts processes
  let program: Compiled;
  let cluster: TestCluster;
  let config: ClusterConfig;
  let hosts: Objects<DockerHost>;
  let leases: Objects<Lease>;
  let secrets: Objects<Secret>;
  let engine: PingedEngine;
  let agents: AgentProcess[];
  let servers: Server[];
  const ending = new AbortController();
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-agent-'));

  before(async () => {
    program = compile();
    cluster = await openCluster();
    config = cluster.config();
    hosts = new Objects(config, DOCKER_HOSTS, cluster.namespace);
    leases = new Objects(config, LEASES, cluster.namespace);
    secrets = new Objects(config, SECRETS, cluster.namespace);
    await Promise.all([hosts, leases, secrets].map((objects) => objects.start(ending.signal)));
  });
  after(async () => {
    ending.abort();
    await config.close();
    await cluster.close();
    program.remove();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    agents = [];
    engine = new PingedEngine();
    servers = [await listen(engine.server)];
  });
  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.end('SIGKILL')));
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await Promise.all([hosts.client.delete(HOST), leases.client.delete(LEASE)]);
    await Promise.all([hosts.untilGone(HOST), leases.untilGone(LEASE)]);
  });

  const settings = (port = portOf(engine.server)): object => ({
    servicehost: 'apps.example',
    dockerhost: '127.0.0.1',
    dockerport: port,
    keepalive: 1,
    portbind_min: 49156,
    portbind_max: 49999,
  });
  const fileOf = (content: object): string => {
    const path = join(directory, 'agent.config');
    writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
    return path;
  };
  const start = (content: object, env: NodeJS.ProcessEnv, args: string[] = []): AgentProcess => {
    const agent = new AgentProcess(program, ['--config', fileOf(content), ...args], env);
    agents.push(agent);
    return agent;
  };
  /** One that writes to the cluster. */
  const startDirect = (content: object = { serviceagent: settings() }, args: string[] = []): AgentProcess =>
    start(content, { KUBECONFIG: cluster.kubeconfig, AGENT_NAMESPACE: cluster.namespace }, args);
  const versionOf = ({ metadata }: Readonly<DockerHost | Lease>): string | undefined =>
    metadata.resourceVersion;
  /** The Lease as it is once it has been renewed so many times. */
  const renewals = async (times: number): Promise<Readonly<Lease>> => {
    let lease = await leases.until(LEASE);
    for (let i = 0; i < times; i++) {
      const last = versionOf(lease);
      lease = await leases.until(LEASE, (now) => versionOf(now) !== last);
    }
    return lease;
  };

  describe('in the cluster', () => {
    it('registers the host, and gives signs of its life that write the Lease alone', async () => {
      const agent = startDirect();
      const lease = await renewals(0);
      expect(lease.metadata.labels).to.deep.equal({ 'sdkbroker.broker.io/lease': 'docker-host' });
      expect(lease.spec).to.include({ leaseDurationSeconds: 3 });
      const host = await hosts.until(HOST);
      expect(host.spec).to.deep.equal({
        engine: `tcp://127.0.0.1:${portOf(engine.server)}`,
        serviceHost: 'apps.example',
        ports: { min: 49156, max: 49999 },
        perfFactor: 1,
        schedulable: true,
        keepaliveSeconds: 1,
      });
      await renewals(2);
      expect(versionOf((await hosts.get(HOST))!)).to.equal(versionOf(host));
      expect(await agent.end('SIGTERM')).to.equal(0);
      expect(agent.lines.at(-1)).to.include({ message: 'stopped', signal: 'SIGTERM' });
      expect(await hosts.get(HOST)).to.not.equal(undefined);
    });

    it('goes on where one was killed, and writes the host when something is new only', async () => {
      const first = startDirect();
      const { spec } = await renewals(1);
      await first.end('SIGKILL');
      const host = versionOf((await hosts.get(HOST))!);
      startDirect();
      const renewed = await renewals(1);
      expect(renewed.spec).to.include({
        holderIdentity: spec?.holderIdentity,
        leaseTransitions: spec?.leaseTransitions,
      });
      expect(versionOf((await hosts.get(HOST))!)).to.equal(host);
      await agents.at(-1)!.end('SIGTERM');
      startDirect(undefined, ['--perf-factor', '2', '--is-active=false']);
      expect(
        (await hosts.until(HOST, ({ spec: { perfFactor } }) => perfFactor === 2)).spec.schedulable,
      ).to.equal(false);
    });

    it('brings back a host that was deleted, and leaves a cordon as it is', async () => {
      startDirect();
      const { metadata } = await hosts.until(HOST);
      await hosts.client.delete(HOST);
      await hosts.until(HOST, (host) => host.metadata.uid !== metadata.uid);
      await hosts.edit(HOST, (host) => ({ ...host, spec: { ...host.spec, schedulable: false } }));
      await renewals(2);
      expect((await hosts.get(HOST))?.spec.schedulable).to.equal(false);
    });

    it('gives no sign of life while the engine does not answer', async () => {
      engine.isUp = false;
      const agent = startDirect();
      await agent.says('no sign of life');
      await engine.pings.more(2);
      expect([await hosts.get(HOST), await leases.get(LEASE)]).to.deep.equal([undefined, undefined]);
      engine.isUp = true;
      await renewals(1);
      engine.isUp = false;
      await agent.says('no sign of life', 2);
      const last = versionOf((await leases.get(LEASE))!);
      await engine.pings.more(2);
      expect(versionOf((await leases.get(LEASE))!)).to.equal(last);
      engine.isUp = true;
      await agent.says('signs of life again', 2);
      expect(agent.count('no sign of life')).to.equal(2);
      expect(agent.text).to.include(`tcp://127.0.0.1:${portOf(engine.server)} answers GET /_ping with 500`);
    });

    it('brings the certificates of an engine with TLS, and again when they are renewed', async () => {
      const authority = new Authority(directory);
      const ca = readFileSync(authority.certFile, 'utf8');
      const own = pemOf(authority.issue('engine', { usage: 'serverAuth', commonName: undefined }));
      const options = { ...own, ca, requestCert: true, rejectUnauthorized: true };
      const server = await listen(createTlsServer(options, engine.answer));
      servers.push(server);
      const client = authority.issue('client', { usage: 'clientAuth', commonName: undefined });
      const { certFile, keyFile } = client;
      const files = ['--client-cert', certFile, '--client-key', keyFile, '--ca-cert', authority.certFile];
      const agent = startDirect({ serviceagent: settings(portOf(server)) }, files);
      await renewals(0);
      const name = `docker-host-tls-${HOST}`;
      expect((await hosts.get(HOST))?.spec.tls).to.deep.equal({ secretRef: { name } });
      const textOf = (secret: Readonly<Secret>, key: string): string =>
        Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
      const secret = await secrets.until(name);
      expect(secret.metadata.labels).to.include({ [SECRET_LABEL]: 'backend' });
      expect(['ca.crt', 'tls.crt', 'tls.key'].map((key) => textOf(secret, key))).to.deep.equal([
        ca,
        pemOf(client).cert,
        pemOf(client).key,
      ]);
      const { cert } = pemOf(authority.issue('client', { usage: 'clientAuth', commonName: undefined }));
      await secrets.until(name, (renewed) => textOf(renewed, 'tls.crt') === cert);
      expect(await agent.end('SIGTERM')).to.equal(0);
      expect(agent.text).to.not.include('PRIVATE KEY');
      await secrets.client.delete(name);
    });

    it('takes a socket for the engine, and a name for the host', async () => {
      const path = join(directory, 'docker.sock');
      const { server } = new PingedEngine();
      servers.push(server.listen(path));
      startDirect(undefined, ['--docker-host', `unix://${path}`, '--name', 'node-1']);
      await leases.until('docker-host-node-1');
      expect((await hosts.get('node-1'))?.spec.engine).to.equal(`unix://${path}`);
      await agents[0]!.end('SIGTERM');
      await Promise.all([hosts.client.delete('node-1'), leases.client.delete('docker-host-node-1')]);
    });

    it('ends with 1 and a sentence where there is no cluster, and no broker', async () => {
      const agent = start({ serviceagent: settings() }, {});
      expect(await agent.end()).to.equal(1);
      expect(agent.text).to.match(/^The agent cannot run: No Kubernetes cluster found: .* Or list brokers, /);
    });
  });

  describe('through brokers', () => {
    let requests: { method: string; path: string; body?: any }[];
    let pings: Counter;
    let refusal: OsbError | undefined;
    let broker: Server;

    beforeEach(async () => {
      [requests, pings, refusal] = [[], new Counter(), undefined];
      const log = createLog({ level: 'error', format: 'json' });
      const store = <T extends DockerHost | Lease>(type: typeof DOCKER_HOSTS): ResourceStore<T> => {
        const made = new ResourceStore<T>({
          client: createResourceClient<T>(config, type, cluster.namespace),
          log,
        });
        made.start(ending.signal);
        return made;
      };
      const stores = { hosts: store<DockerHost>(DOCKER_HOSTS), leases: store<Lease>(LEASES) };
      await Promise.all([stores.hosts.synced, stores.leases.synced]);
      const app = new Koa();
      app.use(errorHandler(log));
      app.use(async (ctx, next) => {
        requests.push({ method: ctx.method, path: ctx.path });
        const basic = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
        if (ctx.get('authorization') !== basic) throw new OsbError('Unauthorized', 'no');
        expect(ctx.get('x-broker-api-version')).to.equal('2.17');
        pings.add();
        if (refusal) throw refusal;
        await next();
      });
      app.use(async (ctx, next) => {
        if (ctx.method !== 'PUT') return next();
        const chunks = await ctx.req.toArray();
        requests.at(-1)!.body = JSON.parse(Buffer.concat(chunks as Buffer[]).toString('utf8'));
        ctx.body = {};
      });
      app.use(ping({ ...stores, clock: systemClock, namespace: cluster.namespace }));
      broker = await listen(app.listen(0, '127.0.0.1'));
      servers.push(broker);
    });

    const brokerAt = (port: number): object => ({
      host: 'http://127.0.0.1',
      port,
      user: 'admin',
      password: PASSWORD,
    });
    const startPinging = (brokerservers = [brokerAt(portOf(broker))], args: string[] = []): AgentProcess =>
      start({ serviceagent: { ...settings(), ExecCommand: 'x' }, brokerservers }, {}, args);

    it('registers the host, and gives signs of its life, by pings', async () => {
      const agent = startPinging();
      const lease = await renewals(0);
      expect(lease.spec).to.include({ leaseDurationSeconds: 3, holderIdentity: `ping_${cluster.namespace}` });
      const host = await hosts.until(HOST);
      expect(host.spec.ports).to.deep.equal({ min: 49156, max: 49999 });
      await renewals(2);
      expect(versionOf((await hosts.get(HOST))!)).to.equal(versionOf(host));
      expect(await agent.end('SIGTERM')).to.equal(0);
      expect(
        agent.lines.filter(({ message }) => message.startsWith('ExecCommand of serviceagent')),
      ).to.have.length(1);
    });

    it('shows its password nowhere', async () => {
      const agent = startPinging([brokerAt(portOf(broker))], ['--log-level', 'debug']);
      await pings.more(2);
      if (process.platform === 'linux') {
        const words = readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8');
        expect(words).to.include('agent').and.not.include(PASSWORD);
      }
      refusal = new OsbError('Unauthorized', 'no');
      await agent.says('no sign of life');
      await agent.end('SIGTERM');
      const encoded = Buffer.from(`admin:${PASSWORD}`).toString('base64');
      expect(agent.text).to.not.include(PASSWORD).and.not.include(encoded);
      expect(agent.text).to.include('answers POST /ping with 401: see that the user and password');
    });

    it('tries a broker that is down for ever, says so once, and does not let the others wait', async () => {
      refusal = new OsbError('Unavailable', 'not now');
      const closed = await listen(createTlsServer());
      const port = portOf(closed);
      closed.close();
      const agent = startPinging([brokerAt(port), brokerAt(portOf(broker))]);
      await pings.more(4);
      const said = agent.lines.filter(({ message }) => message === 'no sign of life');
      expect(said.map(({ receiver }) => receiver).sort()).to.deep.equal(
        [port, portOf(broker)].map((each) => `the broker at http://127.0.0.1:${each}`).sort(),
      );
      expect(said.map(({ error }) => error).join())
        .to.match(/ECONNREFUSED/)
        .and.match(/with 503: not now/);
      refusal = undefined;
      await renewals(1);
      await agent.says('signs of life again');
      expect(agent.count('no sign of life')).to.equal(2);
    });

    it('puts the certificates before its first ping', async () => {
      const authority = new Authority(directory);
      const own = pemOf(authority.issue('engine', { usage: 'serverAuth', commonName: undefined }));
      const server = await listen(createTlsServer(own, engine.answer));
      servers.push(server);
      const { certFile, keyFile } = authority.issue('client', { usage: 'clientAuth', commonName: undefined });
      const files = { clientcert: certFile, clientkey: keyFile, cacert: authority.certFile };
      start(
        {
          serviceagent: { ...settings(portOf(server)), ...files },
          brokerservers: [brokerAt(portOf(broker))],
        },
        {},
      );
      await renewals(0);
      expect(requests[0]).to.deep.equal({
        method: 'PUT',
        path: '/certificate/127.0.0.1',
        body: {
          Host: '127.0.0.1',
          ClientCert: readFileSync(certFile, 'utf8'),
          ClientKey: readFileSync(keyFile, 'utf8'),
          CA: readFileSync(authority.certFile, 'utf8'),
        },
      });
      expect(requests[1]).to.deep.include({ method: 'POST', path: '/ping' });
    });
  });

  describe('through a whole broker', () => {
    let broker: TestBroker;
    before(async () => {
      const credentials = join(directory, 'administrators');
      writeFileSync(credentials, `admin:${PASSWORD}\n`, { mode: 0o600 });
      broker = await startTestBroker(cluster, {
        definition: { services: [], backends: [dockerBackend()] },
        env: { BROKER_ADMIN_CREDENTIALS_FILE: credentials },
      });
    });
    after(() => broker.stop());

    const aliveOf = ({ status }: Readonly<DockerHost>): string | undefined =>
      status?.conditions?.find(({ type }) => type === 'Alive')?.status;

    it('keeps the host alive, certificates and all, for as long as it runs', async () => {
      const authority = new Authority(directory);
      const own = pemOf(authority.issue('engine', { usage: 'serverAuth', commonName: undefined }));
      const server = await listen(createTlsServer(own, engine.answer));
      servers.push(server);
      const { certFile, keyFile } = authority.issue('client', { usage: 'clientAuth', commonName: undefined });
      const files = { clientcert: certFile, clientkey: keyFile, cacert: authority.certFile };
      const { port } = new URL(broker.url);
      const agent = start(
        {
          serviceagent: { ...settings(portOf(server)), ...files },
          brokerservers: [{ host: 'http://127.0.0.1', port, user: 'admin', password: PASSWORD }],
        },
        {},
      );
      const name = `docker-host-tls-${HOST}`;
      await hosts.until(HOST, ({ spec }) => spec.tls?.secretRef.name === name);
      await hosts.until(HOST, (registered) => aliveOf(registered) === 'True');
      await agent.end('SIGKILL');
      await hosts.until(HOST, (lost) => aliveOf(lost) === 'False');
      expect(broker.log()).to.not.include(PASSWORD).and.not.include('PRIVATE KEY');
      await secrets.client.delete(name);
    });

    it('is told of credentials that are not those of an administrator', async () => {
      const { port } = new URL(broker.url);
      const platform = { host: 'http://127.0.0.1', port, user: 'broker', password: 'broker' };
      const agent = start({ serviceagent: settings(), brokerservers: [platform] }, {});
      await agent.says('no sign of life');
      expect(agent.text).to.include('answers POST /ping with 401: see that the user and password');
      expect([await hosts.get(HOST), await leases.get(LEASE)]).to.deep.equal([undefined, undefined]);
    });
  });
});
