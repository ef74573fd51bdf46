// When a broker has nothing more to do.
import type { BenchBroker } from './broker.js';

const LOOK_EVERY_MS = 100;

/** Resolves when the broker has asked nothing of the API server for a while. */
export async function quiet(broker: BenchBroker, forMs = 500): Promise<void> {
  let before = '';
  for (let still = 0; still < forMs; still += LOOK_EVERY_MS) {
    await pause(LOOK_EVERY_MS);
    const now = JSON.stringify(await broker.process.call('requests'));
    if (now !== before) still = 0;
    before = now;
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
