// A small HTTP server for those who look after the process: kubelet, Prometheus, people with curl. It has a port of
// its own, asks nobody who they are, and tells nothing that is secret. What is healthy it does not know.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorDetails, type Log } from '../telemetry/log.js';
import { type HealthCheck, report } from './health.js';

const REQUEST_TIMEOUT_MS = 10_000;

export interface HealthServerOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** What must hold for `/readyz`. */
  checks: readonly HealthCheck[];
  metrics: { readonly contentType: string; text(): Promise<string> };
  log: Log;
}

export interface HealthServer {
  port: number;
  /** Where a client on the same machine reaches it. */
  url: string;
  /** Ends every connection. */
  close(): Promise<void>;
}

interface Answer {
  status: number;
  text: string;
  headers?: Record<string, string>;
}

/** Serves `/livez`, `/readyz` and `/metrics`. Resolves when it listens; rejects when it cannot. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { log } = options;
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void answer(options, request)
      .catch((error: unknown) => {
        log.error('health request failed', errorDetails(error));
        return { status: 500, text: 'failed' };
      })
      .then((answered) => send(request, response, answered));
  });
  await listen(server, options);
  server.on('error', (error) => log.error('health server error', errorDetails(error)));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${reachable(options.host)}:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer({ checks, metrics }: HealthServerOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, text: 'only GET and HEAD', headers: { Allow: 'GET, HEAD' } };
  }
  const [path = '', query] = (request.url ?? '').split('?', 2);
  switch (path) {
    case '/livez':
      return { status: 200, text: 'ok' };
    case '/readyz': {
      const { ok, lines } = report(checks, { verbose: new URLSearchParams(query).has('verbose') });
      return { status: ok ? 200 : 503, text: lines.join('\n') || 'ok' };
    }
    case '/metrics':
      return { status: 200, text: await metrics.text(), headers: { 'Content-Type': metrics.contentType } };
    default:
      return { status: 404, text: 'there are /livez, /readyz and /metrics' };
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, text, headers }: Answer): void {
  const body = text.endsWith('\n') ? text : `${text}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function listen(server: Server, { host, port }: HealthServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const remedy = error.code === 'EADDRINUSE' ? ': stop what listens there, or choose another port' : '';
      const what = `Cannot listen on ${host}:${port} for health and metrics`;
      reject(new Error(`${what} (${error.code ?? error.message})${remedy}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}
