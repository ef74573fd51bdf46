// One schedule from one seed: a cluster, a cloud, replicas, platforms, and what goes wrong; then calm, rest and the
// checks, and in the end everything is removed and nothing may be left.
import { Ambient } from './ambient.js';
import type { BrokerProcess } from './broker-process.js';
import { ApiServer } from './api-server.js';
import { type Accident, Chaos, type ChaosPlan, drawPlan } from './chaos.js';
import { Cloud } from './cloud.js';
import { evict, Stranger } from './crowd.js';
import { Deployment } from './deployment.js';
import { Http } from './http.js';
import { checkEmpty, checkRest, isAtRest, type Scene } from './invariants.js';
import { KubectlUser } from './kubectl.js';
import { Ledger } from './ledger.js';
import { Random } from './random.js';
import { Tenant } from './tenant.js';
import { VirtualTime } from './time.js';
import { Trace, type Violation } from './trace.js';
import { drawSettings, type Settings, type World } from './world.js';

export interface ScheduleOptions {
  seed: number;
  isVerbose?: boolean;
  plan?: ChaosPlan;
  settings?: Partial<Settings>;
  /** `life`: one tenant and the ordinary course of things; else what the seed says. */
  traffic?: 'life' | 'drawn';
  /** Done to the cloud behind everybody's back, for the simulator's own test. */
  sabotage?: (cloud: Cloud) => void;
}

export interface ScheduleResult {
  seed: number;
  violations: Violation[];
  hash: string;
  lines: string[];
  /** Requests of the brokers to the API server before the calm, and what they and others wrote until the end. */
  requests: number;
  writes: number;
}

/** Longer than it takes to find out that a watch fell silent. */
const CALM_FOR_MS = 120_000;
const LIMIT_MS = 4 * 3_600_000;

export async function runSchedule(options: ScheduleOptions): Promise<ScheduleResult> {
  const schedule = new Schedule(options);
  return schedule.run();
}

/** How many have an instance to themselves, and how many share one. */
const CROWDS = [
  [1, 0],
  [2, 0],
  [1, 2],
  [0, 3],
] as const;

type Actors = World & { http: Http; ledger: Ledger };

interface Traffic {
  tenants: Tenant[];
  lives: (() => Promise<void>)[];
}

interface Hit {
  process: BrokerProcess;
  http: Http;
  random: Random;
}

class Schedule {
  readonly #random: Random;
  readonly #time: VirtualTime;
  readonly #trace: Trace;
  readonly #ambient: Ambient;
  readonly #chaos: Chaos;
  readonly #settings: Settings;
  readonly #options: ScheduleOptions;
  #writes = 0;

  constructor(options: ScheduleOptions) {
    const { seed, isVerbose = false, plan, settings } = options;
    this.#options = options;
    this.#random = new Random(seed);
    this.#time = new VirtualTime(this.#random.fork());
    this.#trace = new Trace(() => this.#time.elapsed, isVerbose);
    this.#ambient = new Ambient(this.#random.fork(), () => this.#time.now);
    this.#chaos = new Chaos(plan ?? drawPlan(this.#random), this.#random.fork());
    this.#settings = { ...drawSettings(this.#random), ...settings };
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
    const { violations, lines } = this.#trace;
    return {
      seed: this.#options.seed,
      violations,
      hash: this.#trace.hash(),
      lines,
      requests: this.#chaos.requests,
      writes: this.#writes,
    };
  }

