// Works off the keys of a queue with a reconcile function: retries what throws, comes back when asked to, interrupts
// what is out of date. Level-based: a key says which object to look at, never what happened to it.
import { isConflict } from '../kube/errors.js';
import { errorDetails, type Log } from '../telemetry/log.js';
import { childController, onAbort, sleep } from './abortable.js';
import { type Clock, systemClock } from './clock.js';
import { type Priority, WorkQueue, type WorkQueueOptions } from './work-queue.js';

export interface ReconcileResult {
  /** Come back then, even if nothing changes. */
  requeueAfterMs?: number;
}

export interface ControllerOptions {
  name: string;
  log: Log;
  /** How many keys are worked on at a time. */
  concurrency: number;
  /**
   * Makes the world match what the key names; idempotent. Whatever it throws, it is called again later. The signal
   * fires when the controller is to end at once, and some grace after the key is interrupted or the controller stops.
   */
  reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult | void>;
  /**
   * How long a reconcile may go on that is interrupted or stopped, so that it ends by itself where it can. One that had
   * to be cut off is given that time once more before anything follows: a request that it had sent may still take
   * effect, and must not do so after what undoes it. 0 by default.
   */
  graceMs?: number;
  queue?: WorkQueueOptions;
}

interface Run {
  abort: AbortController;
  /** Ends the wait for it to end by itself. */
  cancel: () => void;
}

const CONFLICT_DELAY_MS = 100;
/** After so many keys the process gets a turn to look at what else it has to do. */
const BURST = 50;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #log: Log;
  readonly #queue: WorkQueue;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #running = new Map<string, Run>();
  readonly #stopping = new AbortController();
  #taken = 0;
  #turn: Promise<void> | undefined;
  #workers: Promise<unknown> = Promise.resolve();

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#log = options.log.child({ controller: options.name });
    this.#queue = new WorkQueue(options.queue);
    this.#clock = options.queue?.clock ?? systemClock;
    this.#random = options.queue?.random ?? Math.random;
  }

  /** What waits: how many keys, and for how long the first of them. */
  get queue(): Pick<WorkQueue, 'length' | 'oldestMs'> {
    return this.#queue;
  }

  /** Keys may be enqueued before the start. A retry of the key has the priority that the key was taken up with. */
  enqueue(key: string, priority: Priority = 'user'): void {
    this.#queue.add(key, priority);
  }

  /** As `enqueue` for a user, and a reconcile of the key under way is to end; failures count no more. */
  interrupt(key: string): void {
    this.#queue.forget(key);
    this.#queue.add(key);
    const run = this.#running.get(key);
    if (!run) return;
    run.cancel();
    run.cancel = this.#afterGrace(() => run.abort.abort(new Error('a newer intent')));
  }

  /** Starts the workers; when `signal` fires, the controller ends at once. To be called once. */
  start(signal: AbortSignal): void {
    const workers = Array.from({ length: this.#options.concurrency }, () => this.#work());
    const release = onAbort(signal, () => this.#end());
    this.#workers = Promise.all(workers).finally(release);
  }

  /** Takes up nothing more, gives what is under way its grace, and resolves when all of it has ended. */
  async stop(): Promise<void> {
    this.#queue.shutdown();
    let isCutOff = false;
    const cancel = this.#afterGrace(() => {
      isCutOff = true;
      this.#end();
    });
    await this.#workers;
    cancel();
    if (isCutOff) await this.#settle();
  }

  #end(): void {
    this.#queue.shutdown();
    this.#stopping.abort(new Error('the controller stops'));
  }

  /** Until what was cut off has taken effect, if it does at all. */
  async #settle(signal = new AbortController().signal): Promise<void> {
    const { graceMs = 0 } = this.#options;
    if (graceMs > 0) await sleep(graceMs, signal, this.#clock);
  }

  #afterGrace(fn: () => void): () => void {
    const { graceMs = 0 } = this.#options;
    if (graceMs > 0) return this.#clock.after(graceMs, fn);
    fn();
    return () => undefined;
  }

  async #work(): Promise<void> {
    for (;;) {
      await this.#giveWay();
      const key = await this.#queue.get();
      if (key === undefined) return;
      const { controller, release } = childController(this.#stopping.signal);
      const run: Run = { abort: controller, cancel: () => undefined };
      this.#running.set(key, run);
      try {
        await this.#reconcile(key, controller.signal);
      } finally {
        run.cancel();
        release();
        if (controller.signal.aborted) await this.#settle(this.#stopping.signal);
        this.#running.delete(key);
        this.#queue.done(key);
      }
    }
  }

  /** Thousands of keys with nothing to do would keep requests waiting, for they need no turn of the event loop. */
  async #giveWay(): Promise<void> {
    if (++this.#taken % BURST === 0) {
      this.#turn = new Promise((resolve) => this.#clock.after(0, resolve));
    }
    await this.#turn;
  }

  /** Never rejects. */
  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    try {
      const result = await this.#options.reconcile(key, signal);
      this.#queue.forget(key);
      if (result?.requeueAfterMs !== undefined) this.#queue.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      this.#retry(key, signal, error);
    }
  }

  #retry(key: string, signal: AbortSignal, error: unknown): void {
    if (signal.aborted) {
      // Interrupted keys are in the queue again already, and a controller that stops takes up nothing more.
      this.#log.debug('reconcile was interrupted', { key, ...errorDetails(error) });
    } else if (isConflict(error)) {
      this.#queue.addAfter(key, CONFLICT_DELAY_MS * (0.5 + this.#random()));
      this.#log.debug('reconcile met a conflict; trying again', { key, ...errorDetails(error) });
    } else {
      const retryInMs = this.#queue.addRateLimited(key);
      this.#log.error('reconcile failed; trying again', { key, retryInMs, ...errorDetails(error) });
    }
  }
}
