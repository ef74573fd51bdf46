// The objects of one kind, as operations and controllers use them: reads come from a cache that follows the API server
// and that shows one's own writes at once; writes go through the API. Knows no particular kind.
import { keyOf, type KubeObject, type Preconditions, type ResourceClient } from '../kube/types.js';
import { errorDetails, type Log } from '../telemetry/log.js';
import { onAbort } from './abortable.js';
import { type ChangeListener, type Indexer, ObjectCache } from './cache.js';
import { type Clock, systemClock } from './clock.js';
import { deepFreeze } from './freeze.js';
import { KeyedLock } from './keyed-lock.js';
import { type Observation, ReadYourWrites } from './read-your-writes.js';
import { Reflector } from './reflector.js';
import type { Freshness } from './reflector-liveness.js';
import type { Guard, GuardableStore, WaitResult } from './store.js';

export interface ResourceStoreOptions<T extends KubeObject> {
  client: ResourceClient<T>;
  log: Log;
  /** What is written through the store has to match as well, or it is shown for some seconds only. */
  labelSelector?: string;
  indexes?: Record<string, Indexer<T>>;
  clock?: Clock;
  random?: () => number;
}

export class ResourceStore<T extends KubeObject> implements GuardableStore<T> {
  readonly #client: ResourceClient<T>;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #cache: ObjectCache<T>;
  readonly #answers: ReadYourWrites<T>;
  readonly #reflector: Reflector<T>;
  /** Two writes of one name at a time could be answered in the other order than they were stored. */
  readonly #writing = new KeyedLock();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(options: ResourceStoreOptions<T>) {
    const { client, log, labelSelector, indexes, clock = systemClock, random = Math.random } = options;
    this.#client = client;
    this.#log = log;
    this.#clock = clock;
    this.#cache = new ObjectCache<T>({
      log,
      keyOf: (object) => keyOf(client, object),
      ...(indexes ? { indexes } : {}),
    });
    this.#answers = new ReadYourWrites({
      cache: this.#cache,
      clock,
      relist: () => void this.#reflector.refresh(),
    });
    this.#reflector = new Reflector({
      client,
      log,
      clock,
      random,
      target: this.#answers,
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
    this.#cache.onChange((name) => {
      for (const look of this.#waiting.get(name) ?? []) look();
    });
  }

  /** Begins to follow the API server, until `signal` fires. */
  start(signal: AbortSignal): void {
    this.#reflector
      .run(signal)
      .catch((error: unknown) => this.#log.error('a reflector ended', errorDetails(error)))
      .finally(() => this.#answers.stop());
  }

  /** Resolves when the cache was filled for the first time; stays pending if the signal fires before. */
  get synced(): Promise<void> {
    return this.#reflector.synced;
  }

  /**
   * Resolves when a list that was begun after this call is taken in: all that was stored before it then shows. Stays
   * pending while the API server fails; whoever cannot wait for ever races it with a signal.
   */
  refresh(): Promise<void> {
    return this.#reflector.refresh();
  }

  /** How far the cache can be trusted at this moment. */
  freshness(): Freshness {
    return this.#reflector.freshness();
  }

  /** From the cache. Like all objects of the store it is frozen: clone it to change it. */
  get(name: string): Readonly<T> | undefined {
    return this.#cache.get(name);
  }

  list(): Readonly<T>[] {
    return this.#cache.list();
  }

  /** Throws when there is no such index. */
  byIndex(index: string, value: string): Readonly<T>[] {
    return this.#cache.byIndex(index, value);
  }

  /** Called after each change of what the store shows, be it seen or written. Returns what ends that. */
  onChange(listener: ChangeListener<T>): () => void {
    return this.#cache.onChange(listener);
  }

  /**
   * Asks the API server, once the writes of that name under way have ended: what one of them makes is not missed. The
   * answer enters the cache too, unless it may be older than what is there.
   */
  async read(name: string): Promise<Readonly<T> | undefined> {
    const writing = this.#writing.pending(name);
    if (writing) await writing;
    return this.#observe(name, async (observation) => {
      const shownUid = this.#cache.get(name)?.metadata.uid;
      const object = await this.#client.get(name);
      if (!observation.isAmbiguous) {
        if (object) this.#answers.stored(observation, object);
        else this.#answers.gone(observation, shownUid);
      }
      return object && deepFreeze(object);
    });
  }

  async create(object: T, guard?: Guard): Promise<Readonly<T>> {
    return this.#write(object, guard, (o) => this.#client.create(o));
  }

  /** Fails with a conflict when the object is not of the stored version. */
  async replace(object: T, guard?: Guard): Promise<Readonly<T>> {
    return this.#write(object, guard, (o) => this.#client.replace(o));
  }

  async replaceStatus(object: T, guard?: Guard): Promise<Readonly<T>> {
    return this.#write(object, guard, (o) => this.#client.replaceStatus(o));
  }

  /** The object as it is now, when a finalizer still holds it; undefined when it is gone or never was. */
  async delete(name: string, options: Preconditions = {}, guard?: Guard): Promise<Readonly<T> | undefined> {
    return this.#writing.run(name, () =>
      this.#observe(name, async (observation) => {
        const uid = options.uid ?? this.#cache.get(name)?.metadata.uid;
        guard?.();
        const object = await this.#client.delete(name, options);
        if (object) this.#answers.stored(observation, object);
        else this.#answers.gone(observation, uid);
        return object && deepFreeze(object);
      }),
    );
  }

  /** Any other write of the object of that name, whose answer is the object as it was stored. */
  write(name: string, send: () => Promise<T>, guard?: Guard): Promise<Readonly<T>> {
    return this.#writing.run(name, () =>
      this.#observe(name, async (observation) => {
        guard?.();
        const stored = await send();
        this.#answers.stored(observation, stored);
        return deepFreeze(stored);
      }),
    );
  }

  /**
   * Waits until the cache shows under `name` what the predicate accepts, the time is over, or `signal` fires.
   * Rejects when the predicate throws.
   */
  waitFor(
    name: string,
    predicate: (object: Readonly<T> | undefined) => boolean,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<WaitResult<T>> {
    return new Promise((resolve, reject) => {
      const ends: (() => void)[] = [];
      const finish = (met: boolean): void => {
        for (const end of ends) end();
        resolve({ met, object: this.get(name) });
      };
      const look = (): void => {
        try {
          if (predicate(this.get(name))) finish(true);
        } catch (error) {
          for (const end of ends) end();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      ends.push(this.#lookAtChanges(name, look));
      ends.push(this.#clock.after(options.timeoutMs, () => finish(false)));
      if (options.signal) ends.push(onAbort(options.signal, () => finish(false)));
      look();
    });
  }

  #lookAtChanges(name: string, look: () => void): () => void {
    const looks = this.#waiting.get(name) ?? new Set();
    this.#waiting.set(name, looks.add(look));
    return () => {
      looks.delete(look);
      if (looks.size === 0 && this.#waiting.get(name) === looks) this.#waiting.delete(name);
    };
  }

  #write(object: T, guard: Guard | undefined, send: (object: T) => Promise<T>): Promise<Readonly<T>> {
    return this.write(keyOf(this.#client, object), () => send(object), guard);
  }

  async #observe<R>(name: string, request: (observation: Observation) => Promise<R>): Promise<R> {
    const observation = this.#answers.begin(name);
    try {
      return await request(observation);
    } finally {
      this.#answers.end(observation);
    }
  }
}
