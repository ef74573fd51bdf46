// The world behind the brokers of the chaos tests: a slow service of databases and users that outlives every broker
// process, as a naive vendor would make it: each PUT of a user gives it a new password, and the old one is void.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Effects and answers are held back by anything up to this. */
const LAG_MS = 150;
/** A database can be used so long after it was made. */
const READY_AFTER_MS = 400;

interface Database {
  madeAt: number;
  /** User → password. */
  users: Map<string, string>;
}

export class World {
  readonly #databases = new Map<string, Database>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  /** Resolves to the address that brokers call. */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Would the database let that user in? */
  accepts(database: string, user: string, password: string): boolean {
    return this.#databases.get(database)?.users.get(user) === password;
  }

  get databases(): string[] {
    return [...this.#databases.keys()];
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, database = '', user] = (request.url ?? '').split('/');
    await lag(); // a caller that dies meanwhile has sent its request all the same
    const answer = request.method === 'PUT' ? this.#put(database, user) : this.#delete(database, user);
    await lag();
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  }

  #put(name: string, user: string | undefined): object | undefined {
    const database = this.#databases.get(name);
    if (user === undefined) {
      const present = database ?? { madeAt: Date.now(), users: new Map<string, string>() };
      this.#databases.set(name, present);
      return { ready: Date.now() - present.madeAt >= READY_AFTER_MS };
    }
    if (!database) return undefined;
    const password = randomBytes(16).toString('hex');
    database.users.set(user, password);
    return { password };
  }

  #delete(name: string, user: string | undefined): object {
    if (user === undefined) this.#databases.delete(name);
    else this.#databases.get(name)?.users.delete(user);
    return {};
  }
}

const lag = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.random() * LAG_MS));
