// Which of several replicas leads: the one that holds the Lease, and no two at a time. Runs the leader's work while it
// is held, renews it meanwhile, and hands it over at the end. Knows nothing of what that work is.
import type { Lease } from '../kube/lease.js';
import { isConflict, isNotFound } from '../kube/errors.js';
import type { ResourceClient } from '../kube/types.js';
import { errorDetails, type Log } from '../telemetry/log.js';
import { onAbort, sleep } from './abortable.js';
import { type Clock, systemClock } from './clock.js';
import type { LeaderTerm, NotLeaderError, Term } from './leader-term.js';
import { LeaseCandidate } from './lease-candidate.js';
import { LeaseLock } from './lease-lock.js';
import { holderOf } from './lease-record.js';
import { LeaseTimes } from './lease-times.js';

export interface LeaderElectionOptions {
  client: ResourceClient<Lease>;
  /** Of the Lease. */
  name: string;
  /** Of this process, and of no other: not even of the one that ran before it in the same pod. */
  identity: string;
  /** How long others wait for a sign of life of the leader before one of them takes over. */
  leaseSeconds: number;
  log: Log;
  clock?: Clock;
  random?: () => number;
}

type Lead = (term: Term) => Promise<void>;

const RELEASE_ATTEMPTS = 3;

export class LeaderElection {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #times: LeaseTimes;
  readonly #lock: LeaseLock;
  readonly #candidate: LeaseCandidate;
  #term: LeaderTerm | undefined;

  constructor(options: LeaderElectionOptions) {
    const { clock = systemClock, random = Math.random } = options;
    const { name, identity, leaseSeconds } = options;
    const log = options.log.child({ lease: name, identity });
    const times = new LeaseTimes(leaseSeconds, random);
    const lock = new LeaseLock({ ...options, clock, times });
    this.#log = log;
    this.#clock = clock;
    this.#times = times;
    this.#lock = lock;
    this.#candidate = new LeaseCandidate({ client: options.client, name, lock, times, log, clock, random });
  }

  get isLeader(): boolean {
    return this.#term?.isValid ?? false;
  }

  /**
   * Whether the Lease was seen lately, whoever holds it. Twice its time, because who waits for a leader that fell
   * silent learns nothing new until that is over.
   */
  get isKnown(): boolean {
    return this.#lock.view.seenWithin(2 * this.#times.leaseMs);
  }

  /**
   * Calls `lead` whenever this replica holds the Lease, until `signal` fires; never again before the last call has
   * ended. A term that is lost, and a `lead` that ends by itself, are followed by another try. Resolves when `lead` has
   * ended and the Lease is released: while `lead` does not end, nothing is released. Never rejects. To be called once.
   */
  async run(signal: AbortSignal, lead: Lead): Promise<void> {
    let shortTerms = 0;
    for (;;) {
      const term = await this.#candidate.stand(signal);
      if (!term) return;
      const began = this.#clock.monotonic();
      const isLost = !signal.aborted && (await this.#serve(term, signal, lead));
      if (isLost && !signal.aborted) {
        await sleep(this.#times.settleMs, signal, this.#clock);
        continue;
      }
      await this.#release();
      if (signal.aborted) return;
      shortTerms = this.#clock.monotonic() - began < this.#times.leaseMs ? shortTerms + 1 : 0;
      await sleep(this.#times.restMs(shortTerms), signal, this.#clock);
    }
  }

  /** Resolves when `lead` has ended: with whether the term was over before. */
  async #serve(term: LeaderTerm, signal: AbortSignal, lead: Lead): Promise<boolean> {
    this.#term = term;
    this.#log.info('leading');
    onAbort(term.over, () => {
      this.#log.info('not leading any more', { reason: (term.over.reason as NotLeaderError).message });
    });
    const unlisten = onAbort(signal, () => term.stop(signal.reason));
    const renewing = this.#renew(term);
    try {
      await lead(term);
    } catch (error) {
      const level = term.signal.aborted ? 'debug' : 'error';
      this.#log[level]('the work of the leader failed', errorDetails(error));
    }
    unlisten();
    const isLost = !term.isValid;
    term.end('the work has ended');
    await renewing; // its answer says which version of the Lease to release
    return isLost;
  }

  /** Until the term is over. */
  async #renew(term: LeaderTerm): Promise<void> {
    let failures = 0;
    let waitMs = this.#times.renewMs;
    for (;;) {
      await sleep(waitMs, term.over, this.#clock);
      if (!term.isValid) return;
      try {
        await this.#renewOnce(term);
        failures = 0;
        waitMs = this.#times.renewMs;
      } catch (error) {
        waitMs = this.#times.retryMs(error, failures++);
        this.#log.warn('the Lease was not renewed; trying again', { ...errorDetails(error), waitMs });
      }
    }
  }

  async #renewOnce(term: LeaderTerm): Promise<void> {
    try {
      return term.renewed(await this.#lock.renew());
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    // An earlier renewal whose answer was lost, someone who edits the Lease, or another leader.
    await this.#lock.look();
    const { isHeldByUs, lease } = this.#lock.view;
    if (isHeldByUs) term.renewed(await this.#lock.renew());
    else term.end(lease ? `the Lease went to ${JSON.stringify(holderOf(lease))}` : 'the Lease was deleted');
  }

  async #release(): Promise<void> {
    const { view } = this.#lock;
    for (let attempt = 0; attempt < RELEASE_ATTEMPTS && view.isHeldByUs; attempt++) {
      try {
        await this.#lock.release();
      } catch (error) {
        this.#log.warn('the Lease was not released', errorDetails(error));
        await this.#lock.look().catch(() => undefined); // the answer may have been lost only
      }
    }
  }
}
