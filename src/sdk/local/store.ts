// The objects in memory: one increasing version for all of them, a window of history, and listeners by collection.
// Every call is synchronous, hence atomic. Knows nothing of kinds, validation or HTTP.
import { keyOf, objectKey, withMetadata, type ApiObject } from './objects.js';

export interface StoreEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  storage: string;
  version: number;
  /** As it is now; for DELETED, as it was, with the version of the deletion. */
  object: ApiObject;
  previous?: ApiObject;
}

export type StoreListener = (event: StoreEvent) => void;

interface Collection {
  objects: Map<string, ApiObject>;
  /** The keys in order, made anew after an object came or went. */
  sorted?: string[];
}

export class Store {
  #version = 1;
  #floor = 1;
  readonly #historySize: number;
  #history: StoreEvent[] = [];
  readonly #collections = new Map<string, Collection>();
  readonly #byUid = new Map<string, { storage: string; object: ApiObject }>();
  readonly #listeners = new Set<StoreListener>();

  constructor(historySize: number) {
    this.#historySize = historySize;
  }

  /** The version of the last write. */
  get version(): number {
    return this.#version;
  }

  /** The oldest version from which the history is whole. */
  get floor(): number {
    return this.#floor;
  }

  get(storage: string, namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#collections.get(storage)?.objects.get(objectKey(namespace, name));
  }

  byUid(uid: string): { storage: string; object: ApiObject } | undefined {
    return this.#byUid.get(uid);
  }

  /** All objects of a collection, or of one namespace of it, sorted by namespace and name. */
  list(storage: string, namespace?: string): ApiObject[] {
    const collection = this.#collections.get(storage);
    if (!collection) return [];
    collection.sorted ??= [...collection.objects.keys()].sort();
    const objects = collection.sorted.map((key) => collection.objects.get(key)!);
    return namespace === undefined ? objects : objects.filter((o) => o.metadata.namespace === namespace);
  }

  /** The list as it was at a version, by undoing later events; undefined when that is forgotten. */
  listAt(version: number, storage: string, namespace?: string): ApiObject[] | undefined {
    if (version < this.#floor) return undefined;
    const later = this.#history.filter((event) => event.version > version && event.storage === storage);
    if (later.length === 0) return this.list(storage, namespace);
    const objects = new Map(this.list(storage, namespace).map((object) => [keyOf(object), object]));
    for (const event of later.reverse()) {
      if (namespace !== undefined && event.object.metadata.namespace !== namespace) continue;
      if (event.previous) objects.set(keyOf(event.previous), event.previous);
      else objects.delete(keyOf(event.object));
    }
    return [...objects.keys()].sort().map((key) => objects.get(key)!);
  }

  /** Stores a new or a changed object under the next version, and returns it as it is stored. */
  put(storage: string, object: ApiObject): ApiObject {
    const collection = this.#collection(storage);
    const key = keyOf(object);
    const previous = collection.objects.get(key);
    const stored = withMetadata(object, { resourceVersion: String(++this.#version) });
    if (!previous) delete collection.sorted;
    collection.objects.set(key, stored);
    if (stored.metadata.uid) this.#byUid.set(stored.metadata.uid, { storage, object: stored });
    this.#tell({
      type: previous ? 'MODIFIED' : 'ADDED',
      storage,
      version: this.#version,
      object: stored,
      ...(previous ? { previous } : {}),
    });
    return stored;
  }

  remove(storage: string, object: ApiObject): void {
    const collection = this.#collection(storage);
    const previous = collection.objects.get(keyOf(object));
    if (!previous) return;
    collection.objects.delete(keyOf(object));
    delete collection.sorted;
    if (previous.metadata.uid) this.#byUid.delete(previous.metadata.uid);
    const gone = withMetadata(previous, { resourceVersion: String(++this.#version) });
    this.#tell({ type: 'DELETED', storage, version: this.#version, object: gone, previous });
  }

  /** The events of a collection after a version, oldest first; undefined when some of them are forgotten. */
  since(version: number, storage: string): StoreEvent[] | undefined {
    if (version < this.#floor) return undefined;
    return this.#history.filter((event) => event.version > version && event.storage === storage);
  }

  /** Drops the history: every version before the present one is too old from now on. */
  forget(): void {
    this.#history = [];
    this.#floor = this.#version;
  }

  subscribe(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #collection(storage: string): Collection {
    let collection = this.#collections.get(storage);
    if (!collection) this.#collections.set(storage, (collection = { objects: new Map() }));
    return collection;
  }

  #tell(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length > this.#historySize * 2) {
      const dropped = this.#history.splice(0, this.#history.length - this.#historySize);
      this.#floor = dropped.at(-1)!.version;
    }
    for (const listener of this.#listeners) listener(event);
  }
}
