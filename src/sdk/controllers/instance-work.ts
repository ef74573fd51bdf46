// One reconcile of one instance, and how it tells what it found.
import type { ServiceInstance } from '../resources/kinds.js';
import type { Operation, Progress } from '../resources/operations.js';
import { type Again, deadlineOf, type ReconcileContext, writeProgress } from './context.js';

export interface InstanceWork {
  context: ReconcileContext;
  instance: Readonly<ServiceInstance>;
  operation: Operation;
  signal: AbortSignal;
}

export const inProgress = (reason: string, description: string): Progress => ({
  state: 'in progress',
  reason,
  description,
});

/** Something is missing that may yet come, until the deadline: a backend with a newer broker, a Secret. */
export async function wait(work: InstanceWork, reason: string, description: string): Promise<Again> {
  const { context, operation } = work;
  const left = deadlineOf(context, operation, undefined).getTime() - context.now().getTime();
  const progress = inProgress(reason, description);
  await report(work, left > 0 ? progress : { ...progress, state: 'failed' });
  return left > 0 ? { requeueAfterMs: left } : undefined;
}

export async function report(
  { context, instance, operation }: InstanceWork,
  progress: Progress,
): Promise<void> {
  await writeProgress(context, context.stores.instances, instance, { operation, progress });
}
