// What a replica knows of the Lease, and whether it may claim it: only once the holder let go, or has shown no sign of
// life for so long that it must have stopped, by the clock of who waits. Times in the Lease are other machines' times.
import type { Lease } from '../kube/lease.js';
import { childController, sleep } from './abortable.js';
import type { Clock } from './clock.js';
import { holderOf, isReleased, signOf } from './lease-record.js';

/** More than any setting allows; a Lease that says it is held for longer was edited. */
const MAX_LEASE_SECONDS = 300;
const MAY_BE_THERE = 'may be there';
/** Several may be under way, when answers are late. */
const REMEMBERED_WRITES = 8;

export interface LeaseViewOptions {
  identity: string;
  leaseSeconds: number;
  clock: Clock;
}

export class LeaseView {
  readonly #options: LeaseViewOptions;
  #lease: Lease | undefined;
  /** Undefined until something is known. */
  #sign: string | undefined;
  #signSince = 0;
  #seenAt = -Infinity;
  /** For how long the holder may believe that it leads, after it gave a sign of life. */
  #patienceMs: number;
  #mustWait = false;
  /** The latest values of renewTime that this replica wrote, or tried to. */
  #written: string[] = [];
  #wake: () => void = () => undefined;

  constructor(options: LeaseViewOptions) {
    this.#options = options;
    this.#patienceMs = options.leaseSeconds * 1000;
  }

  /** As it was seen last. */
  get lease(): Lease | undefined {
    return this.#lease;
  }

  get isHeldByUs(): boolean {
    return holderOf(this.#lease) === this.#options.identity;
  }

  /** How long it is until the Lease may be claimed, if nothing changes. */
  get waitMs(): number {
    if (!this.#mustWait) return 0;
    return Math.max(0, this.#signSince + this.#patienceMs - this.#options.clock.monotonic());
  }

  seenWithin(ms: number): boolean {
    return this.#options.clock.monotonic() - this.#seenAt <= ms;
  }

  /** To be called before the Lease is written: the answer may get lost. */
  writes(lease: Lease): void {
    if (!this.#lease) this.#sign = MAY_BE_THERE;
    const { renewTime } = lease.spec ?? {};
    if (renewTime) this.#written = [renewTime, ...this.#written].slice(0, REMEMBERED_WRITES);
  }

  /** Undefined when there is no Lease. */
  observe(lease: Lease | undefined): void {
    this.#lease = lease;
    this.#seenAt = this.#options.clock.monotonic();
    const sign = signOf(lease);
    if (sign === this.#sign) return;
    // None at the first look is taken for none ever; later, one was deleted, and its holder may not know it yet.
    const neverWas = this.#sign === undefined && !lease;
    this.#sign = sign;
    this.#signSince = this.#seenAt;
    this.#mustWait = !neverWas && !isReleased(lease) && !this.#isOwnWrite(lease);
    if (lease) this.#patienceMs = this.#patienceFor(lease);
    this.#wake();
  }

  /** Resolves when the Lease may be claimed, as far as is known, or when `signal` fires. */
  async untilFree(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.waitMs > 0) {
      const { controller, release } = childController(signal);
      this.#wake = () => controller.abort();
      await sleep(this.waitMs, controller.signal, this.#options.clock);
      release();
    }
  }

  /** Not the name alone, which someone may have put there: a replica that waits for nobody has to be sure. */
  #isOwnWrite(lease: Lease | undefined): boolean {
    return this.isHeldByUs && this.#written.includes(lease?.spec?.renewTime ?? '');
  }

  /** The holder may run with another setting than this replica. */
  #patienceFor(lease: Lease): number {
    const held = Math.min(lease.spec?.leaseDurationSeconds ?? 0, MAX_LEASE_SECONDS);
    return Math.max(this.#options.leaseSeconds, held) * 1000;
  }
}
