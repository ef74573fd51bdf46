// Takes the credentials of a binding away when their time is over. The binding stays until it is unbound, and tells
// that it has expired.
import type { Removed } from '../authoring/backend.js';
import { condition, otherConditions } from '../resources/conditions.js';
import type { ServiceBinding } from '../resources/kinds.js';
import { type Again, nowOf } from './context.js';
import { limitedCall } from './limited-call.js';
import { bindingView } from './views.js';
import type { BindingWork } from './work.js';

export const EXPIRED = 'Expired';

/** What a backend may take for it. */
const PATIENCE_MS = 60_000;
/** When to come back where it says that it is waiting, without saying for how long. */
const POLL_SECONDS = 2;
/** How far ahead a timer is set. */
const DAY_MS = 86_400_000;

/** To be called for a binding whose bind has ended. Rejects where the backend does not do its part. */
export async function expire(work: BindingWork): Promise<Again> {
  const { context, object: binding, instance } = work;
  const dueMs = untilExpiry(binding, context.clock.now());
  if (dueMs === undefined || !instance) return;
  if (dueMs > 0) return { requeueAfterMs: Math.min(dueMs, DAY_MS) };
  const resolved = context.catalog.backendFor(instance);
  if ('problems' in resolved) throw new Error(resolved.problems.join('; '));
  const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
  const { signal } = work;
  const outcome = await limitedCall<Removed>({
    ...{ context, signal, patienceMs: PATIENCE_MS },
    call: async (own) => {
      const calling = { operationId: work.operation.id, signal: own };
      return resolved.backend.unbind?.(
        bindingView(context, { binding, instance }, { plan, resolved }, calling),
      );
    },
  });
  if (outcome?.state === 'waiting')
    return { requeueAfterMs: 1000 * (outcome.retryAfterSeconds ?? POLL_SECONDS) };
  await tellExpiry(work);
}

/** Undefined where nothing expires, or has done so already. */
function untilExpiry({ status }: Readonly<ServiceBinding>, now: number): number | undefined {
  if (status?.expiresAt === undefined || status.lastOperation?.state !== 'succeeded') return undefined;
  if (otherConditions(status.conditions).some(({ type }) => type === EXPIRED)) return undefined;
  return Date.parse(status.expiresAt) - now;
}

async function tellExpiry({ context, store, object: binding }: BindingWork): Promise<void> {
  const message = 'the time of the credentials is over: they were taken away';
  const expired = condition(binding.status?.conditions, {
    ...{ type: EXPIRED, status: 'True', reason: EXPIRED, message },
    ...{ generation: binding.metadata.generation ?? 1, now: nowOf(context) },
  });
  const conditions = [...(binding.status?.conditions ?? []), expired];
  await store.replaceStatus({ ...binding, status: { ...binding.status, conditions } });
  context.log.info('the credentials expired');
  context.events.record(binding, { type: 'Normal', reason: EXPIRED, message });
}
