// Bindings are kept as bind made them: what it applied is on record, so that neither another plan nor an object that it
// was rendered from changes what an application has been given.
import type { Binding, Manifest, Observation } from '../../sdk/index.js';
import { lasting, observed } from './drift.js';
import { kindsMadeFrom } from './manifests.js';
import { recorded } from './record.js';
import type { WorkloadSettings } from './settings.js';

type WorkloadBinding = Binding<WorkloadSettings>;

export const observeBinding = (binding: WorkloadBinding): Promise<Observation> =>
  observed(binding.instance.settings.drift, async () => binding.resources.drift(await wanted(binding)));

/** A Job that somebody deleted runs again. */
export async function repairBinding(binding: WorkloadBinding): Promise<void> {
  const manifests = await wanted(binding);
  await binding.resources.apply(manifests, { also: kindsMadeFrom(manifests) });
}

async function wanted(binding: WorkloadBinding): Promise<readonly Manifest[]> {
  return lasting(await recorded(binding), await binding.resources.list());
}
