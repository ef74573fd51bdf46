// Removes an instance or a binding from a backend when nothing but its name is left of it here.
import type { Removed } from '../authoring/backend.js';
import type { ResolvedBackend } from '../catalog/backends.js';
import type { Plan } from '../catalog/plan.js';
import { isPaused } from '../resources/escape-hatches.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { newOperationId } from '../resources/operations.js';
import type { ReconcileContext } from './context.js';
import type { Orphan } from './orphans.js';
import { timeLimit } from './time-limit.js';
import { bareBinding, bareInstance, bindingView, instanceView } from './views.js';

/** What one removal may take; what is unfinished then is gone on with after the next sweep. */
const PATIENCE_MS = 60_000;

/** Where the orphan belongs, and what it is called with. */
interface Place {
  context: ReconcileContext;
  instance: Readonly<ServiceInstance>;
  made: { plan: Plan | undefined; resolved: ResolvedBackend };
  signal: AbortSignal;
}

/** Whether it is gone now. */
export async function removeFromBackend(
  context: ReconcileContext,
  orphan: Orphan,
  signal: AbortSignal,
): Promise<boolean> {
  const limit = timeLimit(context.clock, signal, PATIENCE_MS);
  try {
    const remove = orphan.kind === 'instances' ? removeInstance : removeBinding;
    const isGone = await remove(context, orphan, limit.signal);
    signal.throwIfAborted();
    return isGone;
  } finally {
    limit.release();
  }
}

async function removeInstance(
  context: ReconcileContext,
  orphan: Orphan,
  signal: AbortSignal,
): Promise<boolean> {
  const { plan, name, bindings } = orphan;
  const instance = bareInstance(name, { serviceId: plan.service.id, planId: plan.spec.id });
  const place: Place = { context, instance, made: { plan, resolved: plan }, signal };
  for (const binding of bindings) if (!(await unbind(place, binding))) return false;
  const calling = { operationId: newOperationId('deprovision'), signal };
  return isDone(await plan.backend.destroy(instanceView(context, instance, place.made, calling)));
}

/** Its instance is there, and says by which backend; a paused one is left alone. */
async function removeBinding(
  context: ReconcileContext,
  orphan: Orphan,
  signal: AbortSignal,
): Promise<boolean> {
  const instance = context.stores.instances.get(orphan.name);
  if (!instance || isPaused(instance)) return false;
  const resolved = context.catalog.backendFor(instance);
  if ('problems' in resolved || resolved.backend !== orphan.plan.backend) return false;
  const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
  return unbind({ context, instance, made: { plan, resolved }, signal }, orphan.bindings[0]!);
}

async function unbind({ context, instance, made, signal }: Place, name: string): Promise<boolean> {
  const binding = bareBinding(name, instance.metadata.name);
  const calling = { operationId: newOperationId('unbind'), signal };
  const view = bindingView(context, { binding, instance }, made, calling);
  return isDone(await made.resolved.backend.unbind?.(view));
}

const isDone = (outcome: Removed): boolean => !outcome || outcome.state === 'done';
