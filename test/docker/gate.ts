// Stands between a broker and a Docker engine, and holds back a request that a test names: before it has reached the
// engine, or when it has taken effect there and its answer is not back yet.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import type { DockerEngine } from '../support/docker-engine.js';
import type { Point } from './steps.js';

export interface Held {
  /** The request that came. */
  readonly came: Promise<void>;
  /** Whoever asked has given it up. */
  readonly givenUp: Promise<unknown>;
  /** It takes effect if it has not, and its answer goes back if somebody still waits for it. */
  readonly letGo: () => void;
  /** It takes no effect if it has not, and whoever asked gets no answer. */
  readonly cut: () => void;
}

type Trap = Omit<Point, 'step'> & {
  instance: string;
  spring: (outgoing: ServerResponse) => Promise<boolean>;
};

interface Answer {
  status: number;
  type: string;
  body: Buffer;
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

export class Gate {
  readonly #engine: () => DockerEngine;
  #agent: Agent | undefined;
  readonly #server = createServer((incoming, outgoing) => {
    this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  readonly #traps = new Set<Trap>();
  /** Whose an exec is stands in no request but the one that makes it. */
  readonly #execs = new Map<string, string>();
  readonly #requests = new Map<string, string[]>();

  /** `engine` is asked for with the first request. */
  constructor(engine: () => DockerEngine) {
    this.#engine = engine;
  }

  /** Resolves with the address for brokers. */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.#agent?.close();
  }

  /** What came so far about that instance, in the words of `REQUESTS`. */
  requests(instance: string): string[] {
    return this.#requests.get(instance) ?? [];
  }

  /** Holds back the n-th request of that kind about the instance, of those that come from now on. */
  hold(instance: string, { request: what, nth, side }: Omit<Point, 'step'>): Held {
    const came = deferred<void>();
    const givenUp = deferred<unknown>();
    const fate = deferred<boolean>();
    const spring = (outgoing: ServerResponse): Promise<boolean> => {
      came.resolve();
      outgoing.once('close', givenUp.resolve);
      return fate.promise;
    };
    this.#traps.add({ instance, request: what, nth, side, spring });
    return {
      came: came.promise,
      givenUp: givenUp.promise,
      letGo: () => fate.resolve(true),
      cut: () => fate.resolve(false),
    };
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const what = wordsFor(incoming);
    const instance = this.#instanceIn(incoming.url!, body);
    const trap = this.#trapFor(instance, what);
    if (trap?.side === 'before' && !(await trap.spring(outgoing))) return void outgoing.destroy();
    const answer = await this.#forward(incoming, body);
    if (what === 'POST containers/_/exec' && answer.status === 201) {
      this.#execs.set((JSON.parse(answer.body.toString()) as { Id: string }).Id, instance);
    }
    if (trap?.side === 'after' && !(await trap.spring(outgoing))) return void outgoing.destroy();
    outgoing.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
  }

  #instanceIn(url: string, body: Buffer): string {
    const exec = /^\/exec\/(\w+)/.exec(url)?.[1];
    if (exec !== undefined) return this.#execs.get(exec) ?? '';
    return UUID.exec(decodeURIComponent(url))?.[0] ?? UUID.exec(body.toString())?.[0] ?? '';
  }

  #trapFor(instance: string, what: string): Trap | undefined {
    this.#requests.set(instance, [...this.requests(instance), what]);
    const own = [...this.#traps].filter((trap) => trap.instance === instance && trap.request === what);
    for (const trap of own) trap.nth -= 1;
    const sprung = own.find(({ nth }) => nth === 0);
    if (sprung) this.#traps.delete(sprung);
    return sprung;
  }

  async #forward({ url, method, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const socketPath = this.#engine().address.engine.replace('unix://', '');
    // Connections of their own, since the engine is killed under them.
    this.#agent ??= new Agent({ pipelining: 0, connect: { socketPath } });
    const type = headers['content-type'];
    const answer = await request(`http://engine${url}`, {
      method: method as 'GET',
      headers: type === undefined ? {} : { 'content-type': type },
      body: body.length === 0 ? null : body,
      dispatcher: this.#agent,
    });
    return {
      status: answer.statusCode,
      type: String(answer.headers['content-type'] ?? 'application/json'),
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }
}

/** Names are left out: `POST containers/_/start`. */
function wordsFor({ method, url }: IncomingMessage): string {
  const [kind, name, verb] = new URL(url!, 'http://engine').pathname.slice(1).split('/');
  const named = name === undefined || name === 'create' ? name : '_';
  return `${method} ${[kind, named, verb].filter((part) => part !== undefined).join('/')}`;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
