// The Lease as a lock: one request each to look at it, claim it, renew it and let it go, with a deadline. A write fails
// with a conflict when the Lease is not the one that was seen last. Decides nothing.
import { type Lease, LEASES, type LeaseSpec } from '../kube/lease.js';
import { KubeError } from '../kube/errors.js';
import type { ResourceClient } from '../kube/types.js';
import type { Clock } from './clock.js';
import { type Moment, momentOf } from './leader-term.js';
import { claimedSpec, releasedSpec, renewedSpec, type Writer } from './lease-record.js';
import type { LeaseTimes } from './lease-times.js';
import { LeaseView } from './lease-view.js';

export interface LeaseLockOptions {
  client: ResourceClient<Lease>;
  name: string;
  identity: string;
  leaseSeconds: number;
  times: LeaseTimes;
  clock: Clock;
}

export class LeaseLock {
  readonly view: LeaseView;
  readonly #options: LeaseLockOptions;

  constructor(options: LeaseLockOptions) {
    this.#options = options;
    this.view = new LeaseView(options);
  }

  async look(): Promise<void> {
    const { client, name, times } = this.#options;
    this.view.observe(await this.#inTime(client.get(name), times.attemptMs));
  }

  /** Resolves with the moment before it was sent, as `renew` does. A later answer than it waits for is of no use. */
  claim(): Promise<Moment> {
    return this.#write(claimedSpec(this.view.lease, this.#writer()), this.#options.times.validMs);
  }

  renew(): Promise<Moment> {
    return this.#write(renewedSpec(this.view.lease, this.#writer()), this.#options.times.attemptMs);
  }

  async release(): Promise<void> {
    await this.#write(releasedSpec(this.view.lease), this.#options.times.attemptMs);
  }

  async #write(spec: LeaseSpec, timeoutMs: number): Promise<Moment> {
    const { client, name, clock } = this.#options;
    const { lease } = this.view;
    const sent = momentOf(clock);
    const { group, version, kind } = LEASES;
    const next: Lease = lease
      ? { ...lease, spec }
      : { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace: client.namespace }, spec };
    this.view.writes(next);
    const stored = lease ? client.replace(next) : client.create(next);
    this.view.observe(await this.#inTime(stored, timeoutMs));
    return sent;
  }

  #writer(): Writer {
    const { identity, leaseSeconds, clock } = this.#options;
    return { identity, leaseSeconds, now: clock.now() };
  }

  /** The request may still take effect when nobody waits for its answer any more. */
  #inTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(timeoutMs, () =>
        reject(new KubeError(`no answer about the Lease within ${timeoutMs} ms`, { status: 0 })),
      );
      answer.then(resolve, reject).finally(cancel);
    });
  }
}
