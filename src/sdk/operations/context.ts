// What the OSB operations work with.
import type { Catalog } from '../catalog/catalog.js';
import type { Secret } from '../kube/types.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import type { OperationType } from '../resources/operations.js';
import type { Store } from '../runtime/store.js';
import type { Log } from '../telemetry/log.js';

export interface OperationSettings {
  /** For how long a request that may be answered asynchronously waits for the end of the work. */
  patienceMs: number;
  /** For how long a request that must be answered synchronously waits, before it is undone. */
  synchronousLimitMs: number;
  /** What a poll after an asynchronous delete is answered. */
  afterDelete: 'gone' | 'succeeded';
  /** `Retry-After` of a poll where the backend does not say. */
  retryAfterSeconds: number;
}

export interface OperationContext {
  stores: {
    instances: Store<ServiceInstance>;
    bindings: Store<ServiceBinding>;
    secrets: Store<Secret>;
  };
  catalog: Catalog;
  /** What was deleted lately, for polls that do not name an operation. */
  departed: { has(key: string): boolean };
  settings: OperationSettings;
  /**
   * The page of an instance whose backend has none, if the broker serves such pages. It is a secret, and so it is made
   * for each answer and stored nowhere.
   */
  dashboardLink?: (instance: Readonly<ServiceInstance>) => string | undefined;
  log: Log;
  now: () => Date;
  /** A fresh operation id, which names its type. */
  newOperationId: (type: OperationType) => string;
}
