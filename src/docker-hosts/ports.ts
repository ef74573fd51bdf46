// Which host ports containers get, from a range. Pure: who holds what is given, and handed back.

/** From `min` on, up to `max`, which is not part of it. */
export interface PortRange {
  readonly min: number;
  readonly max: number;
}

/** The host's port by the container's, `6379/tcp`. */
export type PortMap = ReadonlyMap<string, number>;

export class PortsExhausted extends Error {
  override readonly name = 'PortsExhausted';
}

/** How many ports of the range nobody has taken. */
export function countFree({ min, max }: PortRange, taken: ReadonlySet<number>): number {
  const inRange = [...taken].filter((port) => port >= min && port < max);
  return Math.max(0, max - min) - inRange.length;
}

export interface PortRequest {
  /** Its name, for what goes wrong. */
  readonly host: string;
  /** Undefined where the engine chooses ports: nothing new is given then. */
  readonly range: PortRange | undefined;
  /** The host's ports that others have. */
  readonly taken: ReadonlySet<number>;
  /** What the asker has already. */
  readonly held: PortMap;
  /** The container's ports, `6379/tcp`. */
  readonly wanted: readonly string[];
}

/**
 * A port of the host for each that is wanted: the one that is held already, even where the range has moved on; else
 * the lowest free one of the range. Throws PortsExhausted, a sentence, when there are too few.
 */
export function assignPorts({ host, range, taken, held, wanted }: PortRequest): PortMap {
  const names = [...new Set(wanted)];
  const assigned = new Map<string, number>();
  const used = new Set(taken);
  for (const name of names) {
    const port = held.get(name);
    if (port === undefined || used.has(port)) continue;
    assigned.set(name, port);
    used.add(port);
  }
  const missing = names.filter((name) => !assigned.has(name));
  if (!range || missing.length === 0) return assigned;
  const free = lowestFree(range, used, missing.length);
  if (free.length < missing.length) {
    throw new PortsExhausted(
      `the Docker host ${host} has ${portsWord(free.length)} free from ${range.min} to ${range.max - 1}, and the instance needs ${missing.length} more: widen spec.ports of the DockerHost, or remove instances from it`,
    );
  }
  missing.forEach((name, index) => assigned.set(name, free[index]!));
  return assigned;
}

export const portsWord = (count: number): string => (count === 1 ? '1 port' : `${count} ports`);

function lowestFree(range: PortRange, used: ReadonlySet<number>, count: number): number[] {
  const free: number[] = [];
  for (let port = range.min; port < range.max && free.length < count; port++) {
    if (!used.has(port)) free.push(port);
  }
  return free;
}
