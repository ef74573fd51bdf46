// Starts and stops the echo service as a server of its own.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEchoService } from './app.js';

export const DEFAULT_ECHO_PORT = 8090;

/** How long requests may go on after `close` was called. */
const GRACE_MS = 2000;

export interface EchoServer {
  /** Where it listens, without a path: `http://127.0.0.1:8090`. */
  readonly url: string;
  /** Lets running requests end, for two seconds at most, and resolves when the port is free. */
  close(): Promise<void>;
}

/** Rejects when the port cannot be had. Port 0 takes any free one. */
export async function startEchoService(
  options: { port?: number; host?: string; sole?: string } = {},
): Promise<EchoServer> {
  const { port = DEFAULT_ECHO_PORT, host = '127.0.0.1', sole } = options;
  const handle = createEchoService(sole).callback();
  const server = createServer((request, response) => void handle(request, response));
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: urlOf(server.address() as AddressInfo),
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      server.close();
      await closed;
      clearTimeout(cut);
    },
  };
}

/** An address that can be called: where the server listens on all addresses, that of this machine. */
function urlOf({ address, family, port }: AddressInfo): string {
  if (family === 'IPv6') return `http://[${address === '::' ? '::1' : address}]:${port}`;
  return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${port}`;
}
