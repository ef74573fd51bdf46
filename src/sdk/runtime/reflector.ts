// Keeps a target in step with the objects of one kind: list, watch, and begin again for as long as its signal has not
// fired, whatever the API server does. Knows nothing of what the target keeps, nor of who writes.
import { isGone, KubeError } from '../kube/errors.js';
import type { KubeObject, ListPage, ResourceClient, WatchEvent } from '../kube/types.js';
import { errorDetails, type Log } from '../telemetry/log.js';
import { sleep, unlessAborted } from './abortable.js';
import { fullJitter } from './backoff.js';
import { type Clock, systemClock } from './clock.js';
import { type Freshness, Liveness } from './reflector-liveness.js';
import { SingleWatch } from './reflector-watch.js';

/** What is told of the objects, in the order of the API server. */
export interface ReflectorTarget<T> {
  /** A list is about to be asked for: what was stored before this is in it. */
  listBegins(): void;
  /** What is to be kept of an object of the list until all are there: maybe the target has the same already. */
  listed?(object: T): Readonly<T>;
  /** These are all the objects. */
  replace(objects: Readonly<T>[]): void;
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  client: Pick<ResourceClient<T>, 'list' | 'watch' | 'type'>;
  target: ReflectorTarget<T>;
  log: Log;
  labelSelector?: string;
  clock?: Clock;
  random?: () => number;
}

const PAGE_SIZE = 500;
/** A watch that lived so long was sound, even if nothing happened. */
const SOUND_AFTER_MS = 60_000;
const BACKOFF = { baseMs: 200, maxMs: 30_000 };
const MAX_RETRY_AFTER_MS = 120_000;
/** Once in a while all is listed anew, should an API server ever have kept an event to itself. */
const RELIST_MS = 10 * 3600_000;
/** Of so many events it is remembered that they came, should they come again. */
const MAX_REMEMBERED = 1000;

export class Reflector<T extends KubeObject> {
  readonly #client: ReflectorOptions<T>['client'];
  readonly #target: ReflectorTarget<T>;
  readonly #log: Log;
  readonly #selector: { labelSelector?: string };
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #liveness: Liveness;
  readonly #markSynced: () => void;
  /** From where to watch; undefined when the next thing to do is to list. */
  #version: string | undefined;
  #listedAt = 0;
  /** The connection broke or fell silent: maybe a server with another history has taken the place of the one before. */
  #isSuspect = false;
  /** Failures in a row, without any sign of life in between. */
  #failures = 0;
  #watching: SingleWatch<T> | undefined;
  /** Who waits for a list that has not begun yet. */
  readonly #refreshing: (() => void)[] = [];
  /** The events since the last list, oldest first. */
  readonly #delivered = new Set<string>();

  /** Resolves when the target was filled for the first time; stays pending if the signal fires before. */
  readonly synced: Promise<void>;

  constructor(options: ReflectorOptions<T>) {
    this.#client = options.client;
    this.#target = options.target;
    this.#log = options.log.child({ resource: options.client.type.plural });
    this.#selector = options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#liveness = new Liveness(this.#clock);
    let markSynced: () => void = () => undefined;
    this.synced = new Promise((resolve) => (markSynced = resolve));
    this.#markSynced = markSynced;
  }

  /** Ends when `signal` fires, and not before; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        else if (this.#isSuspect) await this.#probe(this.#version, signal);
        else await this.#watch(this.#version, signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  /**
   * Lists anew, and resolves when the target has taken in a list that was begun after this call. Stays pending for as
   * long as the API server fails, and for ever when the signal fires before.
   */
  refresh(): Promise<void> {
    this.#version = undefined;
    this.#watching?.abort();
    return new Promise((resolve) => this.#refreshing.push(resolve));
  }

  freshness(): Freshness {
    return this.#liveness.freshness();
  }

  async #list(signal: AbortSignal): Promise<void> {
    const asked = this.#refreshing.splice(0);
    try {
      this.#target.listBegins();
      const { objects, resourceVersion } = await this.#pages(signal);
      this.#isSuspect = false;
      this.#delivered.clear(); // maybe from another history, which tells of other things by the same versions
      this.#target.replace(objects);
      this.#listedAt = this.#clock.monotonic();
      this.#log.debug('listed', { objects: objects.length });
      // Who asked while this list was under way wants another.
      this.#version = this.#refreshing.length > 0 ? undefined : resourceVersion;
    } catch (error) {
      this.#refreshing.unshift(...asked);
      throw error;
    }
    this.#liveness.listed();
    this.#markSynced();
    for (const resolve of asked) resolve();
  }

