// A request that the embedded API server holds back until a test lets it go: who is late is then no matter of time.
import type { FaultMatch, Faults } from '../../src/sdk/local/index.js';
import { eventually } from './unchanged.js';

export interface HeldRequest {
  /** Resolves when the request has come. */
  reached(): Promise<unknown>;
  /** It takes effect now; or at once, if it comes later. */
  release(): void;
}

export function holdNext(faults: Faults, match: FaultMatch): HeldRequest {
  let release = (): void => undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  const fault = faults.add({ match, times: 1, fault: { kind: 'hold', until } });
  const hits = (): Promise<number> => Promise.resolve(fault.hits);
  return { reached: () => eventually(hits, (count) => count > 0), release };
}
