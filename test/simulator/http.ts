// The way between platforms and broker processes: requests reach one of those that serve, answers come back, and the
// death of a process cuts what is under way with it.
import type { KubeObject, ResourceType } from '../../src/sdk/kube/types.js';
import type { Broker } from '../../src/sdk/osb/broker.js';
import { OsbError } from '../../src/sdk/osb/errors.js';
import { BINDINGS, INSTANCES } from '../../src/sdk/resources/kinds.js';
import type { ApiRequest } from './api-server.js';
import type { BrokerProcess } from './broker-process.js';
import { servedRequest } from './wire.js';
import type { World } from './world.js';

export type Method = Exclude<keyof Broker, 'catalog'>;

export interface OsbRequest extends Record<string, unknown> {
  instanceId: string;
  bindingId?: string;
  operation?: string;
}

interface Reply {
  /** 0 when the connection was refused or cut. */
  status: number;
  body: any;
}

export interface HttpAnswer extends Reply {
  /** What the request wrote that took effect. */
  writes: ApiRequest[];
  /** Whether the replica knew less than the API server of what was asked, since another replica does the work. */
  isLagging: boolean;
  /** Of the instance or the binding, as it is stored when the answer is given. */
  uid: string | undefined;
  /** Whether the broker is at work on it no more, which an impatient client does not wait for. */
  isOver: boolean;
}

const PATIENCE_MS = 60_000;

export class Http {
  readonly #world: World;
  readonly #processes: () => BrokerProcess[];
  #requests = 0;

  constructor(world: World, processes: () => BrokerProcess[]) {
    this.#world = world;
    this.#processes = processes;
  }

  /** Never rejects. */
  send(who: string, method: Method, request: OsbRequest): Promise<HttpAnswer> {
    const { time, random, chaos, trace } = this.#world;
    const serving = this.#processes().filter(({ isServing }) => isServing);
    const process = serving.length > 0 ? random.pick(serving) : undefined;
    const id = `${who}#${++this.#requests}`;
    trace.add(id, `-> ${process?.name ?? 'nobody'} ${method} ${textOf(request)}`);
    const answer: HttpAnswer = {
      status: 0,
      body: {},
      writes: [],
      isLagging: false,
      uid: undefined,
      isOver: true,
    };
    const client = new AbortController();
    return new Promise((resolve) => {
      const end = ({ status, body }: Reply, why = ''): void => {
        if (client.signal.aborted) return;
        unsubscribe();
        client.abort(new Error('the client has gone away'));
        trace.add(id, `<- ${why || `${status} ${JSON.stringify(body)}`}`);
        resolve(Object.assign(answer, { status, body }));
      };
      const cut = (why: string, ms: number): void =>
        void time.after(ms, () => end({ status: 0, body: {} }, why));
      const unsubscribe = process?.onDeath(() => cut('cut', 1)) ?? (() => false);
      if (!process) return cut('refused', 1);
      const fault = chaos.http();
      cut('gave up', fault === 'impatient' ? random.between(1, 3_000) : PATIENCE_MS);
      const back = (reply: Reply): void =>
        void time.after(random.between(0.2, 5), () => (fault === 'cut' ? cut('lost', 0) : end(reply)));
      const serve = (): void => {
        if (client.signal.aborted) return; // the connection is closed before it is looked at
        const full = { ...request, requestId: id, signal: client.signal };
        void this.#serve(process, method, full, answer).then((reply) => process.isAlive && back(reply));
      };
      time.after(random.between(0.2, 5), serve, { owner: process, isAnswer: true });
    });
  }

  async #serve(
    process: BrokerProcess,
    method: Method,
    request: OsbRequest,
    answer: HttpAnswer,
  ): Promise<Reply> {
    const token = {};
    process.requests.add(token);
    answer.isOver = false;
    const unsubscribe = process.onDeath(() => (answer.isOver = true));
    const broker = process.broker as unknown as Record<Method, (request: OsbRequest) => Promise<Reply>>;
    answer.isLagging = this.#isLagging(process, request);
    try {
      const { status, body } = await servedRequest.run({ writes: answer.writes }, () =>
        broker[method](request),
      );
      return { status, body };
    } catch (error) {
      if (error instanceof OsbError) return { status: error.status, body: error.body };
      this.#world.trace.violation('no request breaks', `${method}: ${(error as Error).stack}`);
      return { status: 500, body: {} };
    } finally {
      answer.isLagging ||= this.#isLagging(process, request);
      answer.uid = this.#stored(request)?.metadata.uid;
      process.requests.delete(token);
      unsubscribe();
      answer.isOver = true;
    }
  }

  #stored({ instanceId, bindingId }: OsbRequest): KubeObject | undefined {
    const { api } = this.#world;
    return bindingId === undefined ? api.object(INSTANCES, instanceId) : api.object(BINDINGS, bindingId);
  }

  /** One replica alone is never behind what it told. */
  #isLagging({ stores }: BrokerProcess, { instanceId, bindingId }: OsbRequest): boolean {
    const { api } = this.#world;
    const versionOf = (object: Readonly<KubeObject> | undefined): string | undefined =>
      object?.metadata.resourceVersion;
    const behind = (type: ResourceType, shown: Readonly<KubeObject> | undefined, name: string): boolean =>
      versionOf(shown) !== versionOf(api.object(type, name));
    if (this.#world.settings.replicas < 2) return false;
    return (
      behind(INSTANCES, stores.instances.get(instanceId), instanceId) ||
      (bindingId !== undefined && behind(BINDINGS, stores.bindings.get(bindingId), bindingId))
    );
  }
}

function textOf({ instanceId, bindingId, ...rest }: OsbRequest): string {
  return [instanceId, bindingId, JSON.stringify(rest)].filter((part) => part !== undefined).join(' ');
}
