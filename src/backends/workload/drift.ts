// What has become of objects that should be as they were applied: what of it is told, and what is put right.
import type { Manifest, Observation, ObservedCondition, OwnedObject } from '../../sdk/index.js';
import { NothingKept } from './kept.js';
import type { WorkloadSettings } from './settings.js';

/** How many differences an Event and a condition tell. */
const MAX_TOLD = 3;

/** `look` returns a sentence for each difference; where it throws NothingKept, other values would be no repair. */
export async function observed(
  drift: WorkloadSettings['drift'],
  look: () => Promise<readonly string[]>,
): Promise<Observation> {
  if (drift === 'Ignore') return {};
  try {
    const found = inShort(await look());
    if (drift === 'Report') return { conditions: [drifted(found)] };
    return found === '' ? {} : { repair: found };
  } catch (error) {
    if (!(error instanceof NothingKept)) throw error;
    return { conditions: [drifted(error.message)] };
  }
}

/** Without the Jobs that have removed themselves, which is what `ttlSecondsAfterFinished` is for. */
export const lasting = (
  manifests: readonly Manifest[],
  objects: readonly OwnedObject[],
): readonly Manifest[] =>
  manifests.filter(
    (manifest) =>
      !removesItself(manifest) ||
      objects.some(
        ({ kind, metadata: { name, deletionTimestamp } }) =>
          kind === 'Job' && name === manifest.metadata.name && deletionTimestamp === undefined,
      ),
  );

const removesItself = ({ kind, spec }: Manifest): boolean =>
  kind === 'Job' &&
  (spec as { ttlSecondsAfterFinished?: number } | undefined)?.ttlSecondsAfterFinished !== undefined;

/** Empty where nothing was found. */
function inShort(found: readonly string[]): string {
  const more = found.length > MAX_TOLD ? [`and ${found.length - MAX_TOLD} more`] : [];
  return [...found.slice(0, MAX_TOLD), ...more].join('; ');
}

const drifted = (found: string): ObservedCondition => ({
  type: 'Drifted',
  ...(found === ''
    ? ({ status: 'False', reason: 'AsRendered', message: 'all objects are as the plan has them' } as const)
    : ({ status: 'True', reason: 'Changed', message: found } as const)),
});
