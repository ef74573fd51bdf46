// What every reconciler works with, in one term of leadership.
import type { KeepSecrets, MissingRights, OwnedResources } from '../authoring/owned-resources.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Plan } from '../catalog/plan.js';
import type { EventRecorder } from '../kube/events.js';
import type { ConfigMap, KubeObject, Secret } from '../kube/types.js';
import {
  BINDINGS,
  FINALIZER,
  type ServiceBinding,
  type ServiceInstance,
  type ServiceOffering,
} from '../resources/kinds.js';
import type { Operable, Operation, OperationType } from '../resources/operations.js';
import type { Clock } from '../runtime/clock.js';
import type { Store } from '../runtime/store.js';
import type { Log } from '../telemetry/log.js';
import type { LostSecrets } from './lost-secrets.js';

export interface Stores {
  instances: Store<ServiceInstance>;
  bindings: Store<ServiceBinding>;
  offerings: Store<ServiceOffering>;
  secrets: Store<Secret>;
  /** Followed for the catalog, and never written. */
  configMaps: Pick<Store<ConfigMap>, 'onChange'>;
}

export interface EndedOperation {
  type: OperationType;
  outcome: 'succeeded' | 'failed';
  reason: string;
  /** The names in the catalog; empty where they are not known. */
  service: string;
  plan: string;
  /** From the request to the end. */
  seconds: number;
}

/** The Kubernetes objects that instances and bindings own. No more is sent when the signal fires. */
export interface Owned {
  forInstance(instance: Readonly<ServiceInstance>, signal: AbortSignal): OwnedResources;
  forBinding(
    binding: Readonly<ServiceBinding>,
    instance: Readonly<ServiceInstance>,
    signal: AbortSignal,
  ): OwnedResources;
  keep(owner: Readonly<ServiceInstance | ServiceBinding>): KeepSecrets;
  missingRights: MissingRights;
}

export interface ReconcileContext {
  stores: Stores;
  lostSecrets: Pick<LostSecrets, 'find' | 'isUntold'>;
  owned: Owned;
  catalog: Catalog;
  events: Pick<EventRecorder, 'record'>;
  log: Log;
  metrics: {
    /** Once for each operation that ends. */
    operationEnded(ended: EndedOperation): void;
    /** How long a resource that was due waited for a worker. */
    queueWaited?(controller: string, waitedMs: number): void;
  };
  clock: Clock;
  random: () => number;
  /** Throws when another replica may lead; then the signals of all reconciles fire. */
  assertLeading: () => void;
  /** Since when this replica leads, on that clock. */
  leadingSince: number;
  /** How long an operation may run where its plan does not say. */
  operationTimeoutSeconds: number;
  /** After how many failed attempts an operation has failed; 0 for no such limit. */
  maxAttempts: number;
  /** What is done about things in a backend that no resource accounts for. */
  orphans: 'report' | 'remove';
  /** How long a backend's call may go on that a newer intent or a stop overtakes. */
  callGraceMs: number;
  /** How often everything is looked at again. */
  resyncMs: number;
}

/** When to look again, if nothing happens before. */
export type Again = { requeueAfterMs: number } | void;

/** When to look again, where the cache is behind. */
export const BEHIND_MS = 200;

/** Where resources of that kind are, instances or bindings. */
export const storeOf = (
  { instances, bindings }: Pick<Stores, 'instances' | 'bindings'>,
  kind: string,
): Store<ServiceInstance> | Store<ServiceBinding> => (kind === BINDINGS.kind ? bindings : instances);

/** The index of bindings by the name of their instance. */
export const BY_INSTANCE = 'instance';

export const nowOf = ({ clock }: ReconcileContext): Date => new Date(clock.now());

/** What an operation has at least, once somebody works on it whose time ran out while nobody could. */
const CHANCE_MS = 60_000;

export function deadlineOf(
  context: ReconcileContext,
  object: Readonly<Operable>,
  operation: Operation,
  plan: Plan | undefined,
): Date {
  const limitMs = 1000 * (plan?.spec.maximumPollingDuration ?? context.operationTimeoutSeconds);
  const idleUntil = isUntried(object, operation) ? context.clock.now() : context.leadingSince;
  const due = Date.parse(operation.startedAt) + limitMs;
  return new Date(Math.max(due, idleUntil + Math.min(limitMs, CHANCE_MS)));
}

/** Never tried at all, or not since it was paused. */
function isUntried({ status }: Readonly<Operable>, { id }: Operation): boolean {
  return status?.lastOperation?.id !== id || status.lastOperation.reason === PAUSED;
}

/** The reason of an operation that an operator has paused. */
export const PAUSED = 'Paused';

export const hasFinalizer = (object: Readonly<KubeObject>): boolean =>
  object.metadata.finalizers?.includes(FINALIZER) ?? false;

export const withFinalizer = (object: Readonly<KubeObject>): string[] => [
  ...(object.metadata.finalizers ?? []).filter((name) => name !== FINALIZER),
  FINALIZER,
];
