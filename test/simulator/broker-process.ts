// One broker process, from its start to its death: the real stores, catalog, leadership and operations, on the wire of a
// schedule. It can be killed at any moment, stalled, and told to stop.
import { LostSecrets } from '../../src/sdk/controllers/lost-secrets.js';
import { rescueSecrets } from '../../src/sdk/controllers/secret-rescue.js';
import { Backends } from '../../src/sdk/catalog/backends.js';
import { Catalog } from '../../src/sdk/catalog/catalog.js';
import { loadOfferings, offeringObject } from '../../src/sdk/catalog/load.js';
import { EVENTS, type KubeEvent } from '../../src/sdk/kube/events.js';
import { type Lease, LEASES } from '../../src/sdk/kube/lease.js';
import type { KubeObject, ResourceType } from '../../src/sdk/kube/types.js';
import { Leadership } from '../../src/sdk/lead.js';
import { createBroker } from '../../src/sdk/operations/broker.js';
import type { Broker } from '../../src/sdk/osb/broker.js';
import type { Clock } from '../../src/sdk/runtime/clock.js';
import { LeaderElection } from '../../src/sdk/runtime/leader-election.js';
import { allStores, type BrokerStores, createStores } from '../../src/sdk/stores.js';
import type { Log } from '../../src/sdk/telemetry/log.js';
import { ownsNothing } from '../support/owns-nothing.js';
import { type ApiRequest, isWrite } from './api-server.js';
import { SimulatedBackend } from './backend.js';
import { simulatedServices } from './services.js';
import { servedRequest, Wire } from './wire.js';
import type { Endpoint, World } from './world.js';

const LEASE_NAME = 'brokersdk-controllers';
const LEASE_SECONDS = 15;
const GRACE_MS = 10_000;

const { resources, keep, missingRights } = ownsNothing;
const OWNED = {
  ...{ forInstance: () => resources, forBinding: () => resources, keep: () => keep, missingRights },
  ...{ start: () => undefined, stop: () => undefined },
};

