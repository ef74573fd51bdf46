// Stands between a broker and its API server, on plain HTTP. Requests and answers pass through as they come, so that
// watches stay watches; what else happens to them is for whoever starts it.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpMethod, RequestContext } from '@kubernetes/client-node';
import { request } from 'undici';
import { type ClusterConfig, loadKubeConfig } from '../../src/sdk/kube/config.js';
import { kubeconfigFor } from '../../src/sdk/local/kubeconfig.js';
import type { TestCluster } from './cluster.js';

/** One request. `what` is verb and resource: `create secrets`, `update serviceinstances/status`. */
export interface Exchange {
  readonly what: string;
  readonly body: string;
  /** Answers, and the API server is not asked. */
  refuse(status: number): void;
  /** Asks the API server and passes on what it answers. */
  forward(options?: ForwardOptions): Promise<void>;
  /** Whoever asked gets no answer. */
  drop(): void;
}

export interface ForwardOptions {
  /** Called when the API server has answered; the answer is passed on after that. */
  answered?: (status: number) => void | Promise<void>;
  /** Called for each piece of the answer as it comes; it is passed on when this has resolved, in the order of coming. */
  held?: () => Promise<void>;
}

export interface Proxy {
  /** The cluster as seen through the proxy. */
  readonly cluster: TestCluster;
  close(): Promise<void>;
}

export async function startProxy(
  cluster: TestCluster,
  handle: (exchange: Exchange) => void | Promise<void>,
): Promise<Proxy> {
  const upstream = cluster.config();
  const server = createServer((incoming, outgoing) => {
    const serve = async (): Promise<void> => {
      const body = await readAll(incoming);
      await handle({
        what: describe(incoming.method ?? '', incoming.url ?? ''),
        body,
        refuse: (status) => void outgoing.writeHead(status).end(),
        forward: (options = {}) => forward(upstream, { incoming, outgoing, body }, options),
        drop: () => void outgoing.destroy(),
      });
    };
    serve().catch(() => outgoing.destroy()); // the one side is told that the other is gone
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-proxy-'));
  const kubeconfig = join(directory, 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  writeFileSync(kubeconfig, kubeconfigFor(`http://127.0.0.1:${port}`, cluster.namespace));
  const end = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    await upstream.close();
    rmSync(directory, { recursive: true });
  };
  let ended: Promise<void> | undefined;
  return {
    cluster: { ...cluster, kubeconfig, config: () => loadKubeConfig({ kubeconfig }) },
    close: () => (ended ??= end()),
  };
}

const VERBS: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function describe(method: string, target: string): string {
  const { pathname, searchParams } = new URL(target, 'http://proxy');
  const [, , resource = pathname, name, subresource] =
    /^\/(api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+)?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      pathname,
    ) ?? [];
  const reading = searchParams.get('watch') === 'true' ? 'watch' : name === undefined ? 'list' : 'get';
  return `${VERBS[method] ?? reading} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}

export const isWatch = (what: string): boolean => what.startsWith('watch ');

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

interface Sides {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  body: string;
}

async function forward(
  upstream: ClusterConfig,
  { incoming, outgoing, body }: Sides,
  { answered, held }: ForwardOptions,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const { method = 'GET', url = '/', headers } = incoming;
  const context = new RequestContext(`${upstream.serverUrl}${url}`, method as HttpMethod);
  await upstream.applySecurityAuthentication(context);
  const answer = await request(context.getUrl(), {
    method: method as HttpMethod,
    headers: {
      accept: headers.accept,
      ...(body === '' ? {} : { 'content-type': headers['content-type'] }),
      ...context.getHeaders(),
    },
    body: body === '' ? null : body,
    bodyTimeout: 0,
    signal: gone.signal,
    ...(context.getDispatcher() ? { dispatcher: context.getDispatcher()! } : {}),
  });
  await answered?.(answer.statusCode);
  const passed = ['content-type', 'retry-after'].flatMap((name) => {
    const value = answer.headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  outgoing.writeHead(answer.statusCode, Object.fromEntries(passed));
  outgoing.flushHeaders();
  let written = Promise.resolve();
  for await (const chunk of answer.body) {
    const free = held?.();
    written = written.then(() => free).then(() => void (outgoing.destroyed || outgoing.write(chunk)));
  }
  await written;
  outgoing.end();
}
