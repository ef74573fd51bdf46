// Looks after instances, or bindings, that are Ready: asks their backends what is to be seen, writes it as conditions, and
// has put right what is not as it was made. Made anew in each term; remembers only what it repaired last.
import { isDeepStrictEqual } from 'node:util';
import type { Observation, ObservedCondition } from '../authoring/backend.js';
import { type Condition, condition } from '../resources/conditions.js';
import type { EventContent } from '../kube/events.js';
import type { Operable } from '../resources/operations.js';
import { equalJitter } from '../runtime/backoff.js';
import { type Again, nowOf } from './context.js';
import { limitedCall } from './limited-call.js';
import type { Look, Observed } from './observed.js';
import type { Work } from './work.js';

/** When to look for the first time at what has just become Ready. */
export const FIRST_LOOK_MS = 1_000;

/** How many may be looked at at a time, so that workers are left for what users wait for. */
const AT_A_TIME = 8;
/** When to come back where too many are looked at already: the later, the more have been turned away. */
const TURN_MS = 50;
/** What a backend may take for a look, or for a repair. */
const PATIENCE_MS = 30_000;
/** How long to wait between repairs, where somebody else undoes them… */
const REPAIR = { baseMs: 1_000, maxMs: 8_000 };
/** …and after how long without need of one they are forgotten. */
const HEALTHY_MS = 10_000;

/** One for each controller, since it leaves workers free. */
export class Observer<T extends Operable> {
  readonly #observed: Observed<T>;
  readonly #repairs = new Map<string, { count: number; at: number; notBefore: number }>();
  readonly #turnedAway = new Set<string>();
  #looking = 0;

  constructor(observed: Observed<T>) {
    this.#observed = observed;
  }

  /** To be called for what has no operation under way. Rejects where the backend gives no answer. */
  async observe(work: Work<T>): Promise<Again> {
    const { context, signal } = work;
    const look = this.#observed.lookAt(work);
    if (!look) return;
    if (this.#looking >= AT_A_TIME) return this.#turnAway(work);
    this.#turnedAway.delete(work.object.metadata.name);
    this.#looking += 1;
    const call = (own: AbortSignal): Promise<Again> => this.#look(work, look, own);
    return limitedCall({ context, signal, patienceMs: PATIENCE_MS, call }).finally(() => {
      this.#looking -= 1;
    });
  }

  /** To be called for what goes. */
  forget(name: string): void {
    this.#repairs.delete(name);
    this.#turnedAway.delete(name);
  }

  #turnAway({ context, object }: Work<T>): Again {
    this.#turnedAway.add(object.metadata.name);
    return { requeueAfterMs: TURN_MS * (1 + (2 * context.random() * this.#turnedAway.size) / AT_A_TIME) };
  }

  async #look(work: Work<T>, look: Look, signal: AbortSignal): Promise<Again> {
    const seen = (await look.observe(signal)) ?? {};
    signal.throwIfAborted();
    await this.#writeConditions(work, seen.conditions ?? []);
    if (seen.repair === undefined) return this.#healthy(work, seen);
    return this.#repair(work, seen.repair, () => look.repair(signal));
  }

  #healthy({ context, object }: Work<T>, { againAfter }: Observation): Again {
    const { name } = object.metadata;
    const last = this.#repairs.get(name);
    if (last && context.clock.now() - last.at > HEALTHY_MS) this.#repairs.delete(name);
    return againAfter === undefined ? undefined : { requeueAfterMs: againAfter * 1000 };
  }

  async #repair(work: Work<T>, what: string, repair: () => Promise<unknown>): Promise<Again> {
    const { context, object } = work;
    const { name } = object.metadata;
    const { count, notBefore } = this.#repairs.get(name) ?? { count: 0, notBefore: 0 };
    const at = context.clock.now();
    if (at < notBefore) return { requeueAfterMs: notBefore - at };
    const delayMs = equalJitter(count, { ...REPAIR, random: context.random });
    this.#repairs.set(name, { count: count + 1, at, notBefore: at + delayMs });
    this.#tell(work, { type: 'Warning', reason: 'Drifted', message: what });
    await repair();
    this.#tell(work, { type: 'Normal', reason: 'Repaired', message: `put right: ${what}` });
    return { requeueAfterMs: delayMs };
  }

  async #writeConditions(work: Work<T>, seen: readonly ObservedCondition[]): Promise<void> {
    const { context, store, object } = work;
    const { isReserved } = this.#observed;
    const before = object.status?.conditions ?? [];
    const generation = object.metadata.generation ?? 1;
    const now = nowOf(context);
    const others = seen
      .filter(({ type }) => !isReserved(type))
      .map((each) => condition(before, { ...each, generation, now }));
    const isKnown = isDeepStrictEqual(
      before.filter(({ type }) => !isReserved(type)),
      others,
    );
    if (isKnown) return;
    const conditions = [...before.filter(({ type }) => isReserved(type)), ...others];
    await store.replaceStatus({ ...object, status: { ...object.status, conditions } });
    for (const each of others) this.#tellCondition(work, each, before);
  }

  /** That all is well was so before anybody looked, and is no news. */
  #tellCondition(
    work: Work<T>,
    { type, status, reason, message }: Condition,
    before: readonly Condition[],
  ): void {
    const previous = before.find((each) => each.type === type)?.status ?? 'False';
    if (status === previous) return;
    this.#tell(work, { type: status === 'True' ? 'Warning' : 'Normal', reason, message });
  }

  #tell({ context, object }: Work<T>, event: EventContent): void {
    context.log[event.type === 'Warning' ? 'warn' : 'info'](`the ${this.#observed.noun} was looked at`, {
      reason: event.reason,
      description: event.message,
    });
    context.events.record(object, event);
  }
}
