// The record of what bind applied, kept with the binding's values, for secret values are in it.
import type { Binding, Manifest } from '../../sdk/index.js';
import { NothingKept } from './kept.js';
import type { WorkloadSettings } from './settings.js';

type WorkloadBinding = Binding<WorkloadSettings>;

/** Renders once for each operation: what came of it stays, whatever becomes of what it was rendered from. */
export async function recordOnce(
  { keep, operationId }: WorkloadBinding,
  render: () => readonly Manifest[],
): Promise<readonly Manifest[]> {
  const name = `applied.${operationId}`;
  const { [name]: record } = await keep({ [name]: () => JSON.stringify(render()) });
  try {
    return JSON.parse(record!) as Manifest[];
  } catch {
    throw new NothingKept('the record of what bind applied cannot be read: bind again');
  }
}

/** Throws NothingKept where there is none. */
export const recorded = (binding: WorkloadBinding): Promise<readonly Manifest[]> =>
  recordOnce(binding, () => {
    throw new NothingKept('the record of what bind applied is gone: bind again');
  });
