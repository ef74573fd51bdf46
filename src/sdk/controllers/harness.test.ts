// What the tests of this room share: stores in memory that remember what was asked of them, and a context around them.
import type { AnyBackend } from '../authoring/backend.js';
import { done } from '../authoring/outcome.js';
import { Backends } from '../catalog/backends.js';
import { Catalog } from '../catalog/catalog.js';
import type { ConfigMap, KubeObject, Secret } from '../kube/types.js';
import {
  API_VERSION,
  FINALIZER,
  type ServiceBinding,
  type ServiceInstance,
  type ServiceOffering,
} from '../resources/kinds.js';
import { ObjectCache } from '../runtime/cache.js';
import { ManualClock } from '../runtime/harness.test.js';
import type { Store, WaitResult } from '../runtime/store.js';
import type { Log } from '../telemetry/log.js';
import { ownsNothing } from '../../../test/support/owns-nothing.js';
import { BY_INSTANCE, type EndedOperation, type ReconcileContext } from './context.js';
import { LostSecrets } from './lost-secrets.js';

const { resources, keep, missingRights } = ownsNothing;

const nothing = (): undefined => undefined;
export const quiet: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => quiet,
};

let versions = 0;

/** An API server and its cache in one, where the cache may be told to lag. */
export class MemoryStore<T extends KubeObject> implements Store<T> {
  /** Reads and writes that would reach the API server: `read web`. */
  readonly requests: string[] = [];
  readonly #cache: ObjectCache<T>;
  /** What is there, and not shown. */
  readonly unseen = new Map<string, T>();

  constructor(indexes: ConstructorParameters<typeof ObjectCache<T>>[0]['indexes'] = {}) {
    this.#cache = new ObjectCache<T>({ log: quiet, indexes });
  }

  /** As if somebody else wrote it. */
  put(object: T): T {
    const stored = structuredClone(object);
    stored.metadata = {
      uid: `uid-${object.metadata.name}`,
      ...stored.metadata,
      resourceVersion: `${++versions}`,
    };
    this.#cache.set(stored);
    return stored;
  }

  remove(name: string): void {
    this.#cache.delete(name);
  }

  get = (name: string): Readonly<T> | undefined => this.#cache.get(name);
  list = (): Readonly<T>[] => this.#cache.list();
  byIndex = (index: string, value: string): Readonly<T>[] => this.#cache.byIndex(index, value);
  onChange = (listener: Parameters<Store<T>['onChange']>[0]): (() => void) => this.#cache.onChange(listener);

  async read(name: string): Promise<Readonly<T> | undefined> {
    this.requests.push(`read ${name}`);
    return this.get(name) ?? this.unseen.get(name);
  }

  create = (object: T): Promise<Readonly<T>> => this.#write('create', object);
  replace = (object: T): Promise<Readonly<T>> => this.#write('replace', object);
  replaceStatus = (object: T): Promise<Readonly<T>> => this.#write('replaceStatus', object);

  async delete(name: string, { uid }: { uid?: string } = {}): Promise<undefined> {
    this.requests.push(`delete ${name} ${uid}`);
    this.remove(name);
  }

  refresh = (): Promise<void> => Promise.resolve();
  waitFor = (): Promise<WaitResult<T>> => Promise.reject(new Error('nobody waits in here'));

  async #write(verb: string, object: T): Promise<Readonly<T>> {
    this.requests.push(`${verb} ${object.metadata.name}`);
    const { deletionTimestamp, finalizers } = object.metadata;
    if (deletionTimestamp && !finalizers?.length) this.remove(object.metadata.name);
    else return this.put(object);
    return object;
  }
}

export interface World extends ReconcileContext {
  clock: ManualClock;
  stores: {
    instances: MemoryStore<ServiceInstance>;
    bindings: MemoryStore<ServiceBinding>;
    offerings: MemoryStore<ServiceOffering>;
    secrets: MemoryStore<Secret>;
    configMaps: MemoryStore<ConfigMap>;
  };
  /** Events, as `Warning OrphansFound: …`. */
  told: string[];
  ended: EndedOperation[];
}

