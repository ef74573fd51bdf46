// One call to the Kubernetes API: client-node says where, as whom and over which connections, undici carries it. Not the
// generated clients and `Watch`, because CoreV1Api turns times into Dates, CustomObjectsApi cannot address the core
// group, and `Watch` drops lines that it cannot parse, stops after 30 quiet seconds (bookmarks come once a minute) and
// hides Retry-After. Knows paths, not resources.
import { HttpMethod, RequestContext, type KubeConfig } from '@kubernetes/client-node';
import { request, type Dispatcher } from 'undici';
import type { KubeRequest } from '../telemetry/metrics.js';
import { type CallDescription, errorOfAnswer, errorOfFailure } from './errors.js';

const USER_AGENT = 'brokersdk';
const STREAM_HEADERS_TIMEOUT_MS = 30_000;

/** A configuration that may be told of every call, once its answer has begun or there is none. */
export type ObservedConfig = KubeConfig & {
  onRequest?: ((request: KubeRequest) => void) | undefined;
  /** Called when credentials were refused, so that the next call gets new ones. */
  forgetCredentials?(): void;
};

export interface Call extends CallDescription {
  /** In the words of Kubernetes. */
  verb: string;
  kind: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** Of the body; JSON where it is left out. */
  contentType?: string;
}

type Answer = Dispatcher.ResponseData;

/** The JSON of the answer; throws a KubeError for anything but a success. */
export async function callJson(config: ObservedConfig, call: Call): Promise<unknown> {
  const answer = await send(config, call);
  const text = await readText(call, answer);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the text.
    throw errorOfFailure(call, new Error(`the answer (HTTP ${answer.statusCode}) is not JSON`));
  }
}

/** The body of a successful answer as it comes in, until it ends or `signal` fires. */
export async function openStream(
  config: ObservedConfig,
  call: Call,
  signal: AbortSignal,
): Promise<Answer['body']> {
  return (await send(config, call, signal)).body;
}

async function send(config: ObservedConfig, call: Call, signal?: AbortSignal): Promise<Answer> {
  const { verb, kind } = call;
  const startedAt = performance.now();
  const tell = (status: number): void =>
    config.onRequest?.({ verb, kind, status, seconds: (performance.now() - startedAt) / 1000 });
  let answer: Answer;
  try {
    const context = await prepare(config, call);
    const dispatcher = context.getDispatcher();
    answer = await request(context.getUrl(), {
      method: call.method,
      headers: context.getHeaders(),
      body: call.body === undefined ? null : JSON.stringify(call.body),
      ...(dispatcher ? { dispatcher } : {}),
      // How long a stream may stay quiet is for its reader to say.
      ...(signal ? { headersTimeout: STREAM_HEADERS_TIMEOUT_MS, bodyTimeout: 0 } : {}),
      signal: signal ?? context.getSignal() ?? null,
    });
  } catch (error) {
    if (!signal?.aborted) tell(0);
    throw errorOfFailure(call, error);
  }
  tell(answer.statusCode);
  if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
  if (answer.statusCode === 401) config.forgetCredentials?.();
  const retryAfter = answer.headers['retry-after'];
  throw errorOfAnswer(call, {
    status: answer.statusCode,
    retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    body: await readText(call, answer),
  });
}

async function readText(call: Call, answer: Answer): Promise<string> {
  try {
    return await answer.body.text();
  } catch (error) {
    throw errorOfFailure(call, error);
  }
}

async function prepare(config: KubeConfig, call: Call): Promise<RequestContext> {
  const server = config.getCurrentCluster()?.server;
  if (!server) throw new Error('no current cluster');
  const url = new URL(server.replace(/\/+$/, '') + call.path);
  for (const [key, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  const context = new RequestContext(url.toString(), HttpMethod[call.method]);
  context.setHeaderParam('Accept', 'application/json');
  context.setHeaderParam('User-Agent', USER_AGENT);
  if (call.body !== undefined) {
    context.setHeaderParam('Content-Type', call.contentType ?? 'application/json');
  }
  await config.applySecurityAuthentication(context);
  return context;
}