  async #course(): Promise<void> {
    const { time, trace, chaos, random } = {
      time: this.#time,
      trace: this.#trace,
      chaos: this.#chaos,
      random: this.#random,
    };
    const api = new ApiServer({
      time,
      trace,
      ambient: this.#ambient,
      random: random.fork(),
      collectWithinMs: random.pick([50, 20_000]),
    });
    const ledger = new Ledger(trace, api);
    const cloud = new Cloud(trace, ledger);
    ledger.cloud = cloud;
    const world = { time, trace, chaos, api, cloud, settings: this.#settings, random: random.fork() };
    const deployment = new Deployment(world);
    const http = new Http(world, () => deployment.processes);
    const actors: Actors = { ...world, http, ledger };
    const { tenants, lives } = this.#options.traffic === 'life' ? this.#life(actors) : this.#traffic(actors);
    const isForgotten = (name: string): boolean => this.#settings.orphans === 'report' && ledger.isAbandoned(name);
    const scene = (): Scene => ({ api, cloud, processes: deployment.processes, isForgotten });
    let writes = 0;
    const isQuiet = (): boolean => {
      const hasWritten = writes !== api.writes;
      writes = api.writes;
      return !hasWritten && deployment.isComplete && http.isQuiet && isAtRest(scene());
    };
    this.#befall(deployment, http, api);

    await this.#until(Promise.all(lives.map((live) => live())));
    chaos.end();
    this.#options.sabotage?.(cloud);
    await this.#rest(isQuiet);
    if (trace.violations.length === 0) checkRest(scene(), (...violation) => trace.violation(...violation));
    trace.add('---', 'all leave');
    await this.#until(
      Promise.all([...tenants.map((tenant) => tenant.leave()), evict(actors, random.fork())]),
    );
    await this.#rest(isQuiet, CALM_FOR_MS / 4);
    if (trace.violations.length === 0) checkEmpty(scene(), (...violation) => trace.violation(...violation));
    this.#writes = api.writes;
    for (const misuse of new Set(this.#ambient.misuses))
      trace.violation('time and chance are injected', misuse);
  }

  #life(actors: Actors): Traffic {
    const tenant = new Tenant('i0', actors, this.#random.fork());
    return { tenants: [tenant], lives: [() => tenant.ordinaryLife()] };
  }

  #traffic(actors: Actors): Traffic {
    const random = this.#random;
    const [alone, crowd] = random.pick(CROWDS);
    const many = <T>(length: number, make: (index: number) => T): T[] =>
      Array.from({ length }, (_, i) => make(i));
    const tenants = many(alone, (i) => new Tenant(`i${i}`, actors, random.fork()));
    const strangers = many(crowd, (i) => new Stranger(`s${i}`, 'c0', actors, random.fork()));
    const users = random.chance(0.3) ? [new KubectlUser(['k0', 'c0'], actors, random.fork())] : [];
    const lives = [...tenants, ...strangers, ...users].map((actor) => {
      const steps = 4 + random.int(12);
      return () => actor.live(steps);
    });
    return { tenants, lives };
  }

  /** What happens by itself, now and then. */
  #befall(deployment: Deployment, http: Http, api: ApiServer): void {
    const random = this.#random.fork();
    const again = (): void => {
      const accident = this.#chaos.accident();
      if (accident === 'restartApi') api.restart(random.between(100, 20_000));
      else if (accident === 'expireAll') api.forgetHistory();
      else if (accident && deployment.processes.length > 0)
        this.#hit({ process: random.pick(deployment.processes), http, random }, accident);
      this.#time.after(random.between(50, 4_000), again);
    };
    again();
  }

  #hit({ process, http, random }: Hit, accident: Exclude<Accident, 'restartApi' | 'expireAll'>): void {
    switch (accident) {
      case 'kill':
        return process.kill('by chance');
      case 'stall':
        return process.stall(random.between(500, 60_000), random.chance(0.5));
      case 'partition':
        return process.cutOff(random.between(500, 40_000));
      case 'jump':
        return process.setClock(random.between(-30_000, 120_000));
      case 'stop':
        return void process.stop(http.answered(process));
    }
  }

  /** Lets time pass until the work is done. */
  async #until(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    void work.then(() => (isDone = true));
    await this.#pass(() => isDone);
  }

  /** Lets time pass until all has been at rest for a while. */
  async #rest(isQuiet: () => boolean, forMs = CALM_FOR_MS): Promise<void> {
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
