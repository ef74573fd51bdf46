// Runs schedules until one breaks a rule: the life of one instance with each kind of fault at each request, then
// schedules that are drawn from seeds. Knows nothing of who wants to know.
import { CALM, type RequestFault } from './chaos.js';
import { runSchedule, type ScheduleOptions, type ScheduleResult } from './schedule.js';

/** What may befall each single request of a life. */
export const POINTS: readonly RequestFault[] = [
  'killBefore',
  'killAfter',
  'lost',
  'refused',
  'failedAfter',
  'conflict',
];

/** A life with nothing wrong in it, which all others are measured by. */
export const LIFE: ScheduleOptions = {
  seed: 0,
  traffic: 'life',
  plan: CALM,
  settings: { replicas: 1, pace: { requestMs: 8, eventMs: 10 } },
};

/** The same where events come late. */
const SLOW_LIFE: ScheduleOptions = {
  ...LIFE,
  settings: { replicas: 2, pace: { requestMs: 8, eventMs: 2_000 } },
};

/** Namespace and offerings, then the budget of each step, and one Event for each of its transitions. */
const LIFE_WRITES = 40;

export async function life(): Promise<ScheduleResult> {
  const result = await runSchedule(LIFE);
  const details = `${result.writes}, not ${LIFE_WRITES}`;
  if (result.writes !== LIFE_WRITES)
    result.violations.push({ invariant: 'a life takes as many writes as it needs', details });
  return result;
}

/** The same life with the fault at each of its requests, one after the other. */
export async function* lives(fault: RequestFault): AsyncGenerator<ScheduleResult> {
  for (const options of [LIFE, SLOW_LIFE]) {
    const { requests } = await runSchedule(options);
    for (let request = 0; request < requests; request++)
      yield runSchedule({ ...options, plan: { ...CALM, at: { request, fault } } });
  }
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
  const all = [[life()], ...POINTS.map((fault) => lives(fault)), drawn(1, seeds)];
  for (const some of all) {
    for await (const result of some) {
      schedules++;
      if (result.violations.length > 0) return { schedules, result };
    }
  }
  return { schedules };
}

/** What to read when a schedule broke a rule. */
export function report({ seed, violations, lines }: ScheduleResult, tail = 80): string {
  const broken = violations.map(({ invariant, details }) => `  ${invariant}: ${details}`).join('\n');
  return `seed ${seed} breaks the rules:\n${broken}\n\n${lines.slice(-tail).join('\n')}\n\nagain: SIM_SEED=${seed} npm run test:simulator`;
}