/** A broker's world with one plan, `plan` of `service`, on a backend that is done at once where it is not told otherwise. */
export function makeWorld(
  backend: Partial<AnyBackend> = {},
  more: Partial<Pick<ReconcileContext, 'orphans' | 'leadingSince' | 'resyncMs' | 'maxAttempts'>> = {},
): World {
  const complete: AnyBackend = {
    name: 'backend',
    ensure: async () => done(),
    destroy: async () => undefined,
    bind: async () => done({}),
    unbind: async () => undefined,
    ...backend,
  };
  const stores = {
    instances: new MemoryStore<ServiceInstance>(),
    bindings: new MemoryStore<ServiceBinding>({ [BY_INSTANCE]: ({ spec }) => [spec.instanceRef.name] }),
    offerings: new MemoryStore<ServiceOffering>(),
    secrets: new MemoryStore<Secret>(),
    configMaps: new MemoryStore<ConfigMap>(),
  };
  stores.offerings.put(offering);
  const told: string[] = [];
  const ended: EndedOperation[] = [];
  return {
    stores,
    told,
    ended,
    owned: { forInstance: () => resources, forBinding: () => resources, keep: () => keep, missingRights },
    lostSecrets: new LostSecrets(stores),
    catalog: new Catalog({ ...stores, backends: new Backends([complete]) }),
    events: { record: (_, { type, reason, message }) => void told.push(`${type} ${reason}: ${message}`) },
    metrics: { operationEnded: (end) => void ended.push(end) },
    log: quiet,
    clock: new ManualClock(),
    random: () => 0.5,
    leadingSince: 0,
    operationTimeoutSeconds: 3600,
    maxAttempts: 0,
    orphans: 'report',
    resyncMs: 600_000,
    callGraceMs: 0,
    assertLeading: () => undefined,
    ...more,
  };
}

const offering: ServiceOffering = {
  apiVersion: API_VERSION,
  kind: 'ServiceOffering',
  metadata: { name: 'offering' },
  spec: {
    id: 'service',
    name: 'service',
    description: 'A service',
    plans: [{ id: 'plan', name: 'plan', description: 'A plan', backend: 'backend' }],
  },
};

/** An instance as a platform's request makes it. */
export const instanceOf = (name: string, more: Partial<ServiceInstance> = {}): ServiceInstance => ({
  apiVersion: API_VERSION,
  kind: 'ServiceInstance',
  metadata: { name, generation: 1, finalizers: [FINALIZER] },
  spec: {
    instanceId: name,
    serviceId: 'service',
    planId: 'plan',
    resolvedPlan: { planId: 'plan', serviceName: 'service', planName: 'plan', backend: 'backend' },
    operation: { id: `provision-${name}`, type: 'provision', requestedAt: new Date(0).toISOString() },
  },
  ...more,
});

/** The same, provisioned. */
export const readyInstance = (name: string): ServiceInstance =>
  instanceOf(name, {
    status: {
      observedGeneration: 1,
      lastOperation: {
        id: `provision-${name}`,
        type: 'provision',
        state: 'succeeded',
        startedAt: new Date(0).toISOString(),
      },
      applied: { serviceId: 'service', planId: 'plan' },
    },
  });

export const readyBinding = (name: string, instance: string): ServiceBinding => ({
  apiVersion: API_VERSION,
  kind: 'ServiceBinding',
  metadata: { name, generation: 1, finalizers: [FINALIZER] },
  spec: { bindingId: name, instanceRef: { name: instance } },
  status: {
    observedGeneration: 1,
    lastOperation: {
      id: `bind-${name}`,
      type: 'bind',
      state: 'succeeded',
      startedAt: new Date(0).toISOString(),
    },
    secretRef: { name: `binding-${name}` },
  },
});
