// What a cluster's controllers do soon after a write: collects what has lost its owners, empties namespaces and
// definitions that are being deleted, and serves the kinds of the definitions that there are.
import { DEFINITIONS, CLEANUP_FINALIZER, kindsOf, type Definition } from './custom-kinds.js';
import { GarbageCollector } from './garbage-collector.js';
import type { KindRegister } from './kinds.js';
import type { ObjectDeleter } from './object-deleter.js';
import { releaseFinalizer } from './finalizers.js';
import type { Store, StoreEvent } from './store.js';

export class Housekeeping {
  readonly #store: Store;
  readonly #kinds: KindRegister;
  readonly #deleter: ObjectDeleter;
  readonly #garbage: GarbageCollector;
  readonly #unsubscribe: () => void;
  #pending: StoreEvent[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  /** Namespaces and definitions that are being emptied. */
  readonly #ending = { namespaces: new Set<string>(), definitions: new Set<string>() };

  constructor(store: Store, kinds: KindRegister, deleter: ObjectDeleter) {
    this.#store = store;
    this.#kinds = kinds;
    this.#deleter = deleter;
    this.#garbage = new GarbageCollector(store, kinds, deleter);
    this.#unsubscribe = store.subscribe((event) => this.#notice(event));
  }

  stop(): void {
    this.#unsubscribe();
    clearImmediate(this.#scheduled);
  }

  #notice(event: StoreEvent): void {
    if (event.storage === DEFINITIONS) this.#serve(event);
    this.#garbage.index(event);
    this.#pending.push(event);
    this.#scheduled ??= setImmediate(() => this.#work());
  }

  /** At once, so that whoever made a definition can use its kind. */
  #serve({ type, object, previous }: StoreEvent): void {
    if (previous) for (const kind of kindsOf(previous as Definition)) this.#kinds.remove(kind);
    if (type !== 'DELETED') for (const kind of kindsOf(object as Definition)) this.#kinds.add(kind);
  }

  #work(): void {
    this.#scheduled = undefined;
    const events = this.#pending;
    this.#pending = [];
    for (const event of events) {
      this.#garbage.collect(event);
      this.#noticeEnding(event);
    }
    for (const name of this.#ending.namespaces) this.#emptyNamespace(name);
    for (const name of this.#ending.definitions) this.#emptyDefinition(name);
  }

  #noticeEnding({ type, storage, object }: StoreEvent): void {
    const ending =
      storage === 'namespaces'
        ? this.#ending.namespaces
        : storage === DEFINITIONS
          ? this.#ending.definitions
          : undefined;
    if (type === 'DELETED') ending?.delete(object.metadata.name);
    else if (object.metadata.deletionTimestamp) ending?.add(object.metadata.name);
  }

  #emptyNamespace(name: string): void {
    const storages = new Set(this.#kinds.all().map((kind) => kind.storage));
    const left = [...storages].flatMap((storage) => this.#deleteAll(storage, name));
    if (left.length) return;
    const namespace = this.#store.get('namespaces', undefined, name);
    if (namespace && !namespace.metadata.finalizers?.length) this.#store.remove('namespaces', namespace);
  }

  #emptyDefinition(name: string): void {
    if (this.#deleteAll(name).length) return;
    const definition = this.#store.get(DEFINITIONS, undefined, name);
    if (definition) releaseFinalizer(this.#store, DEFINITIONS, definition, CLEANUP_FINALIZER);
  }

  /** Deletes what is not marked yet, and returns what finalizers hold. */
  #deleteAll(storage: string, namespace?: string): unknown[] {
    const kind = this.#kinds.ofStorage(storage);
    if (!kind) return [];
    for (const { metadata } of this.#store.list(storage, namespace))
      if (!metadata.deletionTimestamp) this.#deleter.delete(kind, metadata.namespace, metadata.name);
    return this.#store.list(storage, namespace);
  }
}
