// One watch, from its request to its end, however the server or the network bring that about: it is over when the
// stream ends, when the server reports a failure in it, when nothing comes for a while, or when it is aborted.
import { errorOfStatus, KubeError } from '../kube/errors.js';
import type { KubeObject, ResourceClient, WatchEvent } from '../kube/types.js';
import type { Log } from '../telemetry/log.js';
import { childController, unlessAborted } from './abortable.js';
import type { Clock } from './clock.js';

/**
 * Bookmarks come about once a minute, so that this much silence mostly means a dead connection. Some servers send none
 * for objects to which nothing happens.
 */
const IDLE_MS = 90_000;
/** A watch that ends sooner, and empty, was none. */
const TOO_SHORT_MS = 1000;

export interface SingleWatchOptions<T extends KubeObject> {
  client: Pick<ResourceClient<T>, 'watch' | 'type'>;
  selector: { labelSelector?: string };
  clock: Clock;
  log: Log;
  onOpen: () => void;
  onEvent: (type: Exclude<WatchEvent<T>['type'], 'ERROR'>, object: T) => void;
}

export class SingleWatch<T extends KubeObject> {
  readonly #options: SingleWatchOptions<T>;
  readonly #began: number;
  #controller = new AbortController();
  #cancelWatchdog: () => void = () => undefined;
  #hasBegun = false;
  #hasDelivered = false;
  #isSilent = false;
  #failure: KubeError | undefined;

  constructor(options: SingleWatchOptions<T>) {
    this.#options = options;
    this.#began = options.clock.monotonic();
  }

  get livedMs(): number {
    return this.#options.clock.monotonic() - this.#began;
  }

  /** What came in place of events: such a failure is about the version that was watched from. */
  get failedInStream(): boolean {
    return this.#failure !== undefined;
  }

  /** Nothing came for a while: a dead connection, or a server that has nothing to tell. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** To be called once. Resolves at an end that is none of the server's faults; rejects with what broke the watch. */
  async run(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, selector } = this.#options;
    const { controller, release } = childController(signal);
    this.#controller = controller;
    this.#feedWatchdog();
    const onOpen = (): void => this.#whileOn(() => this.#open());
    const watching = client.watch(
      { ...selector, resourceVersion, signal: controller.signal, onOpen },
      (event) => this.#whileOn(() => this.#take(event)),
    );
    try {
      await unlessAborted(watching, controller.signal); // a client that does not let go is left behind
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      release();
      this.#cancelWatchdog();
    }
    if (this.#failure) throw this.#failure;
    if (this.#isSilent && !this.#hasBegun) throw new KubeError('the watch never began', { status: 0 });
    // A server that ends every watch at once must not be asked in a tight loop.
    const isSound = this.#hasDelivered || this.livedMs >= TOO_SHORT_MS || controller.signal.aborted;
    if (!isSound) throw new KubeError('the watch ended at once', { status: 0 });
  }

  /** Nothing is taken from it any more. */
  abort(): void {
    this.#controller.abort();
  }

  #whileOn(fn: () => void): void {
    if (this.#controller.signal.aborted) return;
    this.#feedWatchdog();
    fn();
  }

  #open(): void {
    this.#hasBegun = true;
    this.#options.onOpen();
  }

  #take({ type, object }: WatchEvent<T>): void {
    if (type === 'ERROR') {
      const { kind, plural } = this.#options.client.type;
      const description = { call: `watch ${plural}`, confidential: kind === 'Secret' };
      this.#failure = errorOfStatus(description, object);
      return this.abort();
    }
    this.#hasBegun = true;
    this.#hasDelivered = true;
    this.#options.onEvent(type, object);
  }

  #feedWatchdog(): void {
    this.#cancelWatchdog();
    this.#cancelWatchdog = this.#options.clock.after(IDLE_MS, () => {
      this.#options.log.debug('the watch fell silent', { idleMs: IDLE_MS });
      this.#isSilent = true;
      this.abort();
    });
  }
}
