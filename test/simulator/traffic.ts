// Who uses the broker in a schedule, and for how long.
import { Stranger } from './crowd.js';
import type { Http } from './http.js';
import { KubectlUser } from './kubectl.js';
import type { Ledger } from './ledger.js';
import type { Random } from './random.js';
import { Tenant } from './tenant.js';
import type { World } from './world.js';

export type Stage = World & { http: Http; ledger: Ledger };

export interface Traffic {
  /** Those who have something to leave behind. */
  tenants: Tenant[];
  lives: (() => Promise<void>)[];
}

/** How many have an instance to themselves, and how many share one. */
const CROWDS = [
  [1, 0],
  [2, 0],
  [1, 2],
  [0, 3],
] as const;

/** One tenant, and each thing once. */
export function ordinary(stage: Stage, random: Random): Traffic {
  const tenant = new Tenant('i0', stage, random.fork());
  return { tenants: [tenant], lives: [() => tenant.ordinaryLife()] };
}

export function drawTraffic(stage: Stage, random: Random): Traffic {
  const [alone, crowd] = random.pick(CROWDS);
  const many = <T>(length: number, make: (index: number) => T): T[] =>
    Array.from({ length }, (_, index) => make(index));
  const tenants = many(alone, (index) => new Tenant(`i${index}`, stage, random.fork()));
  const strangers = many(crowd, (index) => new Stranger(`s${index}`, 'c0', stage, random.fork()));
  const users = random.chance(0.3) ? [new KubectlUser(['k0', 'c0'], stage, random.fork())] : [];
  const lives = [...tenants, ...strangers, ...users].map((actor) => {
    const steps = 4 + random.int(random.pick([12, 12, 40]));
    return () => actor.live(steps);
  });
  return { tenants, lives };
}
