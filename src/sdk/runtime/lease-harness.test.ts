// What the tests of the election share: a simulated API server that keeps one Lease, and replicas with a clock and a
// network of their own, which can be slowed down, cut, and stopped like a process with SIGSTOP.
import type { Lease, LeaseSpec } from '../kube/lease.js';
import { LEASES } from '../kube/lease.js';
import { KubeError } from '../kube/errors.js';
import type { ResourceClient, WatchEvent } from '../kube/types.js';
import type { Clock } from './clock.js';
import { type ManualClock, MemoryLog, settle } from './harness.test.js';
import { LeaderElection } from './leader-election.js';
import type { Term } from './leader-term.js';

export const NAME = 'brokersdk';
export const SECONDS = 15;
const STEP_MS = 100;

type Listener = (type: WatchEvent<Lease>['type'], lease: Lease) => void;

export const failed = (
  status: number,
  more: { reason?: string; retryAfterSeconds?: number } = {},
): KubeError => new KubeError(`HTTP ${status}`, { status, ...more });

/** One Lease, with versions and conflicts as the API server has them. */
export class LeaseServer {
  lease: Lease | undefined;
  version = 0;
  readonly listeners = new Set<Listener>();

  /** Who holds it. */
  get holder(): string | undefined {
    return this.lease?.spec?.holderIdentity ?? undefined;
  }

  create(lease: Lease): Lease {
    if (this.lease) throw failed(409, { reason: 'AlreadyExists' });
    return this.#store('ADDED', { ...lease, metadata: { ...lease.metadata, uid: `uid-${this.version}` } });
  }

  replace(lease: Lease): Lease {
    if (!this.lease) throw failed(404);
    if (lease.metadata.resourceVersion !== this.lease.metadata.resourceVersion) {
      throw failed(409, { reason: 'Conflict' });
    }
    return this.#store('MODIFIED', lease);
  }

  /** As someone with kubectl does it. */
  edit(spec: LeaseSpec | null | undefined, labels: Record<string, string> = {}): void {
    const { lease } = this;
    if (lease) this.#store('MODIFIED', { ...lease, spec, metadata: { ...lease.metadata, labels } } as Lease);
  }

  delete(): void {
    const { lease } = this;
    if (!lease) return;
    this.version++;
    this.lease = undefined;
    for (const listener of this.listeners) listener('DELETED', lease);
  }

  #store(type: 'ADDED' | 'MODIFIED', lease: Lease): Lease {
    const metadata = { ...lease.metadata, resourceVersion: String(++this.version) };
    this.lease = structuredClone({ ...lease, metadata });
    for (const listener of this.listeners) listener(type, this.lease);
    return this.lease;
  }
}

/** What the way to the API server does to a request, and to its answer. */
export interface Network {
  thereMs: number;
  backMs: number;
  /** What is lost: requests, or the answers to writes that took effect. */
  loses: 'nothing' | 'requests' | 'answers';
  refuses: KubeError | undefined;
}

export class Replica implements Clock {
  readonly election: LeaderElection;
  readonly log = new MemoryLog();
  readonly requests: string[] = [];
  readonly terms: Term[] = [];
  readonly network: Network = { thereMs: 0, backMs: 0, loses: 'nothing', refuses: undefined };
  /** How far its wall clock is off. */
  wallOffMs = 0;
  /** What `lead` does: by default, it ends when it is told to. */
  lead: (term: Term) => Promise<void> = (term) =>
    new Promise((resolve) => term.signal.addEventListener('abort', () => resolve()));
  hasStopped = false;
  readonly #stopping = new AbortController();
  readonly #watches = new Set<() => void>();
  /** While it is stalled, what would have happened. */
  #stalled: (() => void)[] | undefined;

  constructor(
    readonly server: LeaseServer,
    readonly base: ManualClock,
    readonly identity: string,
    leaseSeconds = SECONDS,
  ) {
    const { log } = this;
    this.election = new LeaderElection({
      client: this.#client(),
      name: NAME,
      identity,
      leaseSeconds,
      log,
      clock: this,
      random: () => 0.5,
    });
  }

