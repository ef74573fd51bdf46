// The embedded API server as a whole: puts the parts together, listens, starts anew with the data it had, and ends.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Actions } from './actions.js';
import { BUILT_IN_KINDS } from './built-in-kinds.js';
import { definitionKind } from './custom-kinds.js';
import { Faults } from './faults.js';
import { Housekeeping } from './housekeeping.js';
import { HttpHandler } from './http-handler.js';
import { KindRegister } from './kinds.js';
import { kubeconfigFor } from './kubeconfig.js';
import { ObjectDeleter } from './object-deleter.js';
import { ObjectWriter } from './object-writer.js';
import { RequestLog } from './request-log.js';
import { Store } from './store.js';
import { Watches } from './watches.js';

/** What to say when the server is started for a person. */
export const NOT_FOR_PRODUCTION =
  'The embedded Kubernetes API server keeps everything in memory, lets everyone in and is not for production.';

export interface LocalApiServerOptions {
  /** 0, the default, is any free port. */
  port?: number;
  /** How often a watch that allows bookmarks gets one; a minute by default. */
  bookmarkIntervalMs?: number;
  /** How many events at least can be watched from the past; 10,000 by default. */
  historySize?: number;
}

export interface LocalApiServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly requests: RequestLog;
  readonly faults: Faults;
  /** The text of a kubeconfig for kubectl and client libraries. */
  kubeconfig(namespace?: string): string;
  /** Cuts every connection and stops listening, then listens on the same port with the data it had. */
  restart(): Promise<void>;
  /** Resolves when no socket is left. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Listens when it resolves; rejects when the port is taken. */
export async function startLocalApiServer(options: LocalApiServerOptions = {}): Promise<LocalApiServer> {
  const { port = 0, bookmarkIntervalMs = 60_000, historySize = 10_000 } = options;
  const store = new Store(historySize);
  const kinds = new KindRegister();
  for (const kind of [...BUILT_IN_KINDS, definitionKind]) kinds.add(kind);
  const writer = new ObjectWriter(store);
  const deleter = new ObjectDeleter(store);
  const housekeeping = new Housekeeping(store, kinds, deleter);
  const watches = new Watches(store, bookmarkIntervalMs);
  const faults = new Faults(watches);
  const requests = new RequestLog();
  const actions = new Actions(store, writer, deleter);
  const handler = new HttpHandler({ actions, kinds, watches, faults, requests });
  makeNamespace(writer, kinds, 'default');
  const listener = new Listener(handler);
  await listener.listen(port);
  return {
    url: listener.url,
    requests,
    faults,
    kubeconfig: (namespace = 'default') => kubeconfigFor(listener.url, namespace),
    restart: async () => {
      const samePort = Number(new URL(listener.url).port);
      await listener.close();
      await listener.listen(samePort);
    },
    close: async () => {
      await listener.close();
      housekeeping.stop();
      watches.stop();
    },
  };
}

function makeNamespace(writer: ObjectWriter, kinds: KindRegister, name: string): void {
  const kind = kinds.find('', 'v1', 'namespaces')!;
  const common = {
    name: '',
    subresource: '',
    dryRun: false,
    fieldValidation: 'Strict',
    warnings: [],
  } as const;
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  writer.create(object, { ...common, kind, manager: 'local', warnings: [] });
}

class Listener {
  readonly #handler: HttpHandler;
  #server: Server | undefined;
  url = '';

  constructor(handler: HttpHandler) {
    this.#handler = handler;
  }

  async listen(port: number): Promise<void> {
    const server = createServer((request, response) => void this.#handler.handle(request, response));
    // Clients keep connections for long, as with a real server.
    server.keepAliveTimeout = 90_000;
    server.listen(port, HOST);
    await once(server, 'listening');
    this.#server = server;
    this.url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
