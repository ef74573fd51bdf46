// Keys that want work: each at most once in the queue, never with two workers, and again afterwards if it was added
// while it was worked on. Knows nothing of what the work is.
import { equalJitter } from './backoff.js';
import { type Clock, systemClock } from './clock.js';

export interface WorkQueueOptions {
  clock?: Clock;
  random?: () => number;
  /** Of the wait before a failed key is tried again: the first, which doubles from failure to failure… */
  baseDelayMs?: number;
  /** …and the longest. */
  maxDelayMs?: number;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff: { baseMs: number; maxMs: number; random: () => number };
  /** Ready, in order of arrival; no key in here is with a worker. */
  readonly #ready = new Set<string>();
  readonly #working = new Set<string>();
  /** Added while with a worker. */
  readonly #dirty = new Set<string>();
  readonly #delayed = new Map<string, { dueAt: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  readonly #idle: ((key: string | undefined) => void)[] = [];
  #isShutDown = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#backoff = {
      baseMs: options.baseDelayMs ?? 200,
      maxMs: options.maxDelayMs ?? 60_000,
      random: options.random ?? Math.random,
    };
  }

  /** How many keys are ready and wait for a worker. */
  get length(): number {
    return this.#ready.size;
  }

  add(key: string): void {
    if (this.#isShutDown) return;
    if (this.#working.has(key)) {
      this.#dirty.add(key);
      return;
    }
    if (this.#ready.has(key)) return;
    const worker = this.#idle.shift();
    if (!worker) {
      this.#ready.add(key);
      return;
    }
    this.#working.add(key);
    worker(key);
  }

  /** Adds the key in `ms`; of several such wishes for one key the earliest wins. */
  addAfter(key: string, ms: number): void {
    if (this.#isShutDown) return;
    if (ms <= 0) return this.add(key);
    const dueAt = this.#clock.now() + ms;
    const known = this.#delayed.get(key);
    if (known && known.dueAt <= dueAt) return;
    known?.cancel();
    const add = (): void => {
      this.#delayed.delete(key);
      this.add(key);
    };
    this.#delayed.set(key, { dueAt, cancel: this.#clock.after(ms, add, { background: true }) });
  }

  /** Adds the key after a wait that grows with each call until `forget`. Returns the wait in milliseconds. */
  addRateLimited(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const ms = Math.round(equalJitter(failures, this.#backoff));
    this.addAfter(key, ms);
    return ms;
  }

  /** Ends the growth of the key's wait; does not take it out of the queue. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, which is then with the caller until `done`; undefined once the queue is shut down. */
  get(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    const [key] = this.#ready;
    if (key === undefined) return new Promise((resolve) => this.#idle.push(resolve));
    this.#ready.delete(key);
    this.#working.add(key);
    return Promise.resolve(key);
  }

  done(key: string): void {
    this.#working.delete(key);
    if (this.#dirty.delete(key)) this.add(key);
  }

  /** Drops what waits; every `get`, pending or to come, answers undefined. */
  shutdown(): void {
    this.#isShutDown = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    for (const keys of [this.#ready, this.#dirty, this.#delayed, this.#failures]) keys.clear();
    for (const worker of this.#idle.splice(0)) worker(undefined);
  }
}
