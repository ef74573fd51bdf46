// Docker hosts as resources: what an API server makes of them, ports that several processes give at once, and hosts that
// come, are lost and return by their Leases.
import { execFile } from 'node:child_process';
import { join, dirname } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { DockerHosts, PortsExhausted } from '../../src/docker-hosts/hosts.js';
import { followHosts } from '../../src/docker-hosts/liveness.js';
import { LEASE_SELECTOR, leaseName } from '../../src/docker-hosts/names.js';
import { beat, register, type Registration } from '../../src/docker-hosts/registration.js';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import type { EventContent } from '../../src/sdk/kube/events.js';
import { type Lease, LEASES } from '../../src/sdk/kube/lease.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { KubeObject, ResourceType, Secret } from '../../src/sdk/kube/types.js';
import { API_VERSION, DOCKER_HOSTS, type DockerHost, SECRETS } from '../../src/sdk/resources/kinds.js';
import { systemClock } from '../../src/sdk/runtime/clock.js';
import { ResourceStore } from '../../src/sdk/runtime/resource-store.js';
import { createLog } from '../../src/sdk/telemetry/log.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { Objects } from '../support/kube.js';
import { skipAloud } from '../support/skip.js';
import { eventually } from '../support/unchanged.js';

const free = (): void => undefined;
const isThere = (object: unknown): boolean => object !== undefined;
/** Only a test that fails waits for so long. */
const PATIENCE = { timeoutMs: 20_000 };
const log = createLog({ level: 'error', format: 'json' });

/** The Docker hosts as one process of a broker sees them, through connections and caches of its own. */
class Process {
  readonly hosts: ResourceStore<DockerHost>;
  readonly leases: ResourceStore<Lease>;
  readonly docker: DockerHosts;
  /** Events and wakes, in order. */
  readonly told: string[] = [];
  readonly #config: ClusterConfig;
  readonly #ending = new AbortController();
  #leading: Promise<void> = Promise.resolve();

