// Deprovisions an instance: its bindings first, then what its backend made, then the finalizer.
import { isAbandoned } from '../resources/escape-hatches.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { isDeleting, isSettled } from '../resources/operations.js';
import { type Again, BY_INSTANCE, hasFinalizer, nowOf } from './context.js';
import { ABANDONED } from './tell.js';
import { bindingIdOf, instanceView } from './views.js';
import { attempt, failed, inProgress, type InstanceWork, letGo, report, wait } from './work.js';

export async function removeInstance(work: InstanceWork): Promise<Again> {
  const { context, object: instance, operation } = work;
  if (!hasFinalizer(instance)) return;
  const bindings = context.stores.bindings.byIndex(BY_INSTANCE, instance.metadata.name);
  if (isAbandoned(instance)) return abandon(work, bindings);
  if (isSettled(instance)) return;
  if (bindings.length > 0) return removeBindings(work, bindings);
  for (const made of everMade(instance)) {
    const { serviceId, planId, resolvedPlan } = made.spec;
    const plan = context.catalog.find(serviceId, planId);
    if (!plan && !resolvedPlan) continue; // refused at once: no backend ever saw it
    const resolved = context.catalog.backendFor(made);
    if ('problems' in resolved) return wait(work, 'NoBackend', resolved.problems.join('; '));
    const attempted = await attempt(work, plan, (signal) => {
      const calling = { operationId: operation.id, signal };
      return resolved.backend.destroy(instanceView(context, made, { plan, resolved }, calling));
    });
    if (!attempted.result) return attempted.again;
  }
  const description = 'the deprovision succeeded';
  await letGo(work, { state: 'succeeded', reason: 'Succeeded', description });
}

/** What there may be to remove: after a plan change that did not end well, the one of before and the one of after. */
function everMade(instance: Readonly<ServiceInstance>): Readonly<ServiceInstance>[] {
  const { applied } = instance.status ?? {};
  const { spec } = instance;
  if (!applied || (applied.planId === spec.planId && applied.serviceId === spec.serviceId)) return [instance];
  const { serviceId, planId, resolvedPlan, parameters } = applied;
  const before = {
    serviceId,
    planId,
    ...(resolvedPlan ? { resolvedPlan } : {}),
    ...(parameters ? { parameters } : {}),
  };
  return [instance, { ...instance, spec: { ...spec, ...before } }];
}

/** A binding whose unbind failed is tried once more for each deprovision; failing again, it fails that too. */
async function removeBindings(
  work: InstanceWork,
  bindings: readonly Readonly<ServiceBinding>[],
): Promise<void> {
  const { context, operation } = work;
  const id = `unbind-${operation.id}`;
  const over = bindings.filter((binding) => isDeleting(binding) && isSettled(binding));
  const stuck = over.filter(({ status }) => status?.lastOperation?.id === id).map(bindingIdOf);
  if (stuck.length > 0) {
    return report(work, failed('BindingsLeft', `these bindings cannot be removed: ${stuck.join(', ')}`));
  }
  await report(work, inProgress('RemovingBindings', `${bindings.length} bindings are removed first`));
  const again = { id, type: 'unbind' as const, requestedAt: nowOf(context).toISOString() };
  for (const binding of over) {
    await context.stores.bindings.replace({ ...binding, spec: { ...binding.spec, operation: again } });
  }
  await deleteAll(work, bindings);
}

async function deleteAll(
  { context }: InstanceWork,
  bindings: readonly Readonly<ServiceBinding>[],
): Promise<void> {
  for (const binding of bindings.filter((each) => !isDeleting(each))) {
    const { name, uid } = binding.metadata;
    await context.stores.bindings.delete(name, uid === undefined ? {} : { uid });
  }
}

/** The bindings see that their instance is abandoned, and go without their backend too. */
async function abandon(work: InstanceWork, bindings: readonly Readonly<ServiceBinding>[]): Promise<void> {
  if (bindings.length > 0) return deleteAll(work, bindings);
  const { backend = 'unknown' } = work.object.spec.resolvedPlan ?? {};
  const description = `abandoned: its backend (${backend}) was not asked, and may still hold the service instance`;
  await letGo(work, { state: 'succeeded', reason: ABANDONED, description });
}
