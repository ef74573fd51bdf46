// What goes wrong in a schedule, and when: drawn from its seed, within a budget, so that it ends. Each schedule has some
// kinds of faults and not others, because faults of one kind can hide those of another.
import type { Random } from './random.js';

/** What may befall a request to the API server. */
export const REQUEST_FAULTS = [
  'slow',
  'refused',
  'lost',
  'conflict',
  'gone',
  'throttled',
  'failed',
  'failedAfter',
  'hangs',
  'hangsAfter',
  'killBefore',
  'killAfter',
  'stops',
] as const;
export type RequestFault = (typeof REQUEST_FAULTS)[number];

/** What may befall an event on its way to a watch. */
export const WATCH_FAULTS = ['late', 'twice', 'cut', 'silent', 'expired'] as const;
export type WatchFault = (typeof WATCH_FAULTS)[number];

/** What happens by itself. */
export const ACCIDENTS = ['kill', 'restartApi', 'expireAll', 'stall', 'partition', 'jump', 'stop'] as const;
export type Accident = (typeof ACCIDENTS)[number];

/** What may befall an HTTP request of a platform. */
export const HTTP_FAULTS = ['cut', 'impatient'] as const;
export type HttpFault = (typeof HTTP_FAULTS)[number];

type Weights<K extends string> = Partial<Record<K, number>>;

export interface ChaosPlan {
  /** How many faults there are in all. */
  budget: number;
  /** How likely a step meets one, while there are any left. */
  probability: number;
  request: Weights<RequestFault>;
  watch: Weights<WatchFault>;
  accidents: Weights<Accident>;
  http: Weights<HttpFault>;
  /** How often a backend misbehaves: 0 to 1. */
  backendTrouble: number;
  /** The request with this number meets this fault, beside the others. */
  at?: { request: number; fault: RequestFault } | undefined;
}

export const CALM: ChaosPlan = {
  budget: 0,
  probability: 0,
  request: {},
  watch: {},
  accidents: {},
  http: {},
  backendTrouble: 0,
};

export function drawPlan(random: Random): ChaosPlan {
  const some = <K extends string>(all: readonly K[]): Weights<K> =>
    Object.fromEntries(all.filter(() => random.chance(0.5)).map((one) => [one, 1])) as Weights<K>;
  return {
    budget: random.int(25),
    probability: random.pick([0.03, 0.1, 0.3]),
    request: some(REQUEST_FAULTS),
    watch: some(WATCH_FAULTS),
    accidents: some(ACCIDENTS),
    http: some(HTTP_FAULTS),
    backendTrouble: random.pick([0, 0.1, 0.4]),
  };
}

export class Chaos {
  readonly #plan: ChaosPlan;
  readonly #random: Random;
  #left: number;
  #requests = 0;
  #isCalm = false;

  constructor(plan: ChaosPlan, random: Random) {
    this.#plan = plan;
    this.#random = random;
    this.#left = plan.budget;
  }

  /** How many requests of brokers there were before the calm. */
  get requests(): number {
    return this.#requests;
  }

  /** From now on all goes well. */
  end(): void {
    this.#isCalm = true;
  }

  request(): RequestFault | undefined {
    const { at, request } = this.#plan;
    if (this.#isCalm) return undefined;
    if (this.#requests++ === at?.request) return at.fault;
    return this.#draw(request);
  }

  watch(): WatchFault | undefined {
    return this.#draw(this.#plan.watch);
  }

  accident(): Accident | undefined {
    return this.#draw(this.#plan.accidents);
  }

  http(): HttpFault | undefined {
    return this.#draw(this.#plan.http);
  }

  /** Whether a backend does now what it should not. */
  backend(): boolean {
    return !this.#isCalm && this.#random.chance(this.#plan.backendTrouble);
  }

  #draw<K extends string>(weights: Weights<K>): K | undefined {
    if (this.#isCalm || this.#left === 0 || !this.#random.chance(this.#plan.probability)) return undefined;
    if (Object.keys(weights).length === 0) return undefined;
    this.#left--;
    return this.#random.weighted(weights as Record<K, number>);
  }
}
