// The durations of an election, all of them shares of the one that is set. What makes them safe: a holder stops VALID
// after it sent its last renewal, and others wait for all of the lease after they saw it, which is later. The third
// between the two is for what is still on its way, and for clocks that do not run equally fast.
import { KubeError } from '../kube/errors.js';
import { equalJitter } from './backoff.js';

const VALID = 2 / 3;
const RENEW = 1 / 5;
const ATTEMPT = 1 / 4;
const RETRY = 1 / 50;
/** However long the lease is, a hand-over takes less than a second. */
const MAX_JITTER_MS = 300;
const MAX_FIRST_RETRY_MS = 1000;

export class LeaseTimes {
  /** How long others wait for a sign of life. */
  readonly leaseMs: number;
  /** How long a claim or a renewal holds, from before it was sent. */
  readonly validMs: number;
  /** How long a leader waits until it renews. */
  readonly renewMs: number;
  /** How long an answer is waited for, so that there is time for another try. */
  readonly attemptMs: number;
  readonly #random: () => number;

  constructor(leaseSeconds: number, random: () => number) {
    this.leaseMs = leaseSeconds * 1000;
    this.validMs = this.leaseMs * VALID;
    this.renewMs = this.leaseMs * RENEW;
    this.attemptMs = this.leaseMs * ATTEMPT;
    this.#random = random;
  }

  /** So that of many who wait not all come at once. */
  jitterMs(): number {
    return this.#random() * Math.min(this.leaseMs * RETRY, MAX_JITTER_MS);
  }

  /** After so many failures in a row; never so long that a leader would miss its time. */
  retryMs(error: unknown, failures: number): number {
    const askedMs = error instanceof KubeError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const baseMs = Math.min(this.leaseMs * RETRY, MAX_FIRST_RETRY_MS);
    return Math.max(this.#backoff(failures, baseMs, this.renewMs), Math.min(askedMs, this.renewMs));
  }

  /** After a term that was lost: for what that term had sent and cut off, as others wait for it. */
  get settleMs(): number {
    return this.leaseMs - this.validMs;
  }

  /** Before standing again, after so many terms in a row that ended too soon. */
  restMs(shortTerms: number): number {
    return this.#backoff(shortTerms, this.renewMs, this.leaseMs);
  }

  #backoff(failures: number, baseMs: number, maxMs: number): number {
    return equalJitter(failures, { baseMs, maxMs, random: this.#random });
  }
}
