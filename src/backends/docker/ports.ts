// The ports at which an instance is reached: from its host's range, or chosen by the engine; the same for as long as it
// lives, since applications have been told of them.
import type { ContainerFacts, ImageFacts } from './engine-facts.js';
import { kept } from './kept.js';
import type { DockerInstance, Place, Site } from './site.js';

/** Host port by container port; the engine is to choose where it is undefined. */
export type WantedPorts = ReadonlyMap<string, number | undefined>;

export interface Ports {
  readonly ports: WantedPorts;
  /** Those of the host's range. */
  readonly allocated: ReadonlyMap<string, number>;
}

export async function wantedPorts(
  site: Site,
  place: Place,
  instance: DockerInstance,
  image: ImageFacts,
): Promise<Ports> {
  const { name, settings } = instance;
  const names = settings.ports?.map((port) => (port.includes('/') ? port : `${port}/tcp`)) ?? image.ports;
  const allocated = await site.allocate(place, name, names);
  const ports = new Map<string, number | undefined>();
  for (const port of names) ports.set(port, allocated.get(port) ?? (await keptPort(instance, port)));
  return { ports, allocated };
}

/** From now on they stay. */
export async function keepPorts(
  { keep }: DockerInstance,
  published: ReadonlyMap<string, number>,
): Promise<void> {
  await keep(
    Object.fromEntries([...published].map(([port, hostPort]) => [keyOf(port), () => String(hostPort)])),
  );
}

export const hasOtherPorts = ({ state, published }: ContainerFacts, wanted: WantedPorts): boolean =>
  state.running &&
  [...wanted].some(([port, hostPort]) => hostPort !== undefined && published.get(port) !== hostPort);

/** Those that applications were told of. */
export async function keptPorts(instance: DockerInstance, ports: Iterable<string>): Promise<WantedPorts> {
  const all = new Map<string, number | undefined>();
  for (const port of ports) all.set(port, await keptPort(instance, port));
  return all;
}

async function keptPort(instance: DockerInstance, port: string): Promise<number | undefined> {
  const value = await kept(instance, keyOf(port));
  return value === undefined ? undefined : Number(value);
}

const keyOf = (port: string): string => `port-${port.replace('/', '-')}`;
