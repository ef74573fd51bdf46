// Takes the credentials of a binding away when their time is over. The binding stays until it is unbound, and tells
// that it has expired.
import type { Removed } from '../authoring/backend.js';
import { condition } from '../resources/conditions.js';
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

/** To be called for a binding whose time is over. Rejects where the backend does not do its part. */
export async function expire(work: BindingWork): Promise<Again> {
  const { context, object: binding, instance } = work;
  if (!instance) return;
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

/** In milliseconds; undefined where nothing expires, or has done so already. */
export function untilExpiry(binding: Readonly<ServiceBinding>, now: number): number | undefined {
  const { expiresAt, lastOperation } = binding.status ?? {};
  if (expiresAt === undefined || lastOperation?.state !== 'succeeded') return undefined;
  return hasExpired(binding) ? undefined : Date.parse(expiresAt) - now;
}

/** Its credentials were taken away. */
export const hasExpired = ({ status }: Readonly<ServiceBinding>): boolean =>
  status?.conditions?.some(({ type }) => type === EXPIRED) ?? false;

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
