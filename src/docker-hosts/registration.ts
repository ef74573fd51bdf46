// How a Docker host is registered, and gives a sign of life: by its agent in the cluster, or by the broker that the agent
// pings.
import { isDeepStrictEqual } from 'node:util';
import { isAlreadyExists, isConflict, isNotFound } from '../sdk/kube/errors.js';
import { type Lease, LEASES } from '../sdk/kube/lease.js';
import type { KubeObject } from '../sdk/kube/types.js';
import {
  API_VERSION,
  DOCKER_HOSTS,
  type DockerHost,
  type DockerHostSpec,
  GROUP,
} from '../sdk/resources/kinds.js';
import { claimedSpec, holderOf, renewedSpec, type Writer } from '../sdk/runtime/lease-record.js';
import { KEEPALIVES } from './heartbeats.js';
import { LEASE_LABEL, LEASE_OF_HOST, leaseName } from './names.js';

/** What an agent says of its host. */
export interface Registration {
  /** Of the DockerHost. */
  readonly name: string;
  readonly engine: string;
  /** The name of the Secret with the engine's TLS material; as it is when absent. */
  readonly tlsSecret?: string;
  readonly serviceHost: string;
  /** From `min` on, up to `max`, which is not part of it; the engine chooses when absent. */
  readonly ports?: { readonly min: number; readonly max: number };
  readonly perfFactor: number;
  readonly schedulable: boolean;
  readonly keepaliveSeconds: number;
}

/** The objects of one kind, as a store has them or a client. */
export interface Registry<T extends KubeObject> {
  get(name: string): Readonly<T> | undefined | Promise<Readonly<T> | undefined>;
  /** Where `get` answers from memory: asks the API server. */
  read?(name: string): Promise<Readonly<T> | undefined>;
  create(object: T): Promise<Readonly<T>>;
  /** Fails with a conflict when the object is not of the stored version. */
  replace(object: T): Promise<Readonly<T>>;
}

/** On a DockerHost while its agent wants it to get no new instances. */
export const CORDONED_BY_AGENT = `${GROUP}/cordoned-by-agent`;

/**
 * Makes the DockerHost, or makes its spec what the registration says, and writes nothing where it says so already. Two
 * things are left to operators: `tls`, where the registration has none, and `schedulable`, which changes only when
 * the agent changes its mind, as an annotation remembers. So neither a cordon with kubectl nor its end is undone by the
 * agent's next word, which is the same as its last.
 */
export function register(hosts: Registry<DockerHost>, registration: Registration): Promise<void> {
  return upsert(hosts, registration.name, (present) => registered(present, registration));
}

export interface Beat {
  /** The name of the DockerHost, which need not be there yet. */
  readonly host: string;
  /** Who gives it. */
  readonly holder: string;
  readonly keepaliveSeconds: number;
}

/** Renews the host's Lease, makes it where there is none; never touches the DockerHost. `now` in milliseconds since 1970. */
export function beat(leases: Registry<Lease>, given: Beat, now: number): Promise<void> {
  const { host, holder, keepaliveSeconds } = given;
  const writer = { identity: holder, leaseSeconds: KEEPALIVES * keepaliveSeconds, now };
  return upsert(leases, leaseName(host), (present) => renewed(present, leaseName(host), writer));
}

/** Again where somebody else was faster. */
async function upsert<T extends KubeObject>(
  objects: Registry<T>,
  name: string,
  change: (present: Readonly<T> | undefined) => T,
): Promise<void> {
  let present = await objects.get(name);
  for (;;) {
    const wanted = change(present);
    if (present && isDeepStrictEqual(wanted, present)) return;
    try {
      await (present ? objects.replace(wanted) : objects.create(wanted));
      return;
    } catch (error) {
      const wasOvertaken = isConflict(error) || (present ? isNotFound(error) : isAlreadyExists(error));
      if (!wasOvertaken) throw error;
      present = await (objects.read ? objects.read(name) : objects.get(name));
    }
  }
}

function registered(present: Readonly<DockerHost> | undefined, registration: Registration): DockerHost {
  const { name, schedulable } = registration;
  const { [CORDONED_BY_AGENT]: cordoned, ...others } = present?.metadata.annotations ?? {};
  const saidBefore = cordoned === undefined;
  const annotations = { ...others, ...(schedulable ? {} : { [CORDONED_BY_AGENT]: 'true' }) };
  const kept = saidBefore === schedulable ? present?.spec.schedulable : undefined;
  const { annotations: _, ...metadata } = present?.metadata ?? { name };
  return {
    ...(present ?? { apiVersion: API_VERSION, kind: DOCKER_HOSTS.kind }),
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: specOf(registration, { tls: present?.spec.tls, schedulable: kept ?? schedulable }),
  };
}

function specOf(
  { engine, tlsSecret, serviceHost, ports, perfFactor, keepaliveSeconds }: Registration,
  kept: { tls: DockerHostSpec['tls']; schedulable: boolean },
): DockerHostSpec {
  const tls = tlsSecret === undefined ? kept.tls : { secretRef: { name: tlsSecret } };
  return {
    engine,
    serviceHost,
    ...(tls ? { tls } : {}),
    ...(ports ? { ports: { min: ports.min, max: ports.max } } : {}),
    perfFactor,
    schedulable: kept.schedulable,
    keepaliveSeconds,
  };
}

function renewed(present: Readonly<Lease> | undefined, name: string, writer: Writer): Lease {
  const { group, version, kind } = LEASES;
  const isOurs = holderOf(present) === writer.identity;
  return {
    ...(present ?? { apiVersion: `${group}/${version}`, kind }),
    metadata: {
      ...(present?.metadata ?? { name }),
      labels: { ...present?.metadata.labels, [LEASE_LABEL]: LEASE_OF_HOST },
    },
    spec: isOurs ? renewedSpec(present, writer) : claimedSpec(present, writer),
  };
}
