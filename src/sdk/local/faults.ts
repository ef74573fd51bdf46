// Faults on demand, as small data: which requests, how often, and what befalls them. Watches that are open already
// are cut, expired or silenced by calls of their own.
import type { WatchMatch, Watches } from './watches.js';
import type { Verb } from './targets.js';

export interface FaultMatch {
  verb?: Verb;
  group?: string;
  resource?: string;
  /** The empty string for requests of the object itself. */
  subresource?: string;
  namespace?: string;
  name?: string;
}

export type Fault =
  | { kind: 'status'; code: 409 | 410 | 429 | 500 | 503; retryAfterSeconds?: number }
  | { kind: 'delay'; ms: number }
  /** Does not take effect before the promise has resolved. */
  | { kind: 'hold'; until: Promise<void> }
  /** Cuts the connection before the request takes effect, or after it did and before the answer. */
  | { kind: 'reset'; when: 'before' | 'after' }
  /** Never answers. */
  | { kind: 'hang' };

export interface FaultRule {
  match: FaultMatch;
  /** How many requests it befalls; all of them when left out. */
  times?: number;
  fault: Fault;
}

export interface FaultHandle {
  /** How many requests it befell so far. */
  readonly hits: number;
  remove(): void;
}

interface ActiveFault extends FaultRule {
  hits: number;
}

export class Faults {
  readonly #watches: Watches;
  readonly #active = new Set<ActiveFault>();

  constructor(watches: Watches) {
    this.#watches = watches;
  }

  /** From now on the fault befalls what matches. Of several that match, the one added first acts. */
  add(rule: FaultRule): FaultHandle {
    const active: ActiveFault = { ...rule, hits: 0 };
    this.#active.add(active);
    return {
      get hits() {
        return active.hits;
      },
      remove: () => void this.#active.delete(active),
    };
  }

  /** Removes all faults. */
  clear(): void {
    this.#active.clear();
  }

  /** What befalls a request, counted. */
  take(request: FaultMatch): Fault | undefined {
    for (const active of this.#active) {
      if (!matches(active.match, request)) continue;
      active.hits += 1;
      if (active.times !== undefined && active.hits >= active.times) this.#active.delete(active);
      return active.fault;
    }
    return undefined;
  }

  /** Cuts the watches that match, and returns how many there were; so do the next two. */
  dropWatches(match?: WatchMatch): number {
    return this.#watches.drop(match);
  }

  /** Sends an in-stream 410 and closes; every older resourceVersion is too old from now on. */
  expireWatches(match?: WatchMatch): number {
    return this.#watches.expire(match);
  }

  /** Half-open: the streams stay, events and bookmarks do not come. */
  silenceWatches(match?: WatchMatch): number {
    return this.#watches.silence(match);
  }

  /** How many watches are open. */
  openWatches(match?: WatchMatch): number {
    return this.#watches.count(match);
  }
}

function matches(match: FaultMatch, request: FaultMatch): boolean {
  return (Object.keys(match) as (keyof FaultMatch)[]).every(
    (field) => match[field] === undefined || match[field] === (request[field] ?? ''),
  );
}
