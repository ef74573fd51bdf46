// What the tests of this room share: a broker that records its calls, a server around it, and clients that send
// exactly what they are told to.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { createLog, type Log } from '../telemetry/log.js';
import { createOsbApp, type OsbAppOptions } from './app.js';
import type { Broker } from './broker.js';
import { Credentials, type CredentialSources } from './credentials.js';
import { startServer, type OsbServerOptions, type RunningServer } from './server.js';

export const USER = { username: 'admin', password: 'pa:ss wörd' };
export const INST = '/v2/service_instances/i-1';
export const BIND = `${INST}/service_bindings/b-1`;
export const PROVISION = { service_id: 's', plan_id: 'p', organization_guid: 'o', space_guid: 'sp' };
export const BINDING = { service_id: 's', plan_id: 'p' };

export interface RecordedCall {
  method: keyof Broker;
  request: Record<string, unknown>;
}

/** A broker that says yes to everything; `overrides` say otherwise. */
export class RecordingBroker implements Broker {
  readonly calls: RecordedCall[] = [];
  readonly overrides: Partial<Broker> = {};

  catalog: Broker['catalog'] = () => {
    this.calls.push({ method: 'catalog', request: {} });
    return (
      this.overrides.catalog?.() ?? {
        body: { services: [] },
        etag: '"e-1"',
        lastModified: new Date('2026-01-02T03:04:05Z'),
      }
    );
  };
  provision = this.#record('provision', { status: 201, body: {} });
  fetchInstance = this.#record('fetchInstance', { status: 200, body: { service_id: 's', plan_id: 'p' } });
  update = this.#record('update', { status: 200, body: {} });
  deprovision = this.#record('deprovision', { status: 200, body: {} });
  instanceLastOperation = this.#record('instanceLastOperation', {
    status: 200,
    body: { state: 'succeeded' },
  });
  bind = this.#record('bind', { status: 201, body: { credentials: { user: 'u' } } });
  fetchBinding = this.#record('fetchBinding', { status: 200, body: { credentials: { user: 'u' } } });
  unbind = this.#record('unbind', { status: 200, body: {} });
  bindingLastOperation = this.#record('bindingLastOperation', { status: 200, body: { state: 'succeeded' } });

  #record<M extends Exclude<keyof Broker, 'catalog'>>(
    method: M,
    usual: Awaited<ReturnType<Broker[M]>>,
  ): Broker[M] {
    return ((request: Record<string, unknown>) => {
      this.calls.push({ method, request });
      const override = this.overrides[method] as ((request: unknown) => unknown) | undefined;
      return override ? override(request) : Promise.resolve(usual);
    }) as unknown as Broker[M];
  }
}

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: Record<string, unknown>;
}

export interface Sent {
  headers?: Record<string, string | string[] | undefined>;
  /** An object is sent as JSON; a string as it is. */
  body?: unknown;
}

export interface LogLine extends Record<string, unknown> {
  level: string;
  message: string;
}

export function memoryLog(): { log: Log; lines: LogLine[]; text: () => string; until: UntilLogged } {
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as LogLine);
      waiting.forEach((check) => check());
      done();
    },
  });
  const until: UntilLogged = (message) =>
    new Promise((resolve) => {
      const check = () => {
        const line = lines.find((each) => each.message === message);
        if (!line) return;
        waiting.delete(check);
        resolve(line);
      };
      waiting.add(check);
      check();
    });
  const log = createLog({ level: 'debug', format: 'json', stream });
  return { log, lines, text: () => JSON.stringify(lines), until };
}

export type UntilLogged = (message: string) => Promise<LogLine>;

export interface Harness extends ReturnType<typeof memoryLog> {
  broker: RecordingBroker;
  server: RunningServer;
  send(method: string, path: string, sent?: Sent): Promise<Answered>;
  stop(): Promise<void>;
}

export interface HarnessOptions {
  app?: Partial<OsbAppOptions>;
  server?: Partial<OsbServerOptions>;
  credentials?: CredentialSources;
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const memory = memoryLog();
  const { log } = memory;
  const broker = new RecordingBroker();
  const credentials = new Credentials(options.credentials ?? { pairs: [USER] }, { log });
  const app = createOsbApp(broker, {
    credentials,
    log,
    missingVersionStatus: 400,
    requireGuids: true,
    bodyLimitBytes: 20_000,
    ...options.app,
  });
  const server = await startServer(app, {
    host: '127.0.0.1',
    port: 0,
    requestTimeoutMs: 30_000,
    headersTimeoutMs: 10_000,
    log,
    ...options.server,
  });
  const send = (method: string, path: string, sent: Sent = {}) => sendTo(server.port, method, path, sent);
  return { ...memory, broker, server, send, stop: () => server.close(0) };
}

export function basic({ username, password } = USER): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function sendTo(port: number, method: string, path: string, { headers, body }: Sent): Promise<Answered> {
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const all = {
    authorization: basic(),
    'x-broker-api-version': '2.17',
    ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: given as never,
      agent: false,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: asJson(text) });
      });
    });
    request.end(payload);
  });
}

function asJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Sends bytes as they are, and reads until the server closes the connection or `enough` is there. */
export function sendRaw(port: number, bytes: string | Buffer, enough = /(?!)/): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    );
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (enough.test(received)) socket.destroy();
    });
    socket.on('close', () => resolve(received));
    socket.on('error', (error) => (received ? resolve(received) : reject(error)));
  });
}

/** A request whose target and headers no client library would let through. */
export function rawRequest(method: string, target: string, headers: string[] = []): string {
  const all = [`authorization: ${basic()}`, 'x-broker-api-version: 2.17', 'connection: close', ...headers];
  return `${method} ${target} HTTP/1.1\r\nhost: x\r\n${all.join('\r\n')}\r\n\r\n`;
}

export function expectedJson(received: string): { status: number; json: Record<string, unknown> } {
  const [head = '', body = ''] = received.split('\r\n\r\n');
  return { status: Number(head.slice(9, 12)), json: asJson(body) };
}