  async #pages(signal: AbortSignal): Promise<{ objects: Readonly<T>[]; resourceVersion: string }> {
    const objects: Readonly<T>[] = [];
    let from: { continue?: string } = {};
    for (;;) {
      const request = this.#client.list({ ...this.#selector, limit: PAGE_SIZE, ...from });
      const page: ListPage<T> = await unlessAborted(request, signal);
      this.#liveness.heard();
      for (const object of page.items) objects.push(this.#target.listed?.(object) ?? object);
      if (!page.continue) return { objects, resourceVersion: page.resourceVersion };
      from = { continue: page.continue };
    }
  }

  /**
   * Of a version that is yet to come API servers tell nothing, for as long as it has not come. That they number their
   * versions in order is taken for granted nowhere else; where they do not, nothing is lost but this insight.
   */
  async #probe(version: string, signal: AbortSignal): Promise<void> {
    const request = this.#client.list({ ...this.#selector, limit: 1 });
    const { resourceVersion } = await unlessAborted(request, signal);
    this.#liveness.heard();
    this.#isSuspect = false;
    if (!(Number(resourceVersion) < Number(version))) return;
    this.#log.warn('the API server has another history; listing anew', { version, now: resourceVersion });
    this.#version = undefined;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const watch = new SingleWatch<T>({
      client: this.#client,
      selector: this.#selector,
      clock: this.#clock,
      log: this.#log,
      onOpen: () => this.#liveness.watchOpened(),
      onEvent: (type, object) => this.#take(type, object),
    });
    this.#watching = watch;
    try {
      await watch.run(resourceVersion, signal);
    } finally {
      this.#watching = undefined;
      this.#liveness.watchEnded();
      if (watch.livedMs >= SOUND_AFTER_MS) this.#failures = 0;
      if (watch.isSilent) this.#isSuspect = true;
      if (watch.failedInStream) this.#version = undefined;
    }
    if (this.#clock.monotonic() - this.#listedAt >= RELIST_MS) this.#version = undefined;
  }

  #take(type: Exclude<WatchEvent<T>['type'], 'ERROR'>, object: T): void {
    const { name, resourceVersion } = object.metadata;
    this.#failures = 0;
    this.#liveness.watchDelivered();
    if (type !== 'BOOKMARK') {
      if (this.#isRepeated(`${type} ${name} ${resourceVersion}`)) return;
      this.#target.apply(type, object);
    }
    if (resourceVersion) this.#version = resourceVersion;
  }

  /** What came once and comes again is old, and would undo what came in between. */
  #isRepeated(event: string): boolean {
    if (this.#delivered.has(event)) return true;
    this.#delivered.add(event);
    const [oldest] = this.#delivered;
    if (this.#delivered.size > MAX_REMEMBERED && oldest !== undefined) this.#delivered.delete(oldest);
    return false;
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (mustListAgain(error)) this.#version = undefined;
    if (error instanceof KubeError && error.status === 0) this.#isSuspect = true;
    const failures = this.#failures++;
    if (isGone(error) && failures === 0) {
      this.#log.info('the watched version is gone; listing anew');
      return;
    }
    this.#liveness.failed();
    const retryAfterMs = error instanceof KubeError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const jitter = fullJitter(failures, { ...BACKOFF, random: this.#random });
    const waitMs = Math.round(Math.max(jitter, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)));
    this.#log.warn('list or watch failed; trying again', {
      ...errorDetails(error),
      failures: failures + 1,
      waitMs,
    });
    await sleep(waitMs, signal, this.#clock);
  }
}

/**
 * Whether the version to watch from is in doubt. A connection that broke, a server that is overloaded, down or refuses
 * us says nothing about it; anything else may be about it.
 */
function mustListAgain(error: unknown): boolean {
  if (!(error instanceof KubeError)) return true;
  const { status } = error;
  return !(
    status === 0 ||
    status === 401 ||
    status === 403 ||
    status === 429 ||
    (status >= 500 && status !== 504)
  );
}
