// Objects of one kind by name, with indexes and listeners. Knows nothing of where they come from.
import type { KubeObject } from '../kube/types.js';
import { errorDetails, type Log } from '../telemetry/log.js';
import { deepFreeze } from './freeze.js';

/** The values under which an object is to be found. */
export type Indexer<T> = (object: Readonly<T>) => string[];

export type ChangeListener<T> = (
  name: string,
  current: Readonly<T> | undefined,
  previous: Readonly<T> | undefined,
) => void;

export interface CacheOptions<T> {
  log: Log;
  /** Under which name an object is kept; its own by default. */
  keyOf?: (object: Readonly<T>) => string;
  indexes?: Record<string, Indexer<T>>;
}

function isSameVersion(one: KubeObject, other: KubeObject): boolean {
  const { uid, resourceVersion } = one.metadata;
  if (resourceVersion === undefined) return false;
  return uid === other.metadata.uid && resourceVersion === other.metadata.resourceVersion;
}

/** Whatever is put in is frozen; to change an object, clone it first. */
export class ObjectCache<T extends KubeObject> {
  readonly keyOf: (object: Readonly<T>) => string;
  readonly #log: Log;
  readonly #objects = new Map<string, Readonly<T>>();
  readonly #indexers: Map<string, Indexer<T>>;
  /** Index → value → names. */
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #listeners = new Set<ChangeListener<T>>();

  constructor(options: CacheOptions<T>) {
    this.keyOf = options.keyOf ?? (({ metadata }) => metadata.name);
    this.#log = options.log;
    this.#indexers = new Map(Object.entries(options.indexes ?? {}));
    for (const index of this.#indexers.keys()) this.#indexes.set(index, new Map());
  }

  get(name: string): Readonly<T> | undefined {
    return this.#objects.get(name);
  }

  list(): Readonly<T>[] {
    return [...this.#objects.values()];
  }

  names(): string[] {
    return [...this.#objects.keys()];
  }

  /** Throws when there is no such index. */
  byIndex(index: string, value: string): Readonly<T>[] {
    const names = this.#index(index).get(value) ?? [];
    return [...names].map((name) => this.#objects.get(name) as Readonly<T>);
  }

  /** The object that the cache holds if it is this very version; else the given one, frozen. */
  known(object: T): Readonly<T> {
    const held = this.#objects.get(this.keyOf(object));
    return held && isSameVersion(held, object) ? held : deepFreeze(object);
  }

  /** Does nothing when the cache holds this very version of the object. */
  set(object: T): void {
    const name = this.keyOf(object);
    const previous = this.#objects.get(name);
    const current = this.known(object);
    if (current === previous) return;
    this.#objects.set(name, current);
    this.#reindex(name, current, previous);
    this.#tell(name, current, previous);
  }

  delete(name: string): void {
    const previous = this.#objects.get(name);
    if (!previous) return;
    this.#objects.delete(name);
    this.#reindex(name, undefined, previous);
    this.#tell(name, undefined, previous);
  }

  /** The listener is called after each change, when the cache shows it already. Returns what ends that. */
  onChange(listener: ChangeListener<T>): () => void {
    const entry: ChangeListener<T> = (...args) => listener(...args); // one entry a call, even for the same function
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  #index(index: string): Map<string, Set<string>> {
    const values = this.#indexes.get(index);
    if (!values) throw new Error(`there is no index ${JSON.stringify(index)}`);
    return values;
  }

  #reindex(name: string, current: Readonly<T> | undefined, previous: Readonly<T> | undefined): void {
    for (const [index, indexer] of this.#indexers) {
      const values = this.#index(index);
      for (const value of this.#valuesOf(index, indexer, previous)) {
        const names = values.get(value);
        names?.delete(name);
        if (names?.size === 0) values.delete(value);
      }
      for (const value of this.#valuesOf(index, indexer, current)) {
        const names = values.get(value) ?? new Set();
        values.set(value, names.add(name));
      }
    }
  }

  #valuesOf(index: string, indexer: Indexer<T>, object: Readonly<T> | undefined): string[] {
    if (!object) return [];
    try {
      return indexer(object);
    } catch (error) {
      this.#log.error('an index function failed', {
        index,
        name: object.metadata.name,
        ...errorDetails(error),
      });
      return [];
    }
  }

  #tell(name: string, current: Readonly<T> | undefined, previous: Readonly<T> | undefined): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(name, current, previous);
      } catch (error) {
        this.#log.error('a change listener failed', { name, ...errorDetails(error) });
      }
    }
  }
}
