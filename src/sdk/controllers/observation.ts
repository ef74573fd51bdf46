// Looks after instances that are Ready: asks their backends what is to be seen, writes it as conditions, and has put
// right what is not as it was made. Made anew in each term; remembers only what it repaired last.
import { isDeepStrictEqual } from 'node:util';
import type { Observation, ObservedCondition } from '../authoring/backend.js';
import type { ResolvedBackend } from '../catalog/backends.js';
import { type Condition, condition, isState, otherConditions } from '../resources/conditions.js';
import type { EventContent } from '../kube/events.js';
import { equalJitter } from '../runtime/backoff.js';
import { type Again, nowOf } from './context.js';
import { limitedCall } from './limited-call.js';
import { instanceView } from './views.js';
import type { InstanceWork } from './work.js';

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

export class Observer {
  readonly #repairs = new Map<string, { count: number; at: number; notBefore: number }>();
  readonly #turnedAway = new Set<string>();
  #looking = 0;

  /** To be called for an instance whose last operation has ended. Rejects where the backend gives no answer. */
  async observe(work: InstanceWork): Promise<Again> {
    const { context } = work;
    const resolved = observable(work);
    if (!resolved) return;
    if (this.#looking >= AT_A_TIME) return this.#turnAway(work);
    this.#turnedAway.delete(work.object.metadata.name);
    this.#looking += 1;
    const { signal } = work;
    const call = (own: AbortSignal): Promise<Again> => this.#look(work, resolved, own);
    return limitedCall({ context, signal, patienceMs: PATIENCE_MS, call }).finally(() => {
      this.#looking -= 1;
    });
  }

  /** To be called for an instance that goes. */
  forget(name: string): void {
    this.#repairs.delete(name);
    this.#turnedAway.delete(name);
  }

  #turnAway({ context, object }: InstanceWork): Again {
    this.#turnedAway.add(object.metadata.name);
    return { requeueAfterMs: TURN_MS * (1 + (2 * context.random() * this.#turnedAway.size) / AT_A_TIME) };
  }

  async #look(work: InstanceWork, resolved: ResolvedBackend, signal: AbortSignal): Promise<Again> {
    const view = viewOf(work, resolved, signal);
    const seen = (await resolved.backend.observe!(view)) ?? {};
    signal.throwIfAborted();
    await writeConditions(work, seen.conditions ?? []);
    if (seen.repair === undefined) return this.#healthy(work, seen);
    return this.#repair(work, seen.repair, () => resolved.backend.ensure(view));
  }

  #healthy({ context, object }: InstanceWork, { againAfter }: Observation): Again {
    const { name } = object.metadata;
    const last = this.#repairs.get(name);
    if (last && context.clock.now() - last.at > HEALTHY_MS) this.#repairs.delete(name);
    return againAfter === undefined ? undefined : { requeueAfterMs: againAfter * 1000 };
  }

  async #repair(work: InstanceWork, what: string, ensure: () => Promise<unknown>): Promise<Again> {
    const { context, object } = work;
    const { name } = object.metadata;
    const { count, notBefore } = this.#repairs.get(name) ?? { count: 0, notBefore: 0 };
    const at = context.clock.now();
    if (at < notBefore) return { requeueAfterMs: notBefore - at };
    const delayMs = equalJitter(count, { ...REPAIR, random: context.random });
    this.#repairs.set(name, { count: count + 1, at, notBefore: at + delayMs });
    tell(work, { type: 'Warning', reason: 'Drifted', message: what });
    await ensure();
    tell(work, { type: 'Normal', reason: 'Repaired', message: `put right: ${what}` });
    return { requeueAfterMs: delayMs };
  }
}

/** As it was made: an offering that was changed since reaches an instance with its next update. */
function observable({ context, object }: InstanceWork): ResolvedBackend | undefined {
  const { resolvedPlan } = object.status?.applied ?? {};
  if (!resolvedPlan || object.status?.lastOperation?.state !== 'succeeded') return undefined;
  const resolved = context.catalog.backendAsIn(object.spec.serviceId, resolvedPlan);
  return 'problems' in resolved || !resolved.backend.observe ? undefined : resolved;
}

function viewOf(work: InstanceWork, resolved: ResolvedBackend, signal: AbortSignal) {
  const { context, object: instance, operation } = work;
  const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
  return instanceView(context, instance, { plan, resolved }, { operationId: operation.id, signal });
}

async function writeConditions(work: InstanceWork, seen: readonly ObservedCondition[]): Promise<void> {
  const { context, store, object: instance } = work;
  const before = instance.status?.conditions ?? [];
  const generation = instance.metadata.generation ?? 1;
  const now = nowOf(context);
  const others = seen
    .filter(({ type }) => !isState(type))
    .map((each) => condition(before, { ...each, generation, now }));
  if (isDeepStrictEqual(otherConditions(before), others)) return;
  const conditions = [...before.filter(({ type }) => isState(type)), ...others];
  await store.replaceStatus({ ...instance, status: { ...instance.status, conditions } });
  for (const each of others) tellCondition(work, each, before);
}

/** That all is well was so before anybody looked, and is no news. */
function tellCondition(
  work: InstanceWork,
  { type, status, reason, message }: Condition,
  before: readonly Condition[],
): void {
  const previous = before.find((each) => each.type === type)?.status ?? 'False';
  if (status === previous) return;
  tell(work, { type: status === 'True' ? 'Warning' : 'Normal', reason, message });
}

function tell({ context, object }: InstanceWork, event: EventContent): void {
  context.log[event.type === 'Warning' ? 'warn' : 'info']('the instance was looked at', {
    reason: event.reason,
    description: event.message,
  });
  context.events.record(object, event);
}
