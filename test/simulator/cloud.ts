// The world outside the cluster: servers and their users, which outlive every broker. It is as simple as the thing that
// an author talks to, and it knows what must not happen to it.
import type { Random } from './random.js';
import type { Trace } from './trace.js';

export interface Server {
  /** Made one after the other: a disk, then a machine. */
  parts: Set<string>;
  planId: string;
  parameters: Readonly<Record<string, unknown>>;
  /** Somebody else has set it to something else. */
  isTampered: boolean;
}

const EMPTY = { planId: '', parameters: {}, isTampered: false };

export interface User {
  server: string;
  password: string;
}

/** What was told of instances and bindings. */
export interface Promises {
  /** Whether nobody was told that it is there, or its removal was asked for since. */
  mayVanish(name: string): boolean;
  /** It has, and may be another from now on. */
  vanished(name: string): void;
  /** Whether it was let go without the cloud. */
  isAbandoned(name: string): boolean;
}

export class Cloud {
  readonly servers = new Map<string, Server>();
  readonly users = new Map<string, User>();
  readonly #trace: Trace;
  readonly #promises: Promises;
  #passwords = 0;

  constructor(trace: Trace, promises: Promises) {
    this.#trace = trace;
    this.#promises = promises;
  }

  /** Whoever makes a part has looked before whether it is there. */
  makePart(name: string, part: string): void {
    const server = this.servers.get(name) ?? { ...EMPTY, parts: new Set() };
    if (server.parts.has(part)) this.#trace.violation('nothing is made twice', `${part} of ${name}`);
    this.servers.set(name, server);
    server.parts.add(part);
    this.#trace.add('cloud', `${part} of ${name} is made`);
  }

  configure(name: string, planId: string, parameters: Readonly<Record<string, unknown>>): void {
    const server = this.servers.get(name);
    if (!server) return this.#trace.violation('nothing is configured that is gone', name);
    if (server.planId !== planId || JSON.stringify(server.parameters) !== JSON.stringify(parameters))
      this.#trace.add('cloud', `${name} becomes ${planId} ${JSON.stringify(parameters)}`);
    Object.assign(server, { planId, parameters, isTampered: false });
  }

  /** Somebody else's doing; a server that is not whole is left to those who are at it. */
  drift(name: string, random: Random): void {
    const server = this.servers.get(name);
    if (!server || server.parts.size < 2) return;
    const part = random.pick([...server.parts, undefined]);
    if (part === undefined) server.isTampered = true;
    else server.parts.delete(part);
    this.#trace.add('cloud', `${name} ${part === undefined ? 'is tampered with' : `has lost its ${part}`}`);
  }

  removePart(name: string, part: string): void {
    const server = this.servers.get(name);
    if (!server?.parts.has(part)) return;
    for (const [user, { server: on }] of this.users) {
      if (on === name && !this.#promises.isAbandoned(name))
        this.#trace.violation('bindings go before their instance', `${user} is left on ${name}`);
    }
    server.parts.delete(part);
    this.#end(name, `its ${part} is removed`);
    if (server.parts.size === 0) this.servers.delete(name);
    this.#trace.add('cloud', `${part} of ${name} is removed`);
  }

  /** A fresh password each time; one of before ceases to work. */
  makeUser(name: string, server: string): User {
    if (this.users.has(name)) this.#end(name, 'its password is made anew');
    const user = { server, password: `password-${++this.#passwords}` };
    this.users.set(name, user);
    this.#trace.add('cloud', `user ${name} has ${user.password}`);
    return user;
  }

  removeUser(name: string): void {
    if (!this.users.has(name)) return;
    this.#end(name, 'its user is removed');
    this.users.delete(name);
    this.#trace.add('cloud', `user ${name} is removed`);
  }

  works(name: string, password: string): boolean {
    return this.users.get(name)?.password === password;
  }

  #end(name: string, how: string): void {
    if (this.#promises.mayVanish(name)) this.#promises.vanished(name);
    else this.#trace.violation('what is there stays there until it is removed', `${name}: ${how}`);
  }
}
