// A replica that waits for the Lease: watches it, and claims it when it is free. Nothing that the API server does ends
// the waiting. Knows no leader's work.
import type { Lease } from '../kube/lease.js';
import { isAlreadyExists, isConflict } from '../kube/errors.js';
import type { ResourceClient } from '../kube/types.js';
import { errorDetails, type Log } from '../telemetry/log.js';
import { childController, sleep } from './abortable.js';
import type { Clock } from './clock.js';
import { LeaderTerm } from './leader-term.js';
import type { LeaseLock } from './lease-lock.js';
import { holderOf } from './lease-record.js';
import type { LeaseTimes } from './lease-times.js';
import { Reflector } from './reflector.js';

export interface LeaseCandidateOptions {
  client: ResourceClient<Lease>;
  name: string;
  lock: LeaseLock;
  times: LeaseTimes;
  log: Log;
  clock: Clock;
  random: () => number;
}

export class LeaseCandidate {
  readonly #options: LeaseCandidateOptions;
  readonly #log: Log;
  readonly #clock: Clock;

  constructor(options: LeaseCandidateOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#clock = options.clock;
  }

  /** Resolves with a term once the Lease is held; with undefined when `signal` fires before. Never rejects. */
  async stand(signal: AbortSignal): Promise<LeaderTerm | undefined> {
    const { controller, release } = childController(signal);
    let isWatching = false;
    try {
      for (;;) {
        const term = await this.#look(signal);
        if (term || signal.aborted) return term;
        if (!isWatching) this.#watch(controller.signal);
        isWatching = true;
        await this.#options.lock.view.untilFree(signal);
        await sleep(this.#options.times.jitterMs(), signal, this.#clock);
      }
    } finally {
      controller.abort();
      release();
    }
  }

  /** Looks, and claims what is free, until it is held by somebody: a term if that is this replica. */
  async #look(signal: AbortSignal): Promise<LeaderTerm | undefined> {
    const { lock, times } = this.#options;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await lock.look();
        if (lock.view.waitMs > 0) return undefined;
        const claimed = await lock.claim();
        const term = new LeaderTerm({ clock: this.#clock, validMs: times.validMs, claimed });
        if (term.isValid) return term;
        this.#log.warn('the Lease was claimed, but the answer came too late');
      } catch (error) {
        await this.#standBack(error, failures, signal);
      }
    }
    return undefined;
  }

  async #standBack(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
    const waitMs = this.#options.times.retryMs(error, failures);
    if (isConflict(error) || isAlreadyExists(error)) {
      this.#log.debug('another replica was faster', errorDetails(error));
    } else {
      this.#log.warn('the Lease cannot be had; trying again', { ...errorDetails(error), waitMs });
    }
    await sleep(waitMs, signal, this.#clock);
  }

  #watch(signal: AbortSignal): void {
    const { client, name, lock, log, clock, random } = this.#options;
    log.info('another replica leads', { leader: holderOf(lock.view.lease) });
    const fieldSelector = `metadata.name=${name}`;
    const reflector = new Reflector<Lease>({
      client: {
        type: client.type,
        list: (options) => client.list({ ...options, fieldSelector }),
        watch: (options, onEvent) => client.watch({ ...options, fieldSelector }, onEvent),
      },
      target: {
        listBegins: () => undefined,
        replace: ([lease]) => lock.view.observe(lease),
        apply: (type, lease) => lock.view.observe(type === 'DELETED' ? undefined : lease),
      },
      log,
      clock,
      random,
    });
    void reflector.run(signal);
  }
}
