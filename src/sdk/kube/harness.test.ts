// What the tests of this room share: a small HTTP server in the API server's place, and a config that leads to it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClusterConfig } from './config.js';

export interface TestServer {
  config: ClusterConfig;
  url: string;
  /** How many connections were ever opened. */
  connections(): number;
  requests: { method: string; url: URL; headers: IncomingMessage['headers']; body: string }[];
  close(): Promise<void>;
}

type Handler = (request: TestServer['requests'][number], response: ServerResponse) => void;

export async function startServer(handler: Handler, timeoutMs?: number): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  let connections = 0;
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://server');
      const seen = { method: request.method ?? '', url, headers: request.headers, body };
      requests.push(seen);
      handler(seen, response);
    });
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = new ClusterConfig(timeoutMs);
  config.loadFromClusterAndUser(
    { name: 'test', server: url, skipTLSVerify: true },
    { name: 'user', token: 'tok-123' },
  );
  return {
    config,
    url,
    requests,
    connections: () => connections,
    async close() {
      await config.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
