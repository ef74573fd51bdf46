// Stands between a broker and one member of etcd, and does what it is told when a certain request comes by.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';

/** On which side of etcd: the request has not reached it yet, or it has taken effect and its answer is not back yet. */
export type Side = 'before' | 'after';

interface Trap {
  path: string;
  side: Side;
  spring: () => Promise<void>;
}

export class Gate {
  readonly #upstream: string;
  /** Connections of its own, since etcd is killed under them. */
  readonly #agent = new Agent({ pipelining: 0 });
  readonly #server = createServer((incoming, outgoing) => {
    this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  /** What came so far: `user/add`, `kv/deleterange`. */
  readonly paths: string[] = [];
  #trap: Trap | undefined;

  constructor(upstream: string) {
    this.#upstream = upstream;
  }

  /** Resolves with the address of the gate. */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.#agent.close();
  }

  /**
   * Resolves when the next request of that path has come that far and `spring` has ended; whoever asked gets no answer.
   */
  trap(path: string, side: Side, spring: () => void | Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#trap = { path, side, spring: async () => Promise.resolve(spring()).then(resolve, reject) };
    });
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = incoming.url!.replace(/^\/v3\/(auth\/)?/, '');
    this.paths.push(path);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const trap = this.#trap?.path === path ? this.#trap : undefined;
    if (trap) this.#trap = undefined;
    const text =
      trap?.side === 'before' ? '' : await this.#forward(incoming, Buffer.concat(chunks), outgoing);
    await trap?.spring();
    if (trap) outgoing.destroy();
    else outgoing.end(text);
  }

  /** The answer's text; its status is set. */
  async #forward({ url, headers }: IncomingMessage, body: Buffer, outgoing: ServerResponse): Promise<string> {
    const { authorization } = headers;
    const answer = await request(`${this.#upstream}${url}`, {
      method: 'POST',
      dispatcher: this.#agent,
      headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
      body,
    });
    outgoing.statusCode = answer.statusCode;
    return answer.body.text();
  }
}