export class BrokerProcess implements Endpoint {
  readonly name: string;
  readonly wire: Wire;
  readonly stores: BrokerStores;
  readonly broker: Broker;
  readonly #world: World;
  readonly #leadership: Leadership;
  readonly #election: LeaderElection;
  readonly #lostSecrets: LostSecrets;
  readonly #random: () => number;
  readonly #services: ReturnType<typeof simulatedServices>;
  /** Fires when it is to lead no more, and when nothing is to run any more. */
  readonly #leaving = new AbortController();
  readonly #ending = new AbortController();
  readonly #onDeath = new Set<() => void>();
  #leading: Promise<void> = Promise.resolve();
  /** HTTP requests that it works on. */
  readonly requests = new Set<object>();
  isAlive = true;
  #isStopping = false;
  /** Whether it takes HTTP requests. */
  isServing = false;
  stalledUntil = 0;
  takesAnswersFirst = false;
  #skewMs = 0;
  #cutOffUntil = 0;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.wire = new Wire(world, this);
    const clientOf = <T extends KubeObject>(type: ResourceType) => this.wire.client<T>(type);
    const log = this.#log();
    const time = { clock: this.#clock(), random: world.random.fork().next };
    this.#random = time.random;
    const now = (): Date => new Date(time.clock.now());
    this.#services = simulatedServices(new SimulatedBackend(world, this));
    this.stores = createStores({ clientOf, log, ...time });
    this.#lostSecrets = new LostSecrets(this.stores);
    const catalog = new Catalog({ ...this.stores, backends: new Backends([], this.#services), now });
    this.#leadership = new Leadership({
      stores: this.stores,
      eventClient: clientOf<KubeEvent>(EVENTS),
      onEventDropped: () => undefined,
      owned: () => OWNED,
      parts: { stores: {}, lead: async () => undefined },
      context: {
        ...{ catalog, log, ...time, ...world.settings, metrics: { operationEnded: () => undefined } },
        lostSecrets: this.#lostSecrets,
      },
    });
    this.#election = new LeaderElection({
      client: clientOf<Lease>(LEASES),
      name: LEASE_NAME,
      identity: name,
      leaseSeconds: LEASE_SECONDS,
      log,
      ...time,
    });
    this.broker = createBroker({
      stores: this.stores,
      catalog,
      log,
      now,
      settings: world.settings.operations,
    });
  }

  /** Resolves when it serves; rejects when it cannot start. */
  async start(): Promise<void> {
    const stores = allStores(this.stores);
    this.#leading = this.#election.run(this.#leaving.signal, (term) => this.#leadership.lead(term));
    for (const store of stores) store.start(this.#ending.signal);
    await Promise.all(stores.map((store) => store.synced));
    this.#rescueSecrets();
    const offerings = this.#services.map(({ offering }) => offeringObject(offering, 'code'));
    // Every replica does this, leader or not.
    await servedRequest.run({ writes: [] }, () => loadOfferings(this.stores.offerings, 'code', offerings));
    this.isServing = !this.#isStopping;
  }

  /** Every replica does this, leader or not. */
  #rescueSecrets(): void {
    const clock = this.#clock();
    const context = {
      clock: {
        ...clock,
        after: (ms: number, fn: () => void) => clock.after(ms, () => servedRequest.run({ writes: [] }, fn)),
      },
      ...{ stores: this.stores, lostSecrets: this.#lostSecrets, random: this.#random, log: this.#log() },
      isLeader: () => this.isLeader,
    };
    rescueSecrets(context, this.#ending.signal);
  }

  /** From now on nothing that it began goes on. */
  kill(why: string): void {
    if (!this.isAlive) return;
    this.#world.trace.add(this.name, `dies ${why}`);
    this.isAlive = false;
    this.isServing = false;
    this.requests.clear();
    this.wire.close();
    for (const tell of this.#onDeath) tell();
  }

  stop(): void {
    if (this.#isStopping || !this.isAlive) return;
    this.#isStopping = true;
    this.isServing = false;
    this.#world.trace.add(this.name, 'is told to stop');
    void this.#end();
  }

  /** As the real one does: first the requests under way, then the leadership, then all the rest. */
  async #end(): Promise<void> {
    const { time } = this.#world;
    const sleep = (ms: number): Promise<void> =>
      new Promise((resolve) => time.after(ms, resolve, { owner: this }));
    for (let waited = 0; this.requests.size > 0 && waited < GRACE_MS; waited += 20) await sleep(20);
    this.#leaving.abort(new Error('the broker stops'));
    await Promise.race([this.#leading, sleep(GRACE_MS)]);
    this.#ending.abort();
    this.kill('in peace');
  }

  /** Cut off from the API server, not from platforms. */
  cutOff(ms: number): void {
    this.#world.trace.add(this.name, `is cut off for ${Math.round(ms)} ms`);
    this.#cutOffUntil = this.#world.time.now + ms;
    this.wire.cut();
  }

  get isCutOff(): boolean {
    return this.#world.time.now < this.#cutOffUntil;
  }

  stall(ms: number, takesAnswersFirst: boolean): void {
    this.#world.trace.add(this.name, `stalls for ${Math.round(ms)} ms`);
    this.stalledUntil = this.#world.time.now + ms;
    this.takesAnswersFirst = takesAnswersFirst;
  }

  /** The clock on its wall is set; the other one knows nothing of it. */
  setClock(ms: number): void {
    this.#world.trace.add(this.name, `its clock jumps by ${Math.round(ms)} ms`);
    this.#skewMs += ms;
  }

  /** Whether controllers have work that waits. */
  get hasWork(): boolean {
    return Object.values(this.#leadership.queues()).some(({ length }) => length > 0);
  }

  get isLeader(): boolean {
    return this.#election.isLeader;
  }

  /** Returns what ends that. */
  onDeath(fn: () => void): () => void {
    this.#onDeath.add(fn);
    return () => this.#onDeath.delete(fn);
  }

  /** Only who holds the Lease writes on behalf of controllers, whatever it believes itself. */
  onRequest(request: ApiRequest): void {
    if (!isWrite(request) || request.type.kind === LEASES.kind || servedRequest.getStore()) return;
    const { api, trace } = this.#world;
    const holder = api.object<Lease>(LEASES, LEASE_NAME)?.spec?.holderIdentity;
    if (holder === this.name) return;
    const what = `${this.name}: ${request.verb} ${request.type.plural} ${request.name}`;
    trace.violation('only the leader writes', `${what}, while ${holder || 'nobody'} leads`);
  }

  #clock(): Clock {
    const { time } = this.#world;
    return {
      now: () => Math.floor(time.now + this.#skewMs),
      monotonic: () => time.elapsed,
      after: (ms, fn) => time.after(ms, fn, { owner: this }),
    };
  }

  /** Lines that tell of trouble go into the trace. */
  #log(): Log {
    const { trace } = this.#world;
    const quiet = (): void => undefined;
    const tell = (message: string, { error }: Record<string, unknown> = {}): void =>
      trace.add(this.name, `log: ${message} ${typeof error === 'string' ? error : ''}`);
    const broken = (message: string, details: Record<string, unknown> = {}): void => {
      tell(message, details);
      if (/listener|index function|reflector ended/.test(message))
        trace.violation('no part of the machinery breaks', message);
    };
    const log: Log = { debug: quiet, info: quiet, warn: tell, error: broken, child: () => log };
    return log;
  }
}
