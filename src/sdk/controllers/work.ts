// One reconcile of one instance or binding: how it asks the backend, and how it stores and tells what it found.
import { isDeepStrictEqual } from 'node:util';
import type { Removed } from '../authoring/backend.js';
import type { Outcome } from '../authoring/outcome.js';
import type { Plan } from '../catalog/plan.js';
import { FINALIZER, type ServiceBinding, type ServiceInstance } from '../resources/kinds.js';
import {
  hasEnded,
  type Operable,
  type Operation,
  overtakenBy,
  type Progress,
  recordProgress,
} from '../resources/operations.js';
import type { Store } from '../runtime/store.js';
import { type Again, deadlineOf, nowOf, type ReconcileContext } from './context.js';
import { runStep } from './step.js';
import { tell } from './tell.js';

export interface Work<T extends Operable> {
  context: ReconcileContext;
  store: Store<T>;
  /** As the cache shows it, and so frozen. */
  object: T;
  operation: Operation;
  /** The instance itself, or that of the binding. */
  instance: Readonly<ServiceInstance> | undefined;
  signal: AbortSignal;
}

export type InstanceWork = Work<ServiceInstance>;
export type BindingWork = Work<ServiceBinding>;

/** The identity of the HTTP request that asked for the operation, for the log. */
export function requestOf({ spec }: Readonly<Operable>, { id }: Operation): { requestId?: string } {
  const { operation } = spec;
  return operation?.requestId !== undefined && operation.id === id ? { requestId: operation.requestId } : {};
}

export const inProgress = (reason: string, description: string): Progress => ({
  state: 'in progress',
  reason,
  description,
});

export const failed = (reason: string, description: string): Progress => ({
  state: 'failed',
  reason,
  description,
});

/** Something is missing that may yet come, until the deadline: a backend with a newer broker, a Secret. */
export async function wait<T extends Operable>(
  work: Work<T>,
  reason: string,
  description: string,
): Promise<Again> {
  const { context, object, operation } = work;
  const left = deadlineOf(context, object, operation, undefined).getTime() - context.clock.now();
  await report(work, left > 0 ? inProgress(reason, description) : failed(reason, description));
  return left > 0 ? { requeueAfterMs: left } : undefined;
}

/** What the backend returned; else it is told already how the operation stands. */
export type Attempted<Result> = { result: Result } | { result?: undefined; again: Again };

/** Asks the backend, and tells how the operation stands where that does not end it well. */
export async function attempt<T extends Operable, Result extends object>(
  work: Work<T>,
  plan: Plan | undefined,
  call: (signal: AbortSignal) => Promise<Outcome<Result> | Removed>,
): Promise<Attempted<Result>> {
  const { context, object, operation, signal } = work;
  const deadline = deadlineOf(context, object, operation, plan);
  const step = await runStep<Result>({ context, object, operation, deadline, signal, call });
  if (step.state === 'done') return { result: step.result };
  await report(work, step.progress);
  return { again: step.state === 'in progress' ? { requeueAfterMs: step.requeueAfterMs } : undefined };
}

/** Stores how the operation stands, where that is news, and tells it. What has ended is not touched again. */
export async function report<T extends Operable>(
  work: Work<T>,
  progress: Progress,
  more: Partial<NonNullable<T['status']>> = {},
): Promise<void> {
  const { context, store, object, operation } = work;
  if (hasEnded(object, operation.id)) return;
  const change = recordProgress(object, operation, progress, nowOf(context));
  const status = { ...object.status, ...change, ...more };
  if (isDeepStrictEqual(object.status, status)) return;
  await store.replaceStatus({ ...object, status });
  tell(work, progress);
  count(work, progress);
}

/** Lets the object go, which ends its deletion. */
export async function letGo<T extends Operable>(work: Work<T>, progress: Progress): Promise<void> {
  const { store, object } = work;
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  await store.replace({ ...object, metadata: { ...object.metadata, finalizers } });
  tell(work, progress);
  count(work, progress);
}

/** Counts what ended with that: the operation itself, and one that it overtook. */
function count<T extends Operable>(work: Work<T>, { state, reason }: Progress): void {
  const { object, operation } = work;
  const overtaken = overtakenBy(object, operation);
  if (overtaken) countEnd(work, overtaken, { outcome: 'failed', reason: 'Overtaken' });
  if (state === 'in progress' || hasEnded(object, operation.id)) return;
  countEnd(work, operation, { outcome: state, reason });
}

function countEnd<T extends Operable>(
  { context, instance }: Work<T>,
  { type, startedAt }: Operation,
  ending: { outcome: 'succeeded' | 'failed'; reason: string },
): void {
  const { serviceName: service = '', planName: plan = '' } = instance?.spec.resolvedPlan ?? {};
  const seconds = Math.max(0, (context.clock.now() - Date.parse(startedAt)) / 1000);
  context.metrics.operationEnded({ type, ...ending, service, plan, seconds });
}
