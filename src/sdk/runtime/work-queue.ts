// Keys that want work: each at most once in the queue, never with two workers, and again afterwards if it was added
// while it was worked on. What a user waits for comes first. Knows nothing of what the work is.
import { equalJitter } from './backoff.js';
import { type Clock, systemClock } from './clock.js';

/** Who waits: a user for an answer, or nobody in particular, as with a resync. */
export type Priority = 'user' | 'background';

export interface WorkQueueOptions {
  clock?: Clock;
  random?: () => number;
  /** Of the wait before a failed key is tried again: the first, which doubles from failure to failure… */
  baseDelayMs?: number;
  /** …and the longest. */
  maxDelayMs?: number;
  /** Told for how long a key was ready before a worker took it. */
  onTake?: (waitedMs: number) => void;
}

/** Of so many keys in a row at least one is a background one, if any waits. */
const BACKGROUND_SHARE = 8;

export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff: { baseMs: number; maxMs: number; random: () => number };
  readonly #onTake: (waitedMs: number) => void;
  /** Ready since when, in order of arrival; no key in here is with a worker, and none in both. */
  readonly #ready: Record<Priority, Map<string, number>> = { user: new Map(), background: new Map() };
  readonly #working = new Map<string, Priority>();
  /** Added while with a worker. */
  readonly #dirty = new Map<string, Priority>();
  readonly #delayed = new Map<string, { dueAt: number; priority: Priority; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  readonly #idle: ((key: string | undefined) => void)[] = [];
  /** How many user keys in a row were taken while a background key waited. */
  #overtaken = 0;
  #isShutDown = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#backoff = {
      baseMs: options.baseDelayMs ?? 200,
      maxMs: options.maxDelayMs ?? 60_000,
      random: options.random ?? Math.random,
    };
    this.#onTake = options.onTake ?? (() => undefined);
  }

  /** How many keys are ready and wait for a worker. */
  get length(): number {
    return this.#ready.user.size + this.#ready.background.size;
  }

  /** For how long the key that is ready the longest has waited; 0 when none is. */
  get oldestMs(): number {
    const now = this.#clock.monotonic();
    let oldest = now;
    for (const keys of Object.values(this.#ready))
      for (const since of keys.values()) oldest = Math.min(oldest, since);
    return now - oldest;
  }

  /** A key that waits in the background already moves up when it is added for a user, and never down. */
  add(key: string, priority: Priority = 'user'): void {
    if (this.#isShutDown) return;
    if (this.#working.has(key)) {
      this.#dirty.set(key, higher(priority, this.#dirty.get(key)));
      return;
    }
    const { user, background } = this.#ready;
    const since = user.get(key) ?? background.get(key);
    if (since === undefined && this.#idle.length > 0) {
      this.#idle.shift()?.(this.#take(key, priority, 0));
    } else if (since === undefined) {
      this.#ready[priority].set(key, this.#clock.monotonic());
    } else if (priority === 'user' && background.delete(key)) {
      user.set(key, since);
    }
  }

  /**
   * Adds the key in `ms`; of several such wishes for one key the earliest time and the highest priority win. Without
   * a priority the key has that of the work under way on it, or else a user's.
   */
  addAfter(key: string, ms: number, priority: Priority = this.#working.get(key) ?? 'user'): void {
    if (this.#isShutDown) return;
    if (ms <= 0) return this.add(key, priority);
    const dueAt = this.#clock.monotonic() + ms;
    const known = this.#delayed.get(key);
    if (known) known.priority = higher(priority, known.priority);
    if (known && known.dueAt <= dueAt) return;
    known?.cancel();
    const wish = { dueAt, priority: higher(priority, known?.priority), cancel: (): void => undefined };
    wish.cancel = this.#clock.after(
      ms,
      () => {
        this.#delayed.delete(key);
        this.add(key, wish.priority);
      },
      { background: true },
    );
    this.#delayed.set(key, wish);
  }

  /** As `addAfter`, with a wait that grows with each call until `forget`. Returns the wait in milliseconds. */
  addRateLimited(key: string, priority?: Priority): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const ms = Math.round(equalJitter(failures, this.#backoff));
    this.addAfter(key, ms, priority);
    return ms;
  }

  /** Ends the growth of the key's wait; does not take it out of the queue. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, which is then with the caller until `done`; undefined once the queue is shut down. */
  get(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    const priority = this.#next();
    const [next] = this.#ready[priority];
    if (!next) return new Promise((resolve) => this.#idle.push(resolve));
    const [key, since] = next;
    this.#ready[priority].delete(key);
    return Promise.resolve(this.#take(key, priority, this.#clock.monotonic() - since));
  }

  done(key: string): void {
    this.#working.delete(key);
    const priority = this.#dirty.get(key);
    this.#dirty.delete(key);
    if (priority) this.add(key, priority);
  }

  /** Drops what waits; every `get`, pending or to come, answers undefined. */
  shutdown(): void {
    this.#isShutDown = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    const { user, background } = this.#ready;
    for (const keys of [user, background, this.#dirty, this.#delayed, this.#failures]) keys.clear();
    for (const worker of this.#idle.splice(0)) worker(undefined);
  }

  #next(): Priority {
    const { user, background } = this.#ready;
    const isOvertaken = background.size > 0 && user.size > 0 && this.#overtaken < BACKGROUND_SHARE - 1;
    this.#overtaken = isOvertaken ? this.#overtaken + 1 : 0;
    return isOvertaken || background.size === 0 ? 'user' : 'background';
  }

  #take(key: string, priority: Priority, waitedMs: number): string {
    this.#working.set(key, priority);
    this.#onTake(waitedMs);
    return key;
  }
}

function higher(one: Priority, other: Priority | undefined): Priority {
  return other === 'user' ? other : one;
}