  start(): this {
    const lead = (term: Term): Promise<void> => {
      this.terms.push(term);
      return this.lead(term);
    };
    void this.election.run(this.#stopping.signal, lead).then(() => (this.hasStopped = true));
    return this;
  }

  stop(): void {
    this.#stopping.abort(new Error('SIGTERM'));
  }

  /** The connection is gone, and all that is said on it. */
  cut(): void {
    this.network.loses = 'requests';
    for (const end of this.#watches) end();
  }

  stall(): void {
    this.#stalled ??= [];
  }

  resume(): void {
    const due = this.#stalled ?? [];
    this.#stalled = undefined;
    for (const fn of due) fn();
  }

  now(): number {
    return this.base.now() + this.wallOffMs;
  }

  monotonic(): number {
    return this.base.now();
  }

  after(ms: number, fn: () => void): () => void {
    let isCancelled = false;
    const cancel = this.base.after(ms, () => this.#happen(() => !isCancelled && fn()));
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  #happen(fn: () => void): void {
    if (this.#stalled) this.#stalled.push(fn);
    else fn();
  }

  #answer(fn: () => void): void {
    const { backMs } = this.network;
    if (backMs === 0) this.#happen(fn);
    else this.base.after(backMs, () => this.#happen(fn));
  }

  #client(): ResourceClient<Lease> {
    const { server } = this;
    const unused = (): never => {
      throw new Error('not for Leases');
    };
    return {
      type: LEASES,
      namespace: 'ns',
      get: () => this.#request('get', () => server.lease),
      create: (lease) => this.#request('create', () => server.create(lease)),
      replace: (lease) => this.#request('replace', () => server.replace(lease)),
      list: () =>
        this.#request('list', () => ({
          items: server.lease ? [server.lease] : [],
          resourceVersion: String(server.version),
        })),
      watch: (options, onEvent) => this.#watch(options, onEvent),
      replaceStatus: unused,
      delete: unused,
    };
  }

  #request<R>(verb: string, effect: () => R): Promise<R> {
    this.requests.push(verb);
    const { thereMs, loses, refuses } = this.network;
    return new Promise((resolve, reject) => {
      const outcome = async (): Promise<R> => {
        if (refuses) throw refuses;
        const result = structuredClone(effect());
        if (loses === 'answers' && verb !== 'get') throw failed(0);
        return result;
      };
      const arrive = (): void => {
        if (loses === 'requests') return;
        outcome().then(
          (result) => this.#answer(() => resolve(result)),
          (error: Error) => this.#answer(() => reject(error)),
        );
      };
      if (thereMs === 0) arrive();
      else this.base.after(thereMs, arrive);
    });
  }

  #watch(
    { resourceVersion, signal }: Parameters<ResourceClient<Lease>['watch']>[0],
    onEvent: (event: WatchEvent<Lease>) => void,
  ): Promise<void> {
    this.requests.push('watch');
    if (this.network.loses === 'requests') return Promise.reject(failed(0));
    const { server } = this;
    return new Promise((resolve, reject) => {
      const listener: Listener = (type, object) => {
        const event = structuredClone({ type, object });
        this.#answer(() => onEvent(event));
      };
      const end = (settle: () => void): void => {
        server.listeners.delete(listener);
        this.#watches.delete(cut);
        settle();
      };
      const cut = (): void => end(() => this.#happen(() => reject(failed(0))));
      this.#watches.add(cut);
      server.listeners.add(listener);
      signal.addEventListener('abort', () => end(resolve));
      if (server.lease && Number(resourceVersion) < server.version) listener('MODIFIED', server.lease);
    });
  }
}

/** Lets time pass in steps, and all that comes of each. */
export async function pass(clock: ManualClock, ms: number, stepMs = STEP_MS): Promise<void> {
  await settle();
  for (let left = ms; left > 0; left -= stepMs) {
    clock.advance(Math.min(left, stepMs));
    await settle();
  }
}
