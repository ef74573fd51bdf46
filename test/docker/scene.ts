// What the tests through HTTP begin with: real Docker engines whose agents give signs of life, and a broker whose catalog
// has plans of them.
import { expect } from 'chai';
import { dockerBackend } from '../../src/backends/docker/backend.js';
import type { DockerSettings } from '../../src/backends/docker/settings.js';
import { tlsSecretName } from '../../src/docker-hosts/names.js';
import type { Registration } from '../../src/docker-hosts/registration.js';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import {
  API_VERSION,
  type DockerHost,
  type DockerHostSpec,
  SECRET_LABEL,
  type ServiceInstance,
} from '../../src/sdk/resources/kinds.js';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { idsQuery, provisionBody } from '../support/catalog.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { DockerEngine, type DockerEngineOptions } from '../support/docker-engine.js';
import { edit, Kube } from '../support/kube.js';
import type { OsbClient, OsbResponse } from '../support/osb-client.js';
import { eventually } from '../support/unchanged.js';
import { HostAgent } from './host-agent.js';
import { importWeb, WEB } from './images.js';

export const SERVICE = 'docker-service';
export const ASYNC = { accepts_incomplete: 'true' };
/** Deleting, stopping and starting containers takes its time. */
const PATIENCE_SECONDS = '40';

export type Plans = Readonly<Record<string, Partial<DockerSettings>>>;

/** For a scene in which operations wait: none is waited for in the answer to its request. */
export const IMPATIENT = { BROKER_PATIENCE_SECONDS: '0' };

export interface TestHost {
  readonly engine: DockerEngine;
  readonly agent: HostAgent;
}

export type HostOptions = DockerEngineOptions & Partial<Registration>;

export interface SceneOptions {
  /** The values of Secrets that plans may name. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly env?: Record<string, string>;
}

export class DockerScene {
  readonly hosts = new Map<string, TestHost>();
  #cluster: TestCluster | undefined;
  #config: ClusterConfig | undefined;
  #kube: Kube | undefined;
  #broker: TestBroker | undefined;
  #env: Record<string, string> = {};

  /** Resolves when the plans are in the catalog; the plan `web` is always one of them. */
  async open(
    hosts: Readonly<Record<string, HostOptions>>,
    plans: Plans = {},
    { secrets = {}, env = {} }: SceneOptions = {},
  ): Promise<void> {
    this.#cluster = await openCluster();
    this.#config = this.#cluster.config();
    this.#kube = await Kube.open(this.#cluster);
    this.#env = env;
    await Promise.all(Object.entries(hosts).map(([name, options]) => this.addHost(name, options)));
    await Promise.all(Object.entries(secrets).map(([name, values]) => this.#secret(name, values)));
    await this.startBroker();
    await this.offer({ web: { image: WEB, volumes: ['/data'], pull: 'Never' }, ...plans });
  }

  async close(): Promise<void> {
    await this.#broker?.stop();
    for (const { agent } of this.hosts.values()) agent.fallSilent();
    await Promise.all([...this.hosts.values()].map(({ engine }) => engine.stop()));
    await this.#kube?.close();
    await this.#config?.close();
    await this.#cluster?.close();
  }

  async addHost(
    name: string,
    { tcp = false, tls = false, ownAddress = false, ...registration }: HostOptions = {},
  ): Promise<TestHost> {
    const engine = await DockerEngine.start({ tcp, tls, ownAddress });
    const own = tls ? { ...registration, tlsSecret: tlsSecretName(name) } : registration;
    const host = { engine, agent: this.#agent(name, engine, own) };
    this.hosts.set(name, host);
    if (tls) await this.writeTls(name);
    await importWeb(engine);
    await host.agent.start();
    return host;
  }

  host(name = 'one'): TestHost {
    return this.hosts.get(name)!;
  }

  dockerHost(name = 'one'): Promise<DockerHost | undefined> {
    return this.host(name).agent.hosts.get(name);
  }

  /** Changes it as with kubectl; resolves when the broker has seen that. */
  async changeHost(name: string, spec: Partial<DockerHostSpec>): Promise<void> {
    const { hosts } = this.host(name).agent;
    await edit(hosts, name, (host) => ({ ...host, spec: { ...host.spec, ...spec } }));
    await this.#untilHost(name, ({ metadata, status }) => status?.observedGeneration === metadata.generation);
  }

  /** Resolves when that stands in its conditions, and so in what kubectl shows. */
  async untilAlive(name: string, wanted: 'True' | 'False'): Promise<void> {
    await this.#untilHost(name, ({ status }) =>
      (status?.conditions ?? []).some(({ type, status: is }) => type === 'Alive' && is === wanted),
    );
  }

  async #untilHost(name: string, holds: (host: DockerHost) => boolean): Promise<void> {
    await eventually(
      () => this.dockerHost(name),
      (host) => host !== undefined && holds(host),
    );
  }

  /** The names of the hosts that have an entry of it: one, or none. */
  async hostsOf(instance: string): Promise<string[]> {
    const all = await Promise.all([...this.hosts.keys()].map((name) => this.dockerHost(name)));
    return all.flatMap((host) =>
      (host?.status?.instances ?? []).some(({ name }) => name === instance) ? [host!.metadata.name] : [],
    );
  }

  /** Another broker in the place of the first: it looks at all that is there. */
  /** `meanwhile` is what happens while no broker is there. */
  async restartBroker(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
    await this.#broker?.stop();
    await meanwhile();
    await this.startBroker();
  }

  async startBroker(): Promise<void> {
    this.#broker = await startTestBroker(this.cluster, {
      definition: { services: [], backends: [dockerBackend()] },
      env: { BROKER_PATIENCE_SECONDS: PATIENCE_SECONDS, ...this.#env },
    });
  }

