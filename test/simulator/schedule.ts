// One schedule from one seed: a cluster, a cloud, replicas, users, and what goes wrong; then calm, rest and the checks;
// in the end all leave, and nothing may be left of them.
import { befall } from './accidents.js';
import { Ambient } from './ambient.js';
import { ApiServer } from './api-server.js';
import { Chaos, type ChaosPlan, drawPlan } from './chaos.js';
import { Cloud } from './cloud.js';
import { evict } from './crowd.js';
import { Deployment } from './deployment.js';
import { drift } from './drift.js';
import { Http } from './http.js';
import { checkEmpty, checkRest, isAtRest, type Scene } from './invariants.js';
import { Ledger } from './ledger.js';
import { meddle } from './meddling.js';
import { Random } from './random.js';
import { VirtualTime } from './time.js';
import { Trace, type Violation } from './trace.js';
import { drawTraffic, type Stage } from './traffic.js';
import { drawSettings, type Settings } from './world.js';

export interface ScheduleOptions {
  seed: number;
  isVerbose?: boolean;
  /** In place of what the seed says. */
  plan?: ChaosPlan;
  settings?: Partial<Settings>;
  traffic?: typeof drawTraffic;
  /** Done to the cloud behind everybody's back, for the simulator's own test. */
  sabotage?: (cloud: Cloud) => void;
}

export interface ScheduleResult {
  seed: number;
  violations: Violation[];
  /** All that happened. */
  lines: string[];
  /** Requests of the brokers to the API server before the calm. */
  requests: number;
  /** Changes of what is stored until the end, but for those of the Lease. */
  writes: number;
}

/** Longer than it takes to find out that a watch fell silent. */
const CALM_FOR_MS = 120_000;
const LIMIT_MS = 4 * 3_600_000;

export function runSchedule(options: ScheduleOptions): Promise<ScheduleResult> {
  return new Schedule(options).run();
}

class Schedule {
  readonly #options: ScheduleOptions;
  readonly #random: Random;
  readonly #time: VirtualTime;
  readonly #trace: Trace;
  readonly #ambient: Ambient;
  readonly #chaos: Chaos;
  readonly #settings: Settings;
  readonly #api: ApiServer;

  constructor(options: ScheduleOptions) {
    const random = new Random(options.seed);
    this.#options = options;
    this.#random = random;
    this.#time = new VirtualTime(random.fork());
    this.#trace = new Trace(() => this.#time.elapsed, options.isVerbose ?? false);
    this.#ambient = new Ambient(random.fork(), () => this.#time.now);
    this.#chaos = new Chaos(options.plan ?? drawPlan(random), random.fork());
    this.#settings = { ...drawSettings(random), ...options.settings };
    const parts = { time: this.#time, trace: this.#trace, ambient: this.#ambient, random: random.fork() };
    this.#api = new ApiServer({ ...parts, collectWithinMs: random.pick([50, 20_000]) });
  }

  async run(): Promise<ScheduleResult> {
    const rejected = (reason: unknown): void =>
      this.#trace.violation('no rejection is unhandled', String((reason as Error)?.stack ?? reason));
    const listeners = process.rawListeners('unhandledRejection') as NodeJS.UnhandledRejectionListener[];
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', rejected);
    this.#ambient.install();
    try {
      await this.#course();
    } finally {
      this.#ambient.restore();
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
    for (const misuse of new Set(this.#ambient.misuses))
      this.#trace.violation('time and chance are injected', misuse);
    const { violations, lines } = this.#trace;
    const { requests } = this.#chaos;
    return { seed: this.#options.seed, violations, lines, requests, writes: this.#api.writes };
  }

  async #course(): Promise<void> {
    const [time, trace, chaos, api, random] = [this.#time, this.#trace, this.#chaos, this.#api, this.#random];
    const ledger = new Ledger(trace, api);
    const cloud = new Cloud(trace, ledger);
    ledger.cloud = cloud;
    const world = { time, trace, chaos, api, cloud, settings: this.#settings, random: random.fork() };
    const deployment = new Deployment(world);
    const processes = (): Deployment['processes'] => deployment.processes;
    const stage: Stage = { ...world, ledger, http: new Http(world, processes) };
    const { tenants, lives } = (this.#options.traffic ?? drawTraffic)(stage, random);
    const scene = (): Scene => ({
      api,
      cloud,
      processes: processes(),
      isForgotten: this.#isForgotten(ledger),
    });
    const isQuiet = this.#quiet(() => deployment.isComplete && isAtRest(scene()));

    const stopDrift = this.#drift(cloud);
    befall({ time, chaos, api, processes }, random.fork());
    await this.#until(Promise.all(lives.map((live) => live())));
    chaos.end();
    stopDrift();
    this.#options.sabotage?.(cloud);
    await this.#rest(isQuiet, CALM_FOR_MS);
    this.#check(checkRest, scene());
    meddle({ time, trace, api, processes: processes() }, random.fork());
    await this.#rest(isQuiet, CALM_FOR_MS / 4);
    this.#check(checkRest, scene());
    trace.add('---', 'all leave');
    await this.#until(Promise.all([...tenants.map((tenant) => tenant.leave()), evict(stage, random.fork())]));
    await this.#rest(isQuiet, CALM_FOR_MS / 4);
    this.#check(checkEmpty, scene());
  }

  /** In every second schedule that is left to chance. */
  #drift(cloud: Cloud): () => void {
    const { seed, plan } = this.#options;
    const random = new Random(seed).fork().fork(); // of its own, so that all else is drawn as it would be without
    if (plan || random.chance(0.5)) return () => undefined;
    return drift({ time: this.#time, api: this.#api, cloud }, random);
  }

  /** Where orphans are not removed, or not looked for in time, what was abandoned stays. */
  #isForgotten(ledger: Ledger): (name: string) => boolean {
    const { orphans, resyncMs } = this.#settings;
    return (name) => (orphans === 'report' || resyncMs > CALM_FOR_MS / 4) && ledger.isAbandoned(name);
  }

  /** At rest, and nothing was written since it was asked last. */
  #quiet(isIdle: () => boolean): () => boolean {
    let writes = 0;
    return () => {
      const hasWritten = writes !== this.#api.writes;
      writes = this.#api.writes;
      return !hasWritten && isIdle();
    };
  }

  /** A schedule ends with the first rule that is broken: what follows would say little. */
  #check(check: typeof checkRest, scene: Scene): void {
    if (this.#trace.violations.length === 0)
      check(scene, (...violation) => this.#trace.violation(...violation));
  }

  /** Lets time pass until the work is done. */
  async #until(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    void work.then(() => (isDone = true));
    await this.#pass(() => isDone);
  }

  /** Lets time pass until all has been quiet for so long. */
  async #rest(isQuiet: () => boolean, forMs: number): Promise<void> {
    let since = this.#time.now;
    await this.#pass(() => {
      if (!isQuiet()) since = this.#time.now;
      return this.#time.now - since > forMs;
    });
  }

  async #pass(isOver: () => boolean): Promise<void> {
    const limit = this.#time.now + LIMIT_MS;
    await this.#time.run(() => this.#trace.violations.length > 0 || this.#time.now > limit || isOver());
    if (this.#time.now > limit) this.#trace.violation('all comes to rest', 'it goes on and on');
  }
}
