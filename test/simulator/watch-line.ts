// One watch on its way to one process: events arrive in order, but late, or twice; the line can be cut, fall silent, or
// end because its version is too old. What was under way on a line that is cut is lost, and comes with the next watch.
import { errorOfFailure } from '../../src/sdk/kube/errors.js';
import type { KubeObject, ResourceClient, ResourceType, WatchEvent } from '../../src/sdk/kube/types.js';
import type { Endpoint, World } from './world.js';

interface Subscription {
  type: ResourceType;
  options: Parameters<ResourceClient<KubeObject>['watch']>[0];
  onEvent: (event: WatchEvent<KubeObject>) => void;
}

type Item = WatchEvent<KubeObject> | 'end' | 'cut';

export class WatchLine {
  readonly #world: World;
  readonly #endpoint: Endpoint;
  readonly #subscription: Subscription;
  readonly #queue: Item[] = [];
  #isPumping = false;
  #isSilent = false;
  #isClosed = false;
  #unwatch: () => void = () => undefined;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(world: World, endpoint: Endpoint, subscription: Subscription) {
    this.#world = world;
    this.#endpoint = endpoint;
    this.#subscription = subscription;
  }

  /** Settles as `ResourceClient.watch` promises; never, when the process dies. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const { signal } = this.#subscription.options;
      if (signal.aborted) return this.#finish();
      signal.addEventListener('abort', () => this.#finish(), { once: true });
      const delay = this.#world.random.between(0.2, this.#world.settings.pace.requestMs);
      this.#world.time.after(delay, () => this.#connect(), { owner: this.#endpoint, isAnswer: true });
    });
  }

  cut(): void {
    this.#push('cut');
  }

  /** The process is dead. */
  close(): void {
    this.#isClosed = true;
    this.#unwatch();
  }

  #connect(): void {
    if (this.#isClosed) return;
    const { api, chaos } = this.#world;
    const { type, options } = this.#subscription;
    const fault = chaos.watch();
    if (api.isDown || this.#endpoint.isCutOff || fault === 'cut')
      return this.#fail('the connection was refused');
    if (fault === 'expired') api.forgetHistory();
    this.#isSilent = fault === 'silent';
    options.onOpen?.();
    const push = (item: Item): void => this.#push(item);
    this.#unwatch = api.watch(type, options, { event: push, end: (failure) => push(failure ?? 'end') });
  }

  #push(item: Item): void {
    this.#queue.push(item);
    if (!this.#isPumping) this.#pump();
  }

  /** One item after the other. */
  #pump(): void {
    const { time, random, chaos, trace, settings } = this.#world;
    this.#isPumping = true;
    const fault = chaos.watch();
    if (fault) trace.add(this.#endpoint.name, `watch ${this.#subscription.type.plural} meets ${fault}`);
    if (fault === 'silent') this.#isSilent = true;
    const delay = random.between(0.2, fault === 'late' ? 20_000 : settings.pace.eventMs);
    const arrive = (): void => {
      if (this.#isClosed) return;
      if (fault === 'cut') return this.#fail('the connection was reset');
      if (fault === 'expired') return this.#expire();
      const item = this.#queue.shift()!;
      this.#take(item, fault === 'twice' ? 2 : 1);
      this.#isPumping = false;
      if (this.#queue.length > 0) this.#pump();
    };
    time.after(delay, arrive, { owner: this.#endpoint, isAnswer: true });
  }

  #take(item: Item, times: number): void {
    if (item === 'cut') return this.#fail('the connection was reset');
    if (this.#isSilent) return;
    if (item === 'end') return this.#finish();
    for (let time = 0; time < times && !this.#isClosed; time++) this.#subscription.onEvent(item);
  }

  #expire(): void {
    const status = { code: 410, reason: 'Expired', message: 'too old resource version' };
    this.#subscription.onEvent({ type: 'ERROR', object: status as unknown as KubeObject });
    this.#finish();
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.close();
    this.#settle!.resolve();
  }

  #fail(why: string): void {
    if (this.#isClosed) return;
    this.close();
    const call = { call: `watch ${this.#subscription.type.plural}`, confidential: false };
    this.#settle!.reject(errorOfFailure(call, new Error(why)));
  }
}
