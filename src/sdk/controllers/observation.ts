// Looks after instances, or bindings: puts back what their Secrets lost; of those that are Ready, asks their backends what
// is to be seen, writes it as conditions, and has put right what is not as it was made. Made anew in each term; remembers
// only what it repaired last.
import { isDeepStrictEqual } from 'node:util';
import type { ObservedCondition } from '../authoring/backend.js';
import { type Condition, condition } from '../resources/conditions.js';
import type { Operable } from '../resources/operations.js';
import { type Again, nowOf } from './context.js';
import { limitedCall } from './limited-call.js';
import type { Look, Observed } from './observed.js';
import { putBackAll } from './put-back.js';
import { announce, Repairs } from './repairs.js';
import type { Work } from './work.js';

/** When to look for the first time at what has just become Ready. */
export const FIRST_LOOK_MS = 1_000;

/** How many may be looked at at a time, so that workers are left for what users wait for. */
const AT_A_TIME = 8;
/** When to come back where too many are looked at already: the later, the more have been turned away. */
const TURN_MS = 50;
/** What a backend may take for a look, or for a repair. */
const PATIENCE_MS = 30_000;

/** One for each controller, since it leaves workers free. */
export class Observer<T extends Operable> {
  readonly #observed: Observed<T>;
  readonly #repairs = new Repairs<T>();
  readonly #secretRepairs = new Repairs<T>();
  readonly #turnedAway = new Set<string>();
  #looking = 0;

  constructor(observed: Observed<T>) {
    this.#observed = observed;
  }

  /** To be called for whatever stays, before anything else. Returns when to come back, where that has to wait. */
  putBackSecrets(work: Work<T>): Promise<Again> {
    return putBackAll(work, this.#secretRepairs);
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
    this.#repairs.forget(name);
    this.#secretRepairs.forget(name);
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
    if (seen.repair !== undefined) return this.#repair(work, seen.repair, () => look.repair(signal));
    this.#repairs.healthy(work);
    return seen.againAfter === undefined ? undefined : { requeueAfterMs: seen.againAfter * 1000 };
  }

  async #repair(work: Work<T>, what: string, repair: () => Promise<unknown>): Promise<Again> {
    const pauseMs = this.#repairs.pauseMs(work);
    return { requeueAfterMs: pauseMs > 0 ? pauseMs : await this.#repairs.make(work, what, repair) };
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
    announce(work, { type: status === 'True' ? 'Warning' : 'Normal', reason, message });
  }
}
