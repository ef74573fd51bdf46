// The API server that a fidelity suite speaks to: the embedded one, or with TEST_CLUSTER=1 that of the current
// kubeconfig. Plain HTTP, so that nothing between hides how they answer.
import { readdirSync, readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, fetch, type Response } from 'undici';
import { parse } from 'yaml';
import { startLocalApiServer } from '../../src/sdk/local/index.js';

export interface Answer {
  code: number;
  // Answers are looked into at will; a wrong guess fails the test.
  body: any;
  headers: Response['headers'];
}

export interface Event {
  type: string;
  object: any;
}

export interface EventStream {
  /** The next event that fits; rejects when the stream ends before. */
  next(fits?: (event: Event) => boolean): Promise<Event>;
  close(): Promise<void>;
}

export interface RequestOptions {
  type?: string;
  accept?: string;
}

export interface Cluster {
  namespace: string;
  request(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<Answer>;
  watch(path: string): Promise<EventStream>;
  close(): Promise<void>;
}

interface Connection {
  url: string;
  headers: Record<string, string>;
  agent: Agent;
  end(): Promise<void>;
}

const isReal = process.env['TEST_CLUSTER'] === '1';

/** A cluster with the custom resource definitions and a namespace of its own. */
export async function openCluster(): Promise<Cluster> {
  const connection = isReal ? connectToReal() : await startEmbedded();
  const namespace = `fidelity-${Math.random().toString(36).slice(2, 8)}`;
  const request = requester(connection);
  for (const definition of definitions()) {
    const { code } = await request(
      'POST',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      definition,
    );
    if (![201, 409].includes(code)) throw new Error(`a definition was refused with ${code}`);
  }
  await request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  return {
    namespace,
    request,
    watch: (path) => openWatch(connection, path),
    close: async () => {
      await request('DELETE', `/api/v1/namespaces/${namespace}`);
      await connection.agent.destroy();
      await connection.end();
    },
  };
}

function definitions(): unknown[] {
  const folder = new URL('../../crds/', import.meta.url);
  return readdirSync(folder).map((name) => parse(readFileSync(new URL(name, folder), 'utf8')) as unknown);
}

async function startEmbedded(): Promise<Connection> {
  const server = await startLocalApiServer({ bookmarkIntervalMs: 200, historySize: 50 });
  return { url: server.url, headers: {}, agent: new Agent(), end: () => server.close() };
}

function connectToReal(): Connection {
  const config = new KubeConfig();
  config.loadFromDefault();
  const cluster = config.getCurrentCluster();
  const token = config.getCurrentUser()?.token;
  if (!cluster || !token) throw new Error('the current kubeconfig names no cluster, or no token');
  const ca = cluster.caFile ? readFileSync(cluster.caFile) : Buffer.from(cluster.caData ?? '', 'base64');
  const agent = new Agent({ connect: { ca } });
  return { url: cluster.server, headers: { authorization: `Bearer ${token}` }, agent, end: async () => {} };
}

function requester({ url, headers, agent }: Connection): Cluster['request'] {
  return async (method, path, body, { type = 'application/json', accept = 'application/json' } = {}) => {
    const response = await fetch(url + path, {
      method,
      dispatcher: agent,
      headers: { ...headers, accept, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { code: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  };
}

async function openWatch({ url, headers, agent }: Connection, path: string): Promise<EventStream> {
  const abort = new AbortController();
  const response = await fetch(url + path, { dispatcher: agent, headers, signal: abort.signal });
  if (response.status !== 200) throw Object.assign(new Error('refused'), { code: response.status });
  const events = lines(response);
  return {
    next: async (fits = () => true) => {
      for (;;) {
        const { value, done } = await events.next();
        if (done) throw new Error('the watch ended');
        const event = JSON.parse(value) as Event;
        if (fits(event)) return event;
      }
    },
    close: async () => {
      abort.abort();
      await events.return(undefined).catch(() => undefined);
    },
  };
}

async function* lines(response: Response): AsyncGenerator<string, undefined> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const complete = text.split('\n');
    text = complete.pop()!;
    yield* complete.filter(Boolean);
  }
  return undefined;
}
