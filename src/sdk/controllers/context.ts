// What every reconciler works with, and the small writes that they share.
import { isDeepStrictEqual } from 'node:util';
import type { Catalog } from '../catalog/catalog.js';
import type { Plan } from '../catalog/plan.js';
import type { EventRecorder } from '../kube/events.js';
import type { KubeObject, Secret } from '../kube/types.js';
import {
  FINALIZER,
  type ServiceBinding,
  type ServiceInstance,
  type ServiceOffering,
} from '../resources/kinds.js';
import { type Operable, type Operation, type Progress, recordProgress } from '../resources/operations.js';
import type { ResourceStore } from '../runtime/resource-store.js';
import type { Log } from '../telemetry/log.js';

export interface Stores {
  instances: ResourceStore<ServiceInstance>;
  bindings: ResourceStore<ServiceBinding>;
  offerings: ResourceStore<ServiceOffering>;
  secrets: ResourceStore<Secret>;
}

export interface ReconcileContext {
  stores: Stores;
  catalog: Catalog;
  events: EventRecorder;
  log: Log;
  /** How long an operation may run where its plan does not say. */
  operationTimeoutSeconds: number;
  now: () => Date;
}

/** When to look again, if nothing happens before. */
export type Again = { requeueAfterMs: number } | void;

/** The index of bindings by the name of their instance. */
export const BY_INSTANCE = 'instance';

export function deadlineOf(context: ReconcileContext, operation: Operation, plan: Plan | undefined): Date {
  const limit = plan?.spec.maximumPollingDuration ?? context.operationTimeoutSeconds;
  return new Date(Date.parse(operation.startedAt) + limit * 1000);
}

/** Writes the status if it says anything new. */
export async function writeStatus<T extends Operable>(
  store: ResourceStore<T>,
  object: Readonly<T>,
  change: Partial<NonNullable<T['status']>>,
): Promise<boolean> {
  const status = { ...object.status, ...change };
  if (isDeepStrictEqual(object.status, status)) return false;
  await store.replaceStatus({ ...object, status });
  return true;
}

/** Writes how the operation stands, and tells it as an Event where it changed. */
export async function writeProgress<T extends Operable>(
  context: ReconcileContext,
  store: ResourceStore<T>,
  object: Readonly<T>,
  report: { operation: Operation; progress: Progress; more?: Partial<NonNullable<T['status']>> },
): Promise<void> {
  const { operation, progress } = report;
  const change = { ...recordProgress(object as T, operation, progress, context.now()), ...report.more };
  if (await writeStatus(store, object, change as Partial<NonNullable<T['status']>>)) {
    tell(context, object, operation, progress);
  }
}

/** The reasons of Events, in the words of Service Catalog where it has any. */
const REASONS = {
  provision: {
    'in progress': 'Provisioning',
    succeeded: 'ProvisionedSuccessfully',
    failed: 'ProvisionFailed',
  },
  update: {
    'in progress': 'UpdatingInstance',
    succeeded: 'InstanceUpdatedSuccessfully',
    failed: 'UpdateInstanceFailed',
  },
  deprovision: {
    'in progress': 'Deprovisioning',
    succeeded: 'DeprovisionedSuccessfully',
    failed: 'DeprovisionFailed',
  },
  bind: { 'in progress': 'Binding', succeeded: 'BoundSuccessfully', failed: 'BindFailed' },
  unbind: { 'in progress': 'Unbinding', succeeded: 'UnboundSuccessfully', failed: 'UnbindFailed' },
} as const;

export function tell(
  context: ReconcileContext,
  object: Readonly<KubeObject>,
  operation: Operation,
  progress: Pick<Progress, 'state' | 'description'>,
): void {
  context.log.info(`${operation.type} ${progress.state}`, { description: progress.description });
  context.events.record(object, {
    type: progress.state === 'failed' ? 'Warning' : 'Normal',
    reason: REASONS[operation.type][progress.state],
    message: progress.description,
  });
}

export const hasFinalizer = (object: Readonly<KubeObject>): boolean =>
  object.metadata.finalizers?.includes(FINALIZER) ?? false;

export async function dropFinalizer<T extends KubeObject>(
  store: ResourceStore<T>,
  object: Readonly<T>,
): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  await store.replace({ ...object, metadata: { ...object.metadata, finalizers } });
}

export const withFinalizer = (object: Readonly<KubeObject>): string[] => [
  ...(object.metadata.finalizers ?? []).filter((name) => name !== FINALIZER),
  FINALIZER,
];
