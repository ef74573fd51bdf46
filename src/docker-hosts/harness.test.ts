// What the tests of this room share: a store in memory that tells versions apart as an API server does, and hosts in it.
import { MemoryStore } from '../sdk/controllers/harness.test.js';
import { KubeError } from '../sdk/kube/errors.js';
import { type Lease, LEASES, microTime } from '../sdk/kube/lease.js';
import type { KubeObject, Secret } from '../sdk/kube/types.js';
import { API_VERSION, DOCKER_HOSTS, type DockerHost, type DockerHostSpec } from '../sdk/resources/kinds.js';
import { ManualClock } from '../sdk/runtime/harness.test.js';
import type { Guard, GuardableStore } from '../sdk/runtime/store.js';
import { DockerHosts } from './hosts.js';
import { leaseName } from './names.js';

const refusal = (status: number, reason: string): KubeError => new KubeError(reason, { status, reason });

export class VersionedStore<T extends KubeObject & { status?: unknown }>
  extends MemoryStore<T>
  implements GuardableStore<T>
{
  /** Runs before a write is looked at: as if somebody else came first. */
  overtake: (name: string) => void = () => undefined;

  override create = async (object: T, guard?: Guard): Promise<Readonly<T>> => {
    const present = await this.#arrive('create', object, guard);
    if (present) throw refusal(409, 'AlreadyExists');
    return this.put({ ...object, metadata: { ...object.metadata, generation: 1 } });
  };

  override replace = async (object: T, guard?: Guard): Promise<Readonly<T>> => {
    const present = this.#same(object, await this.#arrive('replace', object, guard));
    return this.put({ ...object, status: present.status });
  };

  override replaceStatus = async (object: T, guard?: Guard): Promise<Readonly<T>> => {
    const present = this.#same(object, await this.#arrive('replaceStatus', object, guard));
    return this.put({ ...present, status: object.status });
  };

  writes(): string[] {
    return this.requests.filter((request) => !request.startsWith('read'));
  }

  /** Others have a turn before it does. */
  async #arrive(verb: string, { metadata }: T, guard?: Guard): Promise<Readonly<T> | undefined> {
    guard?.();
    this.requests.push(`${verb} ${metadata.name}`);
    await Promise.resolve();
    this.overtake(metadata.name);
    return this.get(metadata.name);
  }

  #same({ metadata }: T, present: Readonly<T> | undefined): Readonly<T> {
    if (!present) throw refusal(404, 'NotFound');
    if (present.metadata.resourceVersion !== metadata.resourceVersion) throw refusal(409, 'Conflict');
    return present;
  }
}

export const hostOf = (name: string, spec: Partial<DockerHostSpec> = {}): DockerHost => ({
  apiVersion: API_VERSION,
  kind: DOCKER_HOSTS.kind,
  metadata: { name, generation: 1 },
  spec: { engine: 'tcp://10.0.0.7:2376', serviceHost: `${name}.example.org`, keepaliveSeconds: 10, ...spec },
});

/** A sign of life that was given at that time, in milliseconds since 1970. */
export const leaseOf = (host: string, at: number): Lease => ({
  apiVersion: `${LEASES.group}/${LEASES.version}`,
  kind: LEASES.kind,
  metadata: { name: leaseName(host) },
  spec: { holderIdentity: 'agent', leaseDurationSeconds: 30, renewTime: microTime(at) },
});

export interface Fleet {
  hosts: VersionedStore<DockerHost>;
  leases: VersionedStore<Lease>;
  secrets: MemoryStore<Secret>;
  clock: ManualClock;
  docker: DockerHosts;
}

/** Hosts that have given a sign of life just now. */
export function makeFleet(...present: DockerHost[]): Fleet {
  const hosts = new VersionedStore<DockerHost>();
  const leases = new VersionedStore<Lease>();
  const secrets = new MemoryStore<Secret>();
  const clock = new ManualClock();
  for (const host of present) {
    hosts.put(host);
    leases.put(leaseOf(host.metadata.name, clock.now()));
  }
  const docker = new DockerHosts({ hosts, leases, secrets, clock, random: () => 0 });
  return { hosts, leases, secrets, clock, docker };
}

export const free: Guard = () => undefined;
