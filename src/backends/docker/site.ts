// Where instances are: which Docker host has been given each, and a connection to its engine.
import {
  type BrokerContext,
  type BrokerPart,
  type Instance,
  type LeaderTerm,
  TerminalError,
  type Waiting,
  waiting,
} from '../../sdk/index.js';
import type { EngineAddress } from '../../docker-hosts/engine-address.js';
import { followDockerHosts } from '../../docker-hosts/follow.js';
import type { DockerHosts, HostView } from '../../docker-hosts/hosts.js';
import { followHosts } from '../../docker-hosts/liveness.js';
import { dockerRoutes } from '../../docker-hosts/rest/routes.js';
import { Engine } from './engine.js';
import { EngineError } from './engine-errors.js';
import { kept } from './kept.js';
import type { DockerSettings } from './settings.js';

export type DockerInstance = Instance<DockerSettings>;

/** A host that can be worked on. */
export interface Place {
  readonly host: HostView;
  readonly hostUid: string;
  readonly engine: Engine;
}

/** In how many seconds to look again where a host is missing, or silent. */
const RETRY = { retryAfter: 5 };

export class Site {
  readonly namespace: string;
  readonly hosts: DockerHosts;
  readonly part: BrokerPart;
  #assertLeading: () => void = () => {
    throw new Error('this replica does not lead');
  };

  constructor(broker: BrokerContext) {
    this.namespace = broker.namespace;
    this.hosts = followDockerHosts(broker);
    this.part = {
      routes: dockerRoutes(broker, this.hosts.sources),
      lead: (term) => this.#lead(term, broker),
    };
  }

  /** The place that the instance has, which it gets with the first call. What is kept of it may be lost: its host tells as well. */
  async placeFor(instance: DockerInstance): Promise<Place | Waiting> {
    const { container, host: only, ports } = instance.settings;
    const need = { ports: container === undefined ? (ports?.length ?? 1) : 0, ...(only ? { only } : {}) };
    try {
      const { host } = await instance.keep({
        host: () => this.hosts.hostOf(instance.name) ?? this.#choose(need),
      });
      if (only !== undefined && only !== host)
        throw new TerminalError(`the instance is on the Docker host ${host}, and stays there`, {
          updateRepeatable: false,
        });
      return this.#at(host);
    } catch (error) {
      if (error instanceof NoHost) return waiting(error.message, RETRY);
      throw error;
    }
  }

  /** The place that the instance has; undefined where it never got one. */
  async placeOf(instance: DockerInstance): Promise<Place | Waiting | undefined> {
    const host = (await kept(instance, 'host')) ?? this.hosts.hostOf(instance.name);
    return host === undefined ? undefined : this.#at(host);
  }

  /** Host port by container port; empty where the host has no range. Throws PortsExhausted. */
  allocate(
    { host }: Place,
    instance: string,
    ports: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    return this.hosts.allocate(host.name, instance, ports, this.#assertLeading);
  }

  release(instance: string): Promise<void> {
    return this.hosts.release(instance, this.#assertLeading);
  }

  /** All hosts that give signs of life. */
  alive(): HostView[] {
    return this.hosts.list().filter(({ isAlive }) => isAlive);
  }

  /** Throws an EngineError where the material for its TLS is missing or wrong. */
  placeAt(host: HostView): Place {
    const hostUid = this.hosts.sources.hosts.get(host.name)?.metadata.uid ?? '';
    return { host, hostUid, engine: new Engine(this.#addressOf(host.name)) };
  }

  #choose(need: Parameters<DockerHosts['choose']>[0]): string {
    const choice = this.hosts.choose(need);
    if ('problem' in choice) throw new NoHost(choice.problem);
    return choice.host;
  }

  #at(name: string): Place | Waiting {
    const host = this.hosts.get(name);
    if (!host)
      return waiting(`the Docker host ${name} of the instance is unknown: its agent has to run again`, RETRY);
    if (!host.isAlive) return waiting(`the Docker host ${name} of the instance ${host.lost}`, RETRY);
    return this.placeAt(host);
  }

  #addressOf(host: string): EngineAddress {
    try {
      return this.hosts.addressOf(host);
    } catch (error) {
      throw new EngineError('untrusted', (error as Error).message, error);
    }
  }

  async #lead(term: LeaderTerm, { log }: BrokerContext): Promise<void> {
    this.#assertLeading = term.assertLeading;
    await followHosts(this.hosts, term, log);
  }
}

class NoHost extends Error {}

export const isWaiting = (value: object): value is Waiting => 'state' in value && value.state === 'waiting';
