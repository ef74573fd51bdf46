// What operations and controllers see of the objects of one kind. Who fills it and who may write is not their business.
import type { KubeObject, Preconditions } from '../kube/types.js';
import type { ChangeListener } from './cache.js';

/** What a wait ended with: whether the predicate held, and the object as it was then. */
export interface WaitResult<T> {
  met: boolean;
  object: Readonly<T> | undefined;
}

/** Objects that it hands out are frozen: clone one to change it. */
export interface Store<T extends KubeObject> {
  /** From the cache, as `list` and `byIndex`. */
  get(name: string): Readonly<T> | undefined;
  list(): Readonly<T>[];
  /** Throws when there is no such index. */
  byIndex(index: string, value: string): Readonly<T>[];
  /** Called after each change of what the store shows, be it seen or written. Returns what ends that. */
  onChange(listener: ChangeListener<T>): () => void;
  /**
   * Asks the API server, once the writes of that name under way have ended: what one of them makes is not missed. The
   * answer enters the cache too, unless it may be older than what is there.
   */
  read(name: string): Promise<Readonly<T> | undefined>;
  /**
   * Resolves when a list that was begun after this call is taken in: all that was stored before it then shows. Stays
   * pending while the API server fails; whoever cannot wait for ever races it with a signal.
   */
  refresh(): Promise<void>;
  create(object: T): Promise<Readonly<T>>;
  /** Fails with a conflict when the object is not of the stored version. */
  replace(object: T): Promise<Readonly<T>>;
  replaceStatus(object: T): Promise<Readonly<T>>;
  /** The object as it is now, when a finalizer still holds it; undefined when it is gone or never was. */
  delete(name: string, preconditions?: Preconditions): Promise<Readonly<T> | undefined>;
  /**
   * Waits until the cache shows under `name` what the predicate accepts, the time is over, or `signal` fires.
   * Rejects when the predicate throws.
   */
  waitFor(
    name: string,
    predicate: (object: Readonly<T> | undefined) => boolean,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<WaitResult<T>>;
}

/** Called right before a write is sent; what it throws is what the write fails with, and nothing is sent. */
export type Guard = () => void;

/** A write may have to wait for another one of the same name, so that only the store knows when it is sent. */
export interface GuardableStore<T extends KubeObject> extends Store<T> {
  create(object: T, guard?: Guard): Promise<Readonly<T>>;
  replace(object: T, guard?: Guard): Promise<Readonly<T>>;
  replaceStatus(object: T, guard?: Guard): Promise<Readonly<T>>;
  delete(name: string, preconditions?: Preconditions, guard?: Guard): Promise<Readonly<T> | undefined>;
}
