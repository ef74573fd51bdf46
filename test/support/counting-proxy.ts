// Stands between a broker and its API server, on plain HTTP, and keeps a list of what the broker asks for.
// Answers pass through as they come, so that watches stay watches.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type HttpMethod, RequestContext } from '@kubernetes/client-node';
import { request } from 'undici';
import { type ClusterConfig, loadKubeConfig } from '../../src/sdk/kube/config.js';
import { kubeconfigFor } from '../../src/sdk/local/kubeconfig.js';
import type { TestCluster } from './cluster.js';

/** A request in the order of arrival. `what` is verb and resource: `create secrets`, `update serviceinstances/status`. */
export interface CountedRequest {
  what: string;
  body: string;
  /** Of the answer; undefined while there is none. */
  status?: number;
}

export interface CountingProxy {
  /** The cluster as seen through the proxy. */
  readonly cluster: TestCluster;
  /** What came since the last `clear`, watches left out. */
  requests(): readonly CountedRequest[];
  /** The same as sorted words, Events left out: they trail behind. */
  counted(): string[];
  /** Resolves when so many requests of that kind have been answered since the last `clear`. */
  until(what: string, count?: number): Promise<void>;
  clear(): void;
  /** The next request of that kind is answered so, and never reaches the API server. */
  refuseNext(what: string, status: number): void;
  /** The next request of that kind takes effect, and its answer is lost. */
  loseNext(what: string): void;
  close(): Promise<void>;
}

export const EVENT = 'create events';

export async function startCountingProxy(cluster: TestCluster): Promise<CountingProxy> {
  const upstream = cluster.config();
  let requests: CountedRequest[] = [];
  const looks = new Set<() => void>();
  const refusals = new Map<string, number>();
  const losses = new Set<string>();
  const server = createServer((incoming, outgoing) => {
    void readAll(incoming).then(async (body) => {
      const counted: CountedRequest = { what: describe(incoming.method ?? '', incoming.url ?? ''), body };
      requests.push(counted);
      const refusal = refusals.get(counted.what);
      if (refusals.delete(counted.what)) outgoing.writeHead((counted.status = refusal!)).end();
      else {
        const isLost = losses.delete(counted.what);
        await forward(upstream, { incoming, outgoing, body }, (status) => {
          counted.status = status;
          if (isLost) outgoing.destroy();
        });
      }
      for (const look of looks) look();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-proxy-'));
  const kubeconfig = join(directory, 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  writeFileSync(kubeconfig, kubeconfigFor(`http://127.0.0.1:${port}`, cluster.namespace));
  const unary = (): CountedRequest[] => requests.filter(({ what }) => !what.startsWith('watch '));
  return {
    cluster: { ...cluster, kubeconfig, config: () => loadKubeConfig({ kubeconfig }) },
    requests: unary,
    counted: () =>
      unary()
        .map(({ what }) => what)
        .filter((what) => what !== EVENT)
        .sort(),
    until: (what, count = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (unary().filter((each) => each.what === what && each.status !== undefined).length < count)
            return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
    clear: () => (requests = []),
    refuseNext: (what, status) => void refusals.set(what, status),
    loseNext: (what) => void losses.add(what),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await upstream.close();
      rmSync(directory, { recursive: true });
    },
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

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

interface Exchange {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  body: string;
}

async function forward(
  upstream: ClusterConfig,
  { incoming, outgoing, body }: Exchange,
  answered: (status: number) => void,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const { method = 'GET', url = '/', headers } = incoming;
  try {
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
    answered(answer.statusCode);
    const type = answer.headers['content-type'];
    outgoing.writeHead(answer.statusCode, type === undefined ? {} : { 'content-type': type });
    outgoing.flushHeaders();
    for await (const chunk of answer.body) outgoing.write(chunk);
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}
