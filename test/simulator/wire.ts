// The way between one process and the API server: how long it takes, what goes wrong on it, and what it costs the
// process. A dead process sends nothing and hears nothing any more; a promise that it waits for never settles.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type CallDescription,
  errorOfFailure,
  errorOfStatus,
  type KubeError,
} from '../../src/sdk/kube/errors.js';
import { LEASES } from '../../src/sdk/kube/lease.js';
import { isRemoved } from '../../src/sdk/kube/resource-client.js';
import type {
  KubeObject,
  ListPage,
  ResourceClient,
  ResourceType,
  WatchEvent,
} from '../../src/sdk/kube/types.js';
import { ApiError } from '../../src/sdk/local/api-error.js';
import { type ApiRequest, isWrite, NAMESPACE, requestText } from './api-server.js';
import type { RequestFault } from './chaos.js';
import { WatchLine } from './watch-line.js';
import type { Endpoint, World } from './world.js';

/** The HTTP request that work is done for, where there is one. */
export const servedRequest = new AsyncLocalStorage<{ writes: ApiRequest[] }>();

const TIMEOUT_MS = 15_000;
/** What was sent just before its sender died still arrives. */
const AFTER_DEATH_MS = 8;
/** Never settles: what a dead process waits for. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

type Settle = { resolve: (answer: unknown) => void; reject: (error: KubeError) => void };

export class Wire {
  readonly #world: World;
  readonly #endpoint: Endpoint;
  readonly #watches = new Set<WatchLine>();
  /** Writes without an answer yet, but for those of the Lease, which never end. */
  readonly pending = new Set<ApiRequest>();

  constructor(world: World, endpoint: Endpoint) {
    this.#world = world;
    this.#endpoint = endpoint;
  }

  client<T extends KubeObject>(type: ResourceType): ResourceClient<T> {
    return new SimulatedClient<T>(this, type);
  }

  /** To be called when the process has died. */
  close(): void {
    for (const watch of this.#watches) watch.close();
  }

  /** All watches end at once. */
  cut(): void {
    for (const watch of [...this.#watches]) watch.cut();
  }

  call<T>(request: ApiRequest): Promise<T> {
    const { chaos, trace } = this.#world;
    const endpoint = this.#endpoint;
    if (!endpoint.isAlive) return never();
    endpoint.onRequest(request);
    const fault = chaos.request();
    if (fault === 'killBefore') {
      endpoint.kill(`before ${requestText(request)}`);
      return never();
    }
    if (fault === 'stops') endpoint.stop();
    if (fault) trace.add(endpoint.name, `${requestText(request)} meets ${fault}`);
    const served = servedRequest.getStore();
    if (isWrite(request) && request.type.kind !== LEASES.kind) this.pending.add(request);
    return new Promise<T>((resolve, reject) => {
      const end = (): boolean => this.pending.delete(request);
      const settle: Settle = {
        resolve: (answer) => (end(), resolve(answer as T)),
        reject: (error) => (end(), reject(error)),
      };
      this.#travel(request, fault, settle, (done) => served?.writes.push(done));
    });
  }

  watch(
    type: ResourceType,
    options: Parameters<ResourceClient<KubeObject>['watch']>[0],
    onEvent: (event: WatchEvent<KubeObject>) => void,
  ): Promise<void> {
    if (!this.#endpoint.isAlive) return never();
    const line = new WatchLine(this.#world, this.#endpoint, { type, options, onEvent });
    this.#watches.add(line);
    return line.run().finally(() => this.#watches.delete(line));
  }

  #travel(
    request: ApiRequest,
    fault: RequestFault | undefined,
    settle: Settle,
    done: (r: ApiRequest) => void,
  ): void {
    const { time, random, api, settings } = this.#world;
    const longest = fault === 'slow' ? 3_000 : settings.pace.requestMs;
    const there = random.between(0.2, longest);
    const back = random.between(0.2, longest);
    const description = describe(request);
    const answer = (ms: number, fn: () => void): void =>
      void time.after(ms, fn, { owner: this.#endpoint, isAnswer: true });
    const fail = (ms: number, error: KubeError): void => answer(ms, () => settle.reject(error));
    const lost = (): KubeError => errorOfFailure(description, new Error('the connection was reset'));
    if (fault === 'refused' || api.isDown || this.#endpoint.isCutOff) return fail(there, lost());
    if (fault === 'hangs') return fail(TIMEOUT_MS, errorOfFailure(description, timeoutError()));
    const refusal = fault && refusalOf(fault, request, description);
    if (refusal) return fail(there + back, refusal);
    const effectAfter = fault === 'hangsAfter' ? random.between(1, TIMEOUT_MS - 10) : there;
    time.after(effectAfter, () => {
      // What is still on its way when its sender dies ends with the connection.
      if (!this.#endpoint.isAlive && effectAfter > AFTER_DEATH_MS) return;
      const outcome = this.#perform(request, description, done);
      if (fault === 'killAfter') this.#endpoint.kill(`after ${requestText(request)}`);
      else if (fault === 'lost') fail(back, lost());
      else if (fault === 'failedAfter')
        fail(
          back,
          errorOfStatus(description, { code: 500, reason: 'InternalError', message: 'etcd timed out' }),
        );
      else if (fault === 'hangsAfter')
        fail(TIMEOUT_MS - effectAfter, errorOfFailure(description, timeoutError()));
      else if ('error' in outcome) fail(back, outcome.error);
      else answer(back, () => settle.resolve(outcome.body));
    });
  }

  #perform(
    request: ApiRequest,
    description: CallDescription,
    done: (request: ApiRequest) => void,
  ): { body: unknown } | { error: KubeError } {
    const { api, trace } = this.#world;
    const { name } = this.#endpoint;
    try {
      const body = api.perform(request);
      if (isWrite(request)) {
        trace.add(name, `${requestText(request)}: stored as ${api.version}`);
        done(request);
      }
      return { body };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isWrite(request))
        trace.add(name, `${requestText(request)}: ${error.body.code} ${error.body.reason}`);
      return { error: errorOfStatus(description, error.body) };
    }
  }
}

/** The same answers as from the client over HTTP. */
class SimulatedClient<T extends KubeObject> implements ResourceClient<T> {
  readonly namespace = NAMESPACE;

  constructor(
    readonly wire: Wire,
    readonly type: ResourceType,
  ) {}

  async get(name: string): Promise<T | undefined> {
    return unlessNotFound(this.wire.call<T>({ verb: 'get', type: this.type, name }));
  }

  list(options: { labelSelector?: string } = {}): Promise<ListPage<T>> {
    return this.wire.call({ verb: 'list', type: this.type, labelSelector: options.labelSelector });
  }

  create(object: T): Promise<T> {
    return this.wire.call({ verb: 'create', type: this.type, name: object.metadata.name, object });
  }

  replace(object: T): Promise<T> {
    return this.wire.call({ verb: 'replace', type: this.type, name: object.metadata.name, object });
  }

  replaceStatus(object: T): Promise<T> {
    return this.wire.call({ verb: 'replaceStatus', type: this.type, name: object.metadata.name, object });
  }

  async delete(
    name: string,
    preconditions: { uid?: string; resourceVersion?: string } = {},
  ): Promise<T | undefined> {
    const answer = this.wire.call<{ object: T; gone: boolean }>({
      verb: 'delete',
      type: this.type,
      name,
      preconditions,
    });
    const deleted = await unlessNotFound(answer);
    return deleted && !deleted.gone && !isRemoved(deleted.object) ? deleted.object : undefined;
  }

  watch(
    options: Parameters<ResourceClient<T>['watch']>[0],
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<void> {
    return this.wire.watch(this.type, options, onEvent as (event: WatchEvent<KubeObject>) => void);
  }
}

async function unlessNotFound<R>(answer: Promise<R>): Promise<R | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ((error as KubeError).status === 404) return undefined;
    throw error;
  }
}

function describe({ verb, type, name = '' }: ApiRequest): CallDescription {
  return { call: `${verb} ${type.plural} ${name}`.trim(), confidential: type.kind === 'Secret' };
}

const timeoutError = (): Error => Object.assign(new Error('time is over'), { name: 'TimeoutError' });

/** The answer of a server that does nothing but refuse; undefined where this request cannot be refused so. */
function refusalOf(
  fault: RequestFault,
  request: ApiRequest,
  description: CallDescription,
): KubeError | undefined {
  const status = (code: number, reason: string, retryAfterSeconds?: number): KubeError =>
    errorOfStatus(description, {
      code,
      reason,
      ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
    });
  const isReplace = ['replace', 'replaceStatus'].includes(request.verb);
  const refusals: Partial<Record<RequestFault, KubeError | undefined>> = {
    conflict: isReplace ? status(409, 'Conflict') : undefined,
    gone: request.verb === 'list' ? status(410, 'Expired') : undefined,
    throttled: status(429, 'TooManyRequests', 1),
    failed: status(500, 'InternalError'),
  };
  return refusals[fault];
}
