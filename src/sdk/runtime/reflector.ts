// Keeps a target in step with the objects of one kind: list, watch, and begin again for as long as its signal has not
// fired, whatever the API server does. Knows nothing of what the target keeps, nor of who writes.
import { errorOfStatus, isGone, KubeError } from '../kube/errors.js';
import type { KubeObject, ListPage, ResourceClient, WatchEvent } from '../kube/types.js';
import { errorDetails, type Log } from '../telemetry/log.js';
import { childController, sleep, unlessAborted } from './abortable.js';
import { fullJitter } from './backoff.js';
import { type Clock, systemClock } from './clock.js';

/** What is told of the objects, in the order of the API server. */
export interface ReflectorTarget<T> {
  /** A list is about to be asked for: what was stored before this is in it. */
  listBegins(): void;
  /** These are all the objects. */
  replace(objects: T[]): void;
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
/** Bookmarks come about once a minute, so that this much silence means a dead connection. */
const IDLE_MS = 90_000;
/** A watch that lived so long was sound, even if nothing happened; one shorter than this and empty was not. */
const SOUND_AFTER_MS = 60_000;
const TOO_SHORT_MS = 1000;
const BACKOFF = { baseMs: 200, maxMs: 30_000 };
const MAX_RETRY_AFTER_MS = 120_000;
/** Once in a while all is listed anew, should an API server ever have kept an event to itself. */
const RELIST_MS = 10 * 3600_000;

export class Reflector<T extends KubeObject> {
  readonly #client: ReflectorOptions<T>['client'];
  readonly #target: ReflectorTarget<T>;
  readonly #log: Log;
  readonly #selector: { labelSelector?: string };
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #markSynced: () => void;
  /** From where to watch; undefined when the next thing to do is to list. */
  #version: string | undefined;
  #listedAt = 0;
  /** Failures in a row, without any sign of life in between. */
  #failures = 0;
  #watching: AbortController | undefined;

  /** Resolves when the target was filled for the first time; stays pending if the signal fires before. */
  readonly synced: Promise<void>;

  constructor(options: ReflectorOptions<T>) {
    this.#client = options.client;
    this.#target = options.target;
    this.#log = options.log.child({ resource: options.client.type.plural });
    this.#selector = options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    let markSynced: () => void = () => undefined;
    this.synced = new Promise((resolve) => (markSynced = resolve));
    this.#markSynced = markSynced;
  }

  /** Ends when `signal` fires, and not before; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        else await this.#watch(this.#version, signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  /** Ends the watch under way, if there is one, and lists anew. */
  relist(): void {
    this.#version = undefined;
    this.#watching?.abort();
  }

  async #list(signal: AbortSignal): Promise<void> {
    const objects: T[] = [];
    let page: ListPage<T> | undefined;
    this.#target.listBegins();
    do {
      const from = page?.continue === undefined ? {} : { continue: page.continue };
      page = await unlessAborted(this.#client.list({ ...this.#selector, limit: PAGE_SIZE, ...from }), signal);
      objects.push(...page.items);
    } while (page.continue);
    this.#version = page.resourceVersion;
    this.#target.replace(objects);
    this.#listedAt = this.#clock.now();
    this.#log.debug('listed', { objects: objects.length });
    this.#markSynced();
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { controller, release } = childController(signal);
    const began = this.#clock.now();
    const watchdog = this.#watchdog(controller);
    let isAlive = false;
    let failure: KubeError | undefined;

    const onEvent = (event: WatchEvent<T>): void => {
      if (controller.signal.aborted) return;
      watchdog.feed();
      if (event.type === 'ERROR') {
        failure = errorOfStatus(this.#describe(), event.object);
        this.#version = undefined; // such errors are about the version, whatever their code
        return controller.abort();
      }
      isAlive = true;
      this.#failures = 0;
      this.#take(event.type, event.object);
    };

    this.#watching = controller;
    watchdog.feed();
    try {
      await this.#client.watch({ ...this.#selector, resourceVersion, signal: controller.signal }, onEvent);
    } finally {
      release();
      watchdog.stop();
      this.#watching = undefined;
      const lived = this.#clock.now() - began;
      if (lived >= SOUND_AFTER_MS) this.#failures = 0;
      isAlive ||= lived >= TOO_SHORT_MS || controller.signal.aborted;
    }
    if (failure) throw failure;
    // A server that ends every watch at once must not be asked in a tight loop.
    if (!isAlive) throw new KubeError('the watch ended at once', { status: 0 });
    if (this.#clock.now() - this.#listedAt >= RELIST_MS) this.#version = undefined;
  }

  /** Aborts a watch that was not fed for a while. */
  #watchdog(controller: AbortController): { feed(): void; stop(): void } {
    let stop: () => void = () => undefined;
    const bite = (): void => {
      this.#log.info('the watch fell silent; watching again', { idleMs: IDLE_MS });
      controller.abort();
    };
    return {
      stop: () => stop(),
      feed: () => {
        stop();
        stop = this.#clock.after(IDLE_MS, bite);
      },
    };
  }

  #take(type: Exclude<WatchEvent<T>['type'], 'ERROR'>, object: T): void {
    if (type !== 'BOOKMARK') this.#target.apply(type, object);
    if (object.metadata.resourceVersion) this.#version = object.metadata.resourceVersion;
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (mustListAgain(error)) this.#version = undefined;
    const failures = this.#failures++;
    if (isGone(error) && failures === 0) {
      this.#log.info('the watched version is gone; listing anew');
      return;
    }
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

  #describe(): { call: string; confidential: boolean } {
    const { kind, plural } = this.#client.type;
    return { call: `watch ${plural}`, confidential: kind === 'Secret' };
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
