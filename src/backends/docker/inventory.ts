// What the broker has on its hosts, whatever has become of the resources.
import type { HeldInstance } from '../../sdk/index.js';
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
  for (const { engine, hostUid } of site.alive()) {
    for (const { labels } of await engine.containers(labelsOn(site, hostUid), signal)) {
      const name = instanceIn(labels);
      if (name !== undefined) names.add(name);
    }
    for (const volume of await engine.volumes(labelsOn(site, hostUid), signal)) {
      names.add(instanceOfVolume(volume));
    }
  }
  return [...names].map((name) => ({ name }));
}

const instanceOfVolume = (volume: string): string => volume.replace(/-[0-9a-f]{8}$/, '');
