// What the broker has on its hosts, whatever has become of the resources.
import type { HeldInstance } from '../../sdk/index.js';
import type { HostView } from '../../docker-hosts/hosts.js';
import { isEngineError } from './engine-errors.js';
import { instanceIn, labelsOn } from './labels.js';
import type { DockerSettings } from './settings.js';
import type { Site } from './site.js';

/** Of hosts that give no sign of life, only what stands in their status. */
export async function held(
  site: Site,
  { container }: Readonly<DockerSettings>,
  signal: AbortSignal,
): Promise<HeldInstance[]> {
  if (container !== undefined) return []; // of what was there before, the broker has nothing
  const names = new Set(site.hosts.instances());
  for (const host of site.alive()) {
    for (const name of await namesOn(site, host, signal)) names.add(name);
  }
  return [...names].map((name) => ({ name }));
}

/** None where the engine does not answer: what is on the others is found all the same. */
async function namesOn(site: Site, host: HostView, signal: AbortSignal): Promise<string[]> {
  try {
    const { engine, hostUid } = site.placeAt(host);
    const labels = labelsOn(site, hostUid);
    const containers = await engine.containers(labels, signal);
    const volumes = await engine.volumes(labels, signal);
    const ofContainers = containers.flatMap((container) => instanceIn(container.labels) ?? []);
    return [...ofContainers, ...volumes.map(instanceOfVolume)];
  } catch (error) {
    if (isEngineError(error)) return [];
    throw error;
  }
}

const instanceOfVolume = (volume: string): string => volume.replace(/-[0-9a-f]{8}$/, '');
