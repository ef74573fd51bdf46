// The Docker hosts: which there are, how they are reached, which one a new instance goes to, and what it holds there.
import type { Lease } from '../sdk/kube/lease.js';
import type { Secret } from '../sdk/kube/types.js';
import type { DockerHost } from '../sdk/resources/kinds.js';
import type { Clock } from '../sdk/runtime/clock.js';
import { KeyedLock } from '../sdk/runtime/keyed-lock.js';
import type { Guard, GuardableStore, Store } from '../sdk/runtime/store.js';
import type { EngineAddress } from './engine-address.js';
import { tlsOf } from './engine-tls.js';
import { entriesOf, portsOf, takenPorts, withInstance, withoutInstance } from './entries.js';
import { Heartbeats } from './heartbeats.js';
import { changeStatus, type ChangeOfStatus } from './host-status.js';
import { countFree, type PortMap } from './ports.js';
import { type Choice, chooseHost, type Need } from './schedule.js';

export { PortsExhausted } from './ports.js';

export interface HostView {
  readonly name: string;
  readonly serviceHost: string;
  readonly isAlive: boolean;
  readonly schedulable: boolean;
  readonly perfFactor: number;
  /** Undefined where the engine chooses ports. */
  readonly freePorts: number | undefined;
  /** For people, after the host's name: "has not given a sign of life since 2026-…"; '' when it is alive. */
  readonly lost: string;
}

export interface DockerHostsOptions {
  readonly hosts: GuardableStore<DockerHost>;
  /** Those of the label `sdkbroker.broker.io/lease: docker-host` (LEASE_SELECTOR). */
  readonly leases: GuardableStore<Lease>;
  readonly secrets: Pick<Store<Secret>, 'get'>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** To be made before the stores are filled, or soon after: it judges heartbeats by the changes that it sees. */
export class DockerHosts {
  /** What they are known from, for who follows them. */
  readonly sources: Pick<DockerHostsOptions, 'hosts' | 'leases' | 'clock'> & {
    readonly heartbeats: Heartbeats;
  };
  readonly #secrets: DockerHostsOptions['secrets'];
  readonly #random: () => number;
  readonly #avoided = new Map<string, ReadonlySet<number>>();
  /** Those of one process need not meet each other as conflicts. */
  readonly #changing = new KeyedLock();

  constructor({ secrets, random, ...sources }: DockerHostsOptions) {
    this.sources = { ...sources, heartbeats: new Heartbeats(sources) };
    this.#secrets = secrets;
    this.#random = random;
  }

  list(): HostView[] {
    return this.sources.hosts.list().map((host) => this.#viewOf(host));
  }

  get(name: string): HostView | undefined {
    const host = this.sources.hosts.get(name);
    return host && this.#viewOf(host);
  }

  /** Where its engine is, with the TLS material of now; throws a sentence where the Secret is missing or wrong. */
  addressOf(name: string): EngineAddress {
    const host = this.sources.hosts.get(name);
    if (!host) throw new Error(noHost(name));
    const tls = tlsOf(this.#secrets, host);
    return { engine: host.spec.engine, ...(tls ? { tls } : {}) };
  }

  /** The host for a new instance; a sentence where there is none, which says of each why it will not do. */
  choose(need: Need): Choice {
    return chooseHost(this.list(), need, this.#random);
  }

  /**
   * Writes down that the instance is there, with a port of the host for each of its container's, `6379/tcp`: what it has
   * stays, what it needs no more is freed, and nothing is written where nothing changes. No new port where the host has no
   * range: the engine chooses. Throws PortsExhausted, a sentence. `guard` throws once this replica may not write.
   */
  async allocate(host: string, instance: string, ports: readonly string[], guard: Guard): Promise<PortMap> {
    const avoid = this.#avoided.get(host);
    const change = await this.#change(
      host,
      (present) => withInstance(present, instance, ports, avoid),
      guard,
    );
    if (!change) throw new Error(noHost(host));
    return portsOf(change.after, instance);
  }

  /** Something else has these ports of the host: they are given to nobody any more, for as long as this process lives. */
  avoid(host: string, ports: Iterable<number>): void {
    this.#avoided.set(host, new Set([...(this.#avoided.get(host) ?? []), ...ports]));
  }

  /** Forgets the instance and frees its ports, on all hosts. */
  async release(instance: string, guard: Guard): Promise<void> {
    for (const { metadata } of this.sources.hosts.list()) {
      await this.#change(metadata.name, (present) => withoutInstance(present, instance), guard);
    }
  }

  /** The host that has an entry of the instance. */
  hostOf(instance: string): string | undefined {
    const has = (host: Readonly<DockerHost>) => entriesOf(host).some(({ name }) => name === instance);
    return this.sources.hosts.list().find(has)?.metadata.name;
  }

  /** The names of all instances that a host has an entry of. */
  instances(): string[] {
    const names = this.sources.hosts.list().flatMap((host) => entriesOf(host).map(({ name }) => name));
    return [...new Set(names)];
  }

  #change(host: string, change: ChangeOfStatus, guard: Guard): ReturnType<typeof changeStatus> {
    return this.#changing.run(host, () => changeStatus(this.sources.hosts, host, change, guard));
  }

  #viewOf(host: Readonly<DockerHost>): HostView {
    const { serviceHost, schedulable = true, perfFactor = 1, ports } = host.spec;
    const { isAlive, lost } = this.sources.heartbeats.of(host);
    const { name } = host.metadata;
    const taken = new Set([...takenPorts(host), ...(this.#avoided.get(name) ?? [])]);
    return {
      name,
      serviceHost,
      isAlive,
      schedulable,
      perfFactor,
      freePorts: ports && countFree(ports, taken),
      lost,
    };
  }
}

const noHost = (name: string): string => `there is no DockerHost ${name}: run brokersdk agent on it again`;
