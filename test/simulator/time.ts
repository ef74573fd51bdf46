// Virtual time: what is due happens one thing at a time, and all promises that it settles run to their end before the
// next. What belongs to a process dies with it, and waits while it is stalled.
import type { Random } from './random.js';

/** Whose timer or answer it is. */
export interface Owner {
  readonly isAlive: boolean;
  /** Until when the process does not run. */
  readonly stalledUntil: number;
  /** What it comes to first after that: mostly its timers, but it may have been about to take in answers. */
  readonly takesAnswersFirst: boolean;
}

interface Entry {
  at: number;
  isAnswer: boolean;
  /** What comes first of what waited while a process was stalled. */
  rank: number;
  due: number;
  /** Decides between what is due at the same time. */
  tie: number;
  fn: () => void;
  owner: Owner | undefined;
  isCancelled: boolean;
}

export interface TimerOptions {
  owner?: Owner | undefined;
  /** An answer from outside, not a timer of the process itself. */
  isAnswer?: boolean;
}

const EPOCH = Date.UTC(2026, 0, 1);
const { setImmediate } = globalThis;

const precedes = (a: Entry, b: Entry): boolean =>
  (a.at - b.at || a.rank - b.rank || a.due - b.due || a.tie - b.tie) < 0;

export class VirtualTime {
  readonly #random: Random;
  readonly #heap: Entry[] = [];
  #now = EPOCH;

  constructor(random: Random) {
    this.#random = random;
  }

  get now(): number {
    return this.#now;
  }

  /** Since the beginning, in milliseconds. */
  get elapsed(): number {
    return this.#now - EPOCH;
  }

  after(ms: number, fn: () => void, { owner, isAnswer = false }: TimerOptions = {}): () => void {
    const at = this.#now + Math.max(0, ms);
    const entry = { at, isAnswer, rank: 0, due: at, tie: this.#random.next(), fn, owner, isCancelled: false };
    this.#push(entry);
    return () => {
      entry.isCancelled = true;
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Until `isOver` says so; it is asked after each event. */
  async run(isOver: () => boolean): Promise<void> {
    await settled();
    while (!isOver()) {
      const entry = this.#pop();
      if (!entry) return;
      const { owner } = entry;
      if (entry.isCancelled || owner?.isAlive === false) continue;
      if (owner && owner.stalledUntil > entry.at) {
        entry.at = owner.stalledUntil;
        entry.rank = entry.isAnswer === owner.takesAnswersFirst ? 0 : 1;
        this.#push(entry);
        continue;
      }
      this.#now = entry.at;
      entry.fn();
      await settled();
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!precedes(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!precedes(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

/** Microtasks and ticks run to their end before the next macrotask. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