  /** Resolves when exactly these plans are in the catalog. */
  async offer(plans: Plans): Promise<void> {
    await this.kube.offerings.client.create({
      ...{ apiVersion: API_VERSION, kind: 'ServiceOffering', metadata: { name: 'docker' } },
      spec: {
        ...{ id: SERVICE, name: 'docker', description: 'A container of your own', planUpdateable: true },
        plans: Object.entries(plans).map(([name, settings]) => ({
          ...{ id: name, name, description: name, backend: 'docker', settings: { ...settings } },
        })),
      },
    });
    await eventually(
      async () => (await this.osb.catalog()).body.services as unknown[],
      (services) => services.length === 1,
    );
  }

  /** The certificates that its engine takes now, in the Secret of the host. */
  async writeTls(host: string): Promise<void> {
    const { ca, cert, key } = this.host(host).engine.address.tls!;
    await this.#secret(tlsSecretName(host), { 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key });
  }

  async #secret(name: string, values: Readonly<Record<string, string>>): Promise<void> {
    const { client } = this.kube.secrets;
    const present = await client.get(name);
    await client[present ? 'replace' : 'create']({
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque' },
      metadata: { ...present?.metadata, name, labels: { [SECRET_LABEL]: 'backend' } },
      data: Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    });
  }

  /** The id of an instance that is ready. */
  async instance(plan = 'web', parameters: object = {}): Promise<string> {
    const id = newId();
    await this.provision(id, plan, parameters);
    await this.ended(id);
    return id;
  }

  async provision(id: string, plan = 'web', parameters: object = {}): Promise<void> {
    const answer = await this.osb.provision(id, provisionBody(SERVICE, plan, { parameters }), ASYNC);
    expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([201, 202]);
  }

  /** The text of the operation, once it is in that state. */
  async ended(id: string, state = 'succeeded'): Promise<string> {
    const { body } = await eventually(
      () => this.osb.lastOperation(id),
      ({ body }) => body.state !== 'in progress',
    );
    expect(body.state, JSON.stringify(body)).to.equal(state);
    return String(body.description);
  }

  /** The text of the operation, once that matches; fails where the operation ends before. */
  waits(id: string, text: RegExp): Promise<string> {
    return textOf(() => this.osb.lastOperation(id), text);
  }

  bindingWaits(id: string, binding: string, text: RegExp): Promise<string> {
    return textOf(() => this.osb.bindingLastOperation(id, binding), text);
  }

  async bindingEnded(id: string, binding: string, state = 'succeeded'): Promise<string> {
    const { body } = await this.osb.untilEnded(() => this.osb.bindingLastOperation(id, binding));
    expect(body.state, JSON.stringify(body)).to.equal(state);
    return String(body.description);
  }

  /** To another plan, or with other parameters; resolves when that is accepted. */
  async update(id: string, to: { plan?: string; parameters?: object }, from = 'web'): Promise<void> {
    const { plan, parameters } = to;
    const body = {
      service_id: SERVICE,
      previous_values: { plan_id: from },
      ...(plan === undefined ? {} : { plan_id: plan }),
      ...(parameters === undefined ? {} : { parameters }),
    };
    const answer = await this.osb.update(id, body, ASYNC);
    expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 202]);
  }

  /** Of the instance, once it has such an Event; also one of long ago. */
  async told(instance: string, reason: string): Promise<string> {
    const [event] = await this.kube.events.untilSome(
      1,
      (each) => each.reason === reason && each.involvedObject.name === instance,
    );
    return event!.message;
  }

  /** Once that condition of the instance is so. */
  async untilCondition(
    id: string,
    type: string,
    status: 'True' | 'False',
  ): Promise<Readonly<ServiceInstance>> {
    return this.kube.instances.until(id, (instance) =>
      (instance.status?.conditions ?? []).some((each) => each.type === type && each.status === status),
    );
  }

  async bind(instance: string, plan = 'web', binding = newId()) {
    let answer = await this.osb.bind(instance, binding, { service_id: SERVICE, plan_id: plan }, ASYNC);
    expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([201, 202]);
    if (answer.status === 202) {
      await this.bindingEnded(instance, binding);
      answer = await this.osb.fetchBinding(instance, binding);
    }
    const credentials = answer.body.credentials as Record<string, string>;
    return { binding, credentials, endpoints: answer.body.endpoints as object[] };
  }

  /** Resolves when the application reads that there. */
  async untilServed(uri: string, text: string): Promise<void> {
    const read = async (): Promise<string> => (await fetch(uri)).text();
    await eventually(
      () => read().catch(() => undefined),
      (seen) => seen === text,
    );
  }

  async unbind(instance: string, binding: string, plan = 'web'): Promise<void> {
    const answer = await this.osb.unbind(instance, binding, { ...idsQuery(SERVICE, plan), ...ASYNC });
    expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 202]);
    await this.kube.bindings.untilGone(binding);
  }

  /** Resolves when nothing of the instance is left anywhere. */
  async deprovision(id: string, plan = 'web'): Promise<void> {
    const answer = await this.osb.deprovision(id, { ...idsQuery(SERVICE, plan), ...ASYNC });
    expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 202]);
    await this.kube.instances.untilGone(id);
  }

  get cluster(): TestCluster {
    return this.#cluster!;
  }

  get kube(): Kube {
    return this.#kube!;
  }

  get broker(): TestBroker {
    return this.#broker!;
  }

  get osb(): OsbClient {
    return this.broker.osb;
  }

  #agent(name: string, { address, serviceHost }: DockerEngine, more: Partial<Registration>): HostAgent {
    return new HostAgent(this.#config!, this.cluster.namespace, {
      ...{ name, engine: address.engine, serviceHost },
      ...{ perfFactor: 1, schedulable: true, keepaliveSeconds: 1 },
      ...more,
    });
  }
}

async function textOf(poll: () => Promise<OsbResponse>, text: RegExp): Promise<string> {
  const { body } = await eventually(
    poll,
    ({ body }) => body.state !== 'in progress' || text.test(String(body.description)),
  );
  expect(body, JSON.stringify(body)).to.include({ state: 'in progress' });
  return String(body.description);
}
