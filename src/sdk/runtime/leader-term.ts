// The time for which a replica leads: told by the clock at each question, because the timers of a process that was
// stopped for a while ring late. Knows no Lease.
import { childController } from './abortable.js';
import type { Clock } from './clock.js';

/** What the leader's work is given. */
export interface Term {
  /** Fires when the work is to end: this replica stops, or leads no more. */
  readonly signal: AbortSignal;
  /** Fires when nothing may be written any more. */
  readonly over: AbortSignal;
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
  /** Throws NotLeaderError when another replica may lead; while work that was told to end still ends, it does not. */
  assert(): void;
}

export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}

/** One instant on both clocks. */
export interface Moment {
  wall: number;
  monotonic: number;
}

export const momentOf = (clock: Clock): Moment => ({ wall: clock.now(), monotonic: clock.monotonic() });

const TOO_LATE = 'the Lease was not renewed in time';

/** The more cautious of two clocks: one can be set back, the other may have slept with the machine. */
function elapsedMs(clock: Clock, { wall, monotonic }: Moment): number {
  return Math.max(clock.now() - wall, clock.monotonic() - monotonic);
}

export interface LeaderTermOptions {
  clock: Clock;
  /** For how long a claim or a renewal holds, counted from before it was sent. */
  validMs: number;
  claimed: Moment;
}

export class LeaderTerm implements Term {
  readonly since: number;
  readonly #clock: Clock;
  readonly #validMs: number;
  readonly #over = new AbortController();
  readonly #work = childController(this.#over.signal).controller;
  #renewed: Moment;
  #cancelTimer: () => void = () => undefined;

  constructor({ clock, validMs, claimed }: LeaderTermOptions) {
    this.since = clock.now();
    this.#clock = clock;
    this.#validMs = validMs;
    this.#renewed = claimed;
    this.#watchTime();
  }

  get signal(): AbortSignal {
    return this.#work.signal;
  }

  get over(): AbortSignal {
    return this.#over.signal;
  }

  get isValid(): boolean {
    return this.remainingMs > 0;
  }

  get remainingMs(): number {
    if (this.#over.signal.aborted) return 0;
    return Math.max(0, this.#validMs - elapsedMs(this.#clock, this.#renewed));
  }

  assert(): void {
    if (this.isValid) return;
    this.end(TOO_LATE);
    throw this.#over.signal.reason;
  }

  /** A renewal that was sent at that moment has succeeded. A term that was ended stays so. */
  renewed(sent: Moment): void {
    this.#renewed = sent;
    this.#watchTime();
  }

  /** The work is to end; what it takes to end well may still be written. */
  stop(reason: unknown): void {
    this.#work.abort(reason);
  }

  /** Nothing may be written any more. The first reason stands. */
  end(reason: string): void {
    this.#cancelTimer();
    this.#over.abort(new NotLeaderError(reason));
  }

  /** Ends the term when its time is over, and comes back when it may be. */
  #watchTime(): void {
    this.#cancelTimer();
    const { remainingMs } = this;
    if (remainingMs > 0) this.#cancelTimer = this.#clock.after(remainingMs, () => this.#watchTime());
    else this.end(TOO_LATE);
  }
}
