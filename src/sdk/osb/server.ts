// The node server under the application: addresses, TLS, limits of time and size, and an orderly stop.
import { createServer as createHttpServer, type Server as HttpServer, type ServerOptions } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import { errorDetails, type Log } from '../telemetry/log.js';
import { CertificateFiles, type CertificatePaths } from './certificate-files.js';
import { Connections } from './connections.js';

/** Room for an `operation` of 10,000 characters beside long ids and tokens. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Longer than load balancers keep a connection, so that they and not we end it: 60 seconds is their custom. */
const KEEP_ALIVE_MS = 65_000;
const CHECK_CERTIFICATE_EVERY_MS = 5000;

export interface OsbServerOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Files are read again when they change. */
  tls?: CertificatePaths & { checkEveryMs?: number };
  /** How long a request may take to arrive whole. */
  requestTimeoutMs: number;
  /** How long its headers may take. */
  headersTimeoutMs: number;
  log: Log;
}

export interface RunningServer {
  /** Where a client on the same machine reaches it. */
  url: string;
  port: number;
  /** Stops accepting, waits for what is in flight, at most `graceMs`, and resolves when all is closed. */
  close(graceMs: number): Promise<void>;
}

/** Resolves when the server listens; rejects when it cannot. */
export async function startServer(app: Koa, options: OsbServerOptions): Promise<RunningServer> {
  const { log, tls } = options;
  const listener = app.callback() as (...args: unknown[]) => void;
  const limits = limitsOf(options);
  const certificate = tls && new CertificateFiles(tls);
  const server = certificate
    ? createHttpsServer({ ...limits, ...certificate.current }, listener)
    : createHttpServer(limits, listener);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // An expectation that we do not know is no reason for an answer outside the protocol.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  const connections = new Connections(server, log);
  await listen(server, options);
  server.on('error', (error) => log.error('server error', errorDetails(error)));

  const stopWatching = certificate
    ? watchCertificate(server as HttpsServer, certificate, options)
    : () => undefined;
  let closed: Promise<void> | undefined;
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://${reachable(options.host)}:${port}`,
    port,
    close: (graceMs) => {
      stopWatching();
      closed ??= connections.drain(graceMs);
      return closed;
    },
  };
}

function limitsOf({ requestTimeoutMs, headersTimeoutMs }: OsbServerOptions): ServerOptions {
  const headersTimeout = Math.min(headersTimeoutMs, requestTimeoutMs); // node refuses the contrary
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout,
    connectionsCheckingInterval: Math.max(50, Math.min(10_000, Math.ceil(headersTimeout / 2))),
    maxHeaderSize: MAX_HEADER_BYTES,
    requireHostHeader: false, // the answer to a missing one would not be JSON, and we do not need it
  };
}

function listen(server: HttpServer | HttpsServer, { host, port }: OsbServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const remedy = error.code === 'EADDRINUSE' ? ': stop what listens there, or choose another port' : '';
      reject(
        new Error(`Cannot listen on ${host}:${port} (${error.code ?? error.message})${remedy}`, {
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** Looks at the files now and then: mounted Secrets are swapped by symlink, which file watchers miss. */
function watchCertificate(
  server: HttpsServer,
  files: CertificateFiles,
  { tls, log }: OsbServerOptions,
): () => void {
  const timer = setInterval(() => {
    const next = files.changed(log);
    if (!next) return;
    server.setSecureContext(next);
    log.info('TLS certificate reloaded', { certFile: tls?.certFile });
  }, tls?.checkEveryMs ?? CHECK_CERTIFICATE_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
