// Deprovisions an instance: its bindings first, then what its backend made, then the finalizer.
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { isDeleting, isSettled } from '../resources/operations.js';
import { type Again, BY_INSTANCE, deadlineOf, dropFinalizer, hasFinalizer, tell } from './context.js';
import { type InstanceWork, inProgress, report, wait } from './instance-work.js';
import { runStep } from './step.js';
import { bindingIdOf, instanceView } from './views.js';

export async function removeInstance(work: InstanceWork): Promise<Again> {
  const { context, instance, operation, signal } = work;
  if (!hasFinalizer(instance) || isSettled(instance)) return;
  const bindings = context.stores.bindings.byIndex(BY_INSTANCE, instance.metadata.name);
  if (bindings.length > 0) return removeBindings(work, bindings);
  for (const made of everMade(instance)) {
    const { serviceId, planId, resolvedPlan } = made.spec;
    const plan = context.catalog.find(serviceId, planId);
    if (!plan && !resolvedPlan) continue; // refused at once: no backend ever saw it
    const resolved = context.catalog.backendFor(made);
    if ('problems' in resolved) return wait(work, 'NoBackend', resolved.problems.join('; '));
    const step = await runStep({
      object: instance,
      operation,
      deadline: deadlineOf(context, operation, plan),
      now: context.now(),
      signal,
      log: context.log,
      call: (stop) => {
        const calling = { operationId: operation.id, signal: stop };
        return resolved.backend.destroy(instanceView(context, made, { plan, resolved }, calling));
      },
    });
    if (step.state !== 'done') {
      await report(work, step.progress);
      return step.state === 'in progress' ? { requeueAfterMs: step.requeueAfterMs } : undefined;
    }
  }
  await dropFinalizer(context.stores.instances, instance);
  tell(context, instance, operation, { state: 'succeeded', description: 'the deprovision succeeded' });
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
  const failed = bindings.filter((binding) => isDeleting(binding) && isSettled(binding));
  const stuck = failed.filter(({ status }) => status?.lastOperation?.id === id).map(bindingIdOf);
  if (stuck.length > 0) {
    const description = `these bindings cannot be removed: ${stuck.join(', ')}`;
    return report(work, { state: 'failed', reason: 'BindingsLeft', description });
  }
  await report(work, inProgress('RemovingBindings', `${bindings.length} bindings are removed first`));
  const again = { id, type: 'unbind' as const, requestedAt: context.now().toISOString() };
  for (const binding of bindings) {
    const { name, uid } = binding.metadata;
    if (!isDeleting(binding)) await context.stores.bindings.delete(name, uid === undefined ? {} : { uid });
    else if (failed.includes(binding)) {
      await context.stores.bindings.replace({ ...binding, spec: { ...binding.spec, operation: again } });
    }
  }
}
