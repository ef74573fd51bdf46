// The instances in a DockerHost's status, and the ports that they hold. Pure.
import type { DockerHost, DockerHostStatus } from '../sdk/resources/kinds.js';
import { assignPorts, type PortMap } from './ports.js';

type Entry = NonNullable<DockerHostStatus['instances']>[number];

export const entriesOf = ({ status }: Readonly<DockerHost>): readonly Entry[] => status?.instances ?? [];

/** The host's ports that are taken, by all instances but that one. */
export function takenPorts(host: Readonly<DockerHost>, except?: string): Set<number> {
  const others = entriesOf(host).filter(({ name }) => name !== except);
  return new Set(others.flatMap(({ ports = [] }) => ports.map((port) => port.host)));
}

/** The ports that the instance has there, by the container's. */
export function portsOf(host: Readonly<DockerHost>, instance: string): PortMap {
  const entry = entriesOf(host).find(({ name }) => name === instance);
  return new Map((entry?.ports ?? []).map((port) => [port.container, port.host]));
}

/**
 * The status with an entry of the instance that has ports for these of its container, and no others. Throws
 * PortsExhausted.
 */
export function withInstance(
  host: Readonly<DockerHost>,
  instance: string,
  wanted: readonly string[],
  avoid: ReadonlySet<number> = new Set(),
): DockerHostStatus {
  const assigned = assignPorts({
    host: host.metadata.name,
    range: host.spec.ports,
    taken: new Set([...takenPorts(host, instance), ...avoid]),
    held: portsOf(host, instance),
    wanted,
  });
  const ports = [...assigned].map(([container, port]) => ({ container, host: port }));
  const entry: Entry = { name: instance, ...(ports.length === 0 ? {} : { ports }) };
  const before = entriesOf(host);
  const isThere = before.some(({ name }) => name === instance);
  return withEntries(
    host,
    isThere ? before.map((each) => (each.name === instance ? entry : each)) : [...before, entry],
  );
}

/** The status without an entry of the instance: as it is where there is none. */
export function withoutInstance(host: Readonly<DockerHost>, instance: string): DockerHost['status'] {
  const others = entriesOf(host).filter(({ name }) => name !== instance);
  return others.length === entriesOf(host).length ? host.status : withEntries(host, others);
}

const withEntries = ({ status }: Readonly<DockerHost>, entries: readonly Entry[]): DockerHostStatus => ({
  ...status,
  instances: [...entries],
  instanceCount: entries.length,
});