  constructor(cluster: TestCluster) {
    this.#config = cluster.config();
    const store = <T extends KubeObject>(type: ResourceType, labelSelector?: string): ResourceStore<T> =>
      new ResourceStore<T>({
        client: createResourceClient<T>(this.#config, type, cluster.namespace),
        log,
        ...(labelSelector === undefined ? {} : { labelSelector }),
      });
    this.hosts = store(DOCKER_HOSTS);
    this.leases = store(LEASES, LEASE_SELECTOR);
    const { hosts, leases } = this;
    const secrets = store<Secret>(SECRETS);
    this.docker = new DockerHosts({ hosts, leases, secrets, clock: systemClock, random: Math.random });
  }

  async start(): Promise<this> {
    for (const store of [this.hosts, this.leases]) store.start(this.#ending.signal);
    await Promise.all([this.hosts.synced, this.leases.synced]);
    return this;
  }

  /** Does the leader's work. */
  lead(): void {
    const term = {
      signal: this.#ending.signal,
      assertLeading: free,
      event: ({ metadata }: KubeObject, { reason }: EventContent) =>
        void this.told.push(`${metadata.name} ${reason}`),
      wake: (instance: string) => void this.told.push(`wake ${instance}`),
    };
    this.#leading = followHosts(this.docker, term, log);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#leading;
    await this.#config.close();
  }
}

describe('Docker hosts', function () {
  this.timeout(60_000);
  let cluster: TestCluster;
  let config: ClusterConfig;
  let hosts: Objects<DockerHost>;
  let leases: Objects<Lease>;
  let processes: Process[] = [];
  const ending = new AbortController();
  let count = 0;

  before(async () => {
    cluster = await openCluster();
    config = cluster.config();
    hosts = new Objects(config, DOCKER_HOSTS, cluster.namespace);
    leases = new Objects(config, LEASES, cluster.namespace);
    await Promise.all([hosts.start(ending.signal), leases.start(ending.signal)]);
  });

  after(async () => {
    ending.abort();
    await config.close();
    await cluster.close();
  });

  afterEach(async () => {
    await Promise.all(processes.map((each) => each.close()));
    processes = [];
  });

  const process = (): Promise<Process> => {
    const made = new Process(cluster);
    processes.push(made);
    return made.start();
  };

  /** A word of an agent about a new host. */
  const said = (more: Partial<Registration> = {}): Registration => ({
    name: `host-${++count}`,
    engine: 'tcp://192.0.2.1:2376',
    serviceHost: 'host.example.org',
    perfFactor: 1.22,
    schedulable: true,
    keepaliveSeconds: 1,
    ...more,
  });

  const made = async (spec: Partial<DockerHost['spec']>, name = `host-${++count}`): Promise<DockerHost> =>
    hosts.client.create({
      apiVersion: API_VERSION,
      kind: DOCKER_HOSTS.kind,
      metadata: { name },
      spec: { engine: 'tcp://192.0.2.1:2376', serviceHost: 'host.example.org', ...spec },
    });

  /** What an agent with access to the cluster does. */
  const beats = (host: string): Promise<void> =>
    beat(leases.client, { host, holder: 'agent', keepaliveSeconds: 1 }, Date.now());

  const portsIn = ({ status }: Readonly<DockerHost>): number[] =>
    (status?.instances ?? []).flatMap(({ ports = [] }) => ports.map(({ host }) => host));

  describe('as resources', () => {
    it('have defaults', async () => {
      expect((await made({})).spec).to.deep.equal({
        engine: 'tcp://192.0.2.1:2376',
        serviceHost: 'host.example.org',
        perfFactor: 1,
        schedulable: true,
        keepaliveSeconds: 60,
      });
    });

    const refused: [string, Partial<DockerHost['spec']>, string][] = [
      ['an engine that is spoken to in another way', { engine: 'ssh://192.0.2.1' }, 'spec.engine'],
      ['an engine without its port', { engine: 'tcp://192.0.2.1' }, 'spec.engine'],
      ['a path on an engine', { engine: 'tcp://192.0.2.1:2376/v1.40' }, 'spec.engine'],
      ['credentials in an address', { engine: 'tcp://user:word@192.0.2.1:2376' }, 'spec.engine'],
      ['a socket that has no path', { engine: 'unix://' }, 'spec.engine'],
      ['no address for applications', { serviceHost: '' }, 'spec.serviceHost'],
      ['ports that there are none of', { ports: { min: 0, max: 70_000 } }, 'spec.ports.max'],
      ['a weight below nothing', { perfFactor: -1 }, 'spec.perfFactor'],
      ['a keepalive that never comes', { keepaliveSeconds: 0 }, 'spec.keepaliveSeconds'],
      ['a Secret without a name', { tls: { secretRef: { name: '' } } }, 'spec.tls.secretRef.name'],
    ];
    for (const [what, spec, field] of refused) {
      it(`may not have ${what}`, async () => {
        const failure = await made(spec).catch((error: unknown) => error);
        expect(failure).to.include({ status: 422 });
        expect((failure as { fields: string[] }).fields).to.include(field);
      });
    }

    for (const engine of [
      'unix:///var/run/docker.sock',
      'tcp://[2001:db8::1]:2376',
      'tcp://engine.test:2375',
    ])
      it(`may be at ${engine}`, async () => {
        expect((await made({ engine })).spec.engine).to.equal(engine);
      });

    it('show their state in a table', async function () {
      const { docker } = await process();
      const { name } = (await made({ schedulable: false })).metadata;
      await processes[0]!.hosts.waitFor(name, isThere, PATIENCE);
      await docker.allocate(name, 'i', [], free);
      processes[0]!.lead();
      await hosts.until(name, ({ status }) => status?.conditions !== undefined);
      const cache = ['--cache-dir', join(dirname(cluster.kubeconfig), 'kubectl')];
      const words = [
        'get',
        'osbh',
        name,
        '--namespace',
        cluster.namespace,
        '--kubeconfig',
        cluster.kubeconfig,
      ];
      const shown = await promisify(execFile)('kubectl', [...words, ...cache]).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') skipAloud(this, 'no kubectl: install the package kubernetes-client');
          throw error;
        },
      );
      const [heads, cells] = shown.stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
      expect(heads).to.deep.equal(['NAME', 'ENGINE', 'ALIVE', 'SCHEDULABLE', 'INSTANCES', 'AGE']);
      expect(cells?.slice(0, 5)).to.deep.equal([name, 'tcp://192.0.2.1:2376', 'False', 'false', '1']);
    });
  });

  describe('as their agents register them', () => {
    it('are made and given signs of life through clients and through stores alike', async () => {
      const broker = await process();
      for (const by of [
        { hosts: hosts.client, leases: leases.client },
        { hosts: broker.hosts, leases: broker.leases },
      ]) {
        const registration = said({ ports: { min: 49_156, max: 49_999 } });
        const { name, ...spec } = registration;
        await register(by.hosts, registration);
        const first = await hosts.get(name);
        await register(by.hosts, registration);
        expect(await hosts.get(name)).to.deep.equal(first);
        expect(first?.spec).to.deep.equal(spec);
        await beat(by.leases, { host: name, holder: 'agent', keepaliveSeconds: 1 }, 1_000_000);
        await beat(by.leases, { host: name, holder: 'agent', keepaliveSeconds: 1 }, 2_000_000);
        expect((await leases.get(leaseName(name)))?.spec).to.deep.include({
          holderIdentity: 'agent',
          leaseDurationSeconds: 3,
          renewTime: '1970-01-01T00:33:20.000000Z',
        });
      }
    });

    it('come to the same when several brokers are told at once', async () => {
      const brokers = [await process(), await process(), await process()];
      const registration = said();
      const { name: host, ...spec } = registration;
      const tell = async (broker: Process, now: number): Promise<void> => {
        await register(broker.hosts, registration);
        await beat(broker.leases, { host, holder: 'ping', keepaliveSeconds: 1 }, now);
      };
      for (let round = 1; round <= 5; round++) {
        await Promise.all(brokers.map((broker, index) => tell(broker, round * 10_000 + index)));
      }
      expect((await hosts.get(host))?.spec).to.deep.equal(spec);
      expect((await hosts.get(host))?.metadata.generation).to.equal(1);
      expect((await leases.get(leaseName(host)))?.spec?.renewTime).to.match(/^1970-01-01T00:00:50\.00/);
    });

    it('stay cordoned by kubectl while signs of life come', async () => {
      const registration = said();
      await register(hosts.client, registration);
      await hosts.edit(registration.name, (host) => ({
        ...host,
        spec: { ...host.spec, schedulable: false },
      }));
      await register(hosts.client, registration);
      await beats(registration.name);
      await register(hosts.client, { ...registration, serviceHost: 'moved.example.org' });
      expect((await hosts.get(registration.name))?.spec).to.include({
        serviceHost: 'moved.example.org',
        schedulable: false,
      });
    });
  });

  describe('with ports', () => {
    it('give none twice to processes that ask at the same time, and all of them in the end', async () => {
      const both = [await process(), await process()];
      const { name } = (await made({ ports: { min: 20_000, max: 20_040 } })).metadata;
      for (const { hosts: store } of both) {
        await store.waitFor(name, isThere, PATIENCE);
      }
      const asked = Array.from({ length: 20 }, async (_, index) => {
        const ports = await both[index % 2]!.docker.allocate(name, `i${index}`, ['1/tcp', '2/tcp'], free);
        return [...ports.values()];
      });
      const given = (await Promise.all(asked)).flat();
      expect(new Set(given).size).to.equal(40);
      const full = (await hosts.get(name))!;
      expect(portsIn(full).sort()).to.deep.equal(given.sort());
      expect(full.status?.instanceCount).to.equal(20);
      await both[0]!.hosts.refresh();
      const late = await both[0]!.docker
        .allocate(name, 'late', ['1/tcp'], free)
        .catch((error: unknown) => error);
      expect(late).to.be.instanceOf(PortsExhausted);
      await both[1]!.hosts.refresh();
      const releases = Array.from({ length: 20 }, (_, index) =>
        both[(index + 1) % 2]!.docker.release(`i${index}`, free),
      );
      await Promise.all(releases);
      expect((await hosts.get(name))?.status).to.deep.equal({ instances: [], instanceCount: 0 });
    });

    it('keep an instance that is written down while a sign of life is told', async () => {
      const leader = await process();
      const other = await process();
      const { name } = (await made({ keepaliveSeconds: 3600 })).metadata;
      await other.hosts.waitFor(name, isThere, PATIENCE);
      leader.lead();
      await Promise.all([other.docker.allocate(name, 'i', [], free), beats(name)]);
      const seen = await hosts.until(name, ({ status }) => status?.conditions?.[0]?.status === 'True');
      expect(seen.status).to.deep.include({ instances: [{ name: 'i' }], instanceCount: 1 });
      expect(seen.status?.observedGeneration).to.equal(seen.metadata.generation);
    });
  });

  describe('by their Leases', () => {
    it('are alive, are lost, and come back, with an Event and a wake each', async () => {
      const leader = await process();
      const { name } = (await made({ keepaliveSeconds: 1 })).metadata;
      await beats(name);
      await leader.hosts.waitFor(name, isThere, PATIENCE);
      await leader.leases.waitFor(leaseName(name), isThere, PATIENCE);
      await leader.docker.allocate(name, 'of-the-lost', [], free);
      leader.lead();
      const until = (status: string) =>
        hosts.until(name, (host) => host.status?.conditions?.some((each) => each.status === status) ?? false);
      await until('True');
      const lost = await until('False');
      expect(lost.status?.conditions?.[0]?.reason).to.equal('NoHeartbeat');
      expect(leader.docker.choose({ ports: 1, only: name })).to.have.property('problem');
      await beats(name);
      await until('True');
      const changes = ['HostAlive', 'HostLost', 'HostAlive'];
      const wanted = changes.flatMap((reason) => ['wake of-the-lost', `${name} ${reason}`]);
      const about = (what: string): boolean => what.includes('of-the-lost') || what.startsWith(`${name} `);
      // It may be lost again by now.
      const told = await eventually(
        async () => leader.told.filter(about),
        (all) => all.length >= wanted.length,
      );
      expect(told.slice(0, wanted.length)).to.deep.equal(wanted);
    });

    it('are not written while signs of life come', async () => {
      const leader = await process();
      const registration = said({ keepaliveSeconds: 3600 });
      await register(hosts.client, registration);
      await beats(registration.name);
      leader.lead();
      const { name } = registration;
      const before = await hosts.until(name, ({ status }) => status?.conditions?.[0]?.status === 'True');
      const versions = new Set<string>();
      for (let sign = 0; sign < 5; sign++) {
        await register(hosts.client, registration);
        await beats(name);
        const { resourceVersion } = (await leases.get(leaseName(name)))!.metadata;
        versions.add(resourceVersion!);
        await leader.leases.waitFor(
          leaseName(name),
          (lease) => lease?.metadata.resourceVersion === resourceVersion,
          PATIENCE,
        );
      }
      expect(versions.size).to.equal(5);
      expect((await hosts.get(name))?.metadata.resourceVersion).to.equal(before.metadata.resourceVersion);
    });
  });
});
