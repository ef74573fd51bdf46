// Plays schedules: the life of one instance with each kind of fault at each of its requests, and what is drawn from
// seeds; in order, or until one breaks a rule.
import { CALM, type RequestFault } from './chaos.js';
import { runSchedule, type ScheduleOptions, type ScheduleResult } from './schedule.js';
import { ordinary } from './traffic.js';

/** What may befall each single request of a life. */
export const POINTS: readonly RequestFault[] = [
  'killBefore',
  'killAfter',
  'lost',
  'refused',
  'failedAfter',
  'conflict',
  'stops',
];

/** A life with nothing wrong in it. */
export const LIFE: ScheduleOptions = {
  seed: 0,
  traffic: ordinary,
  plan: CALM,
  settings: { replicas: 1, pace: { requestMs: 8, eventMs: 10 } },
};

/** The same with a replica more, and with watches that are far behind. */
export const SLOW_LIFE: ScheduleOptions = {
  ...LIFE,
  settings: { replicas: 2, pace: { requestMs: 8, eventMs: 2_000 } },
};

/** Offerings, then the budget of each step, an Event for each of its transitions, and what is collected in the end. */
const LIFE_WRITES = 40;

export async function life(): Promise<ScheduleResult> {
  const result = await runSchedule(LIFE);
  if (result.writes !== LIFE_WRITES) {
    const details = `${result.writes} in place of ${LIFE_WRITES}`;
    result.violations.push({ invariant: 'a life takes as many writes as it needs', details });
  }
  return result;
}

/** A life with the fault at each of its requests, one after the other. */
export async function* lives(options: ScheduleOptions, fault: RequestFault): AsyncGenerator<ScheduleResult> {
  const { requests } = await runSchedule(options);
  for (let request = 0; request < requests; request++)
    yield runSchedule({ ...options, plan: { ...CALM, at: { request, fault } } });
}

export async function* drawn(from: number, count: number): AsyncGenerator<ScheduleResult> {
  for (let seed = from; seed < from + count; seed++) yield runSchedule({ seed });
}

export interface Catch {
  /** How many schedules were played. */
  schedules: number;
  /** The last of them, where it broke a rule. */
  result?: ScheduleResult;
}

/** Plays all lives and then so many seeds, until a rule is broken. */
export async function hunt(seeds: number): Promise<Catch> {
  let schedules = 0;
  const all = [LIFE, SLOW_LIFE].flatMap((options) => POINTS.map((fault) => lives(options, fault)));
  for (const some of [[life()], ...all, drawn(1, seeds)]) {
    for await (const result of some) {
      schedules++;
      if (result.violations.length > 0) return { schedules, result };
    }
  }
  return { schedules };
}

/** What to read when a schedule broke a rule. */
export function report({ seed, violations, lines }: ScheduleResult, tail = 80): string {
  const broken = violations.map(({ invariant, details }) => `  ${invariant}: ${details}`);
  return [
    `seed ${seed} breaks the rules:`,
    ...broken,
    '',
    ...lines.slice(-tail),
    '',
    `again: SIM_SEED=${seed} npm run test:simulator`,
  ].join('\n');
}
