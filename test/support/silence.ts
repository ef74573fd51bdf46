// Keeps a broker from hearing of what happens at the API server.
import type { Faults } from '../../src/sdk/local/faults.js';
import { eventually } from './unchanged.js';

/** Waits until so many watches of that kind are open, since one that begins later would speak, and silences them. */
export async function silence(faults: Faults, resource: string, watches: number): Promise<void> {
  await eventually(
    () => Promise.resolve(faults.openWatches({ resource })),
    (open) => open >= watches,
  );
  faults.silenceWatches({ resource });
}
