// From an HTTP request to an HTTP answer: finds the kind and the verb, lets faults befall, logs, and turns refusals
// into Status bodies.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify as toYaml } from 'yaml';
import type { Actions } from './actions.js';
import { ApiError, plainFailure } from './api-error.js';
import { discover } from './discovery.js';
import type { Fault, Faults } from './faults.js';
import type { KindRegister } from './kinds.js';
import { accepted, contentType } from './media-types.js';
import type { RequestEntry, RequestLog } from './request-log.js';
import type { BodyReply, Reply } from './resource-request.js';
import { parseTarget, verbOf, type Target, type Verb } from './targets.js';
import type { Watches } from './watches.js';

const BODY_LIMIT = 3 * 1024 * 1024;

const FAULT_REASONS: Record<number, [reason: string, message: string]> = {
  409: [
    'Conflict',
    'the object has been modified; please apply your changes to the latest version and try again',
  ],
  410: ['Expired', 'too old resource version'],
  429: ['TooManyRequests', 'Too many requests, please try again later.'],
  500: ['InternalError', 'Internal error occurred'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
};

export interface HandlerParts {
  actions: Actions;
  kinds: KindRegister;
  watches: Watches;
  faults: Faults;
  requests: RequestLog;
}

export class HttpHandler {
  readonly #parts: HandlerParts;

  constructor(parts: HandlerParts) {
    this.#parts = parts;
  }

  /** Answers, or cuts the connection; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#handle(request, response);
    } catch (error) {
      if (response.destroyed || response.headersSent) return void response.destroy();
      const refusal = error instanceof ApiError ? error : failureOf(error);
      sendBody(request, response, { code: refusal.body.code, body: refusal.body });
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://local');
    const target = parseTarget(url.pathname);
    const verb = target && verbOf(request.method ?? '', target, url.searchParams);
    const entry = this.#log(url.pathname, target, verb);
    response.once('finish', () => (entry.status ??= response.statusCode));
    const fault = this.#parts.faults.take(entry);
    const { answers } = await befall(fault, request, response);
    if (!answers) return;
    const kind = target && this.#parts.kinds.find(target.group, target.version, target.resource);
    if (!target || !verb || !kind) return this.#discover(url.pathname, request, response);
    const body = await readBody(request);
    const reply = this.#parts.actions.perform({
      verb,
      target,
      kind,
      query: url.searchParams,
      accepted: accepted(request.headers.accept),
      contentType: contentType(request.headers['content-type']),
      body,
      userAgent: request.headers['user-agent'] ?? '',
    });
    if (fault?.kind === 'reset') return void request.socket.resetAndDestroy();
    this.#send(request, response, reply, entry);
  }

  #send(request: IncomingMessage, response: ServerResponse, reply: Reply, entry: RequestEntry): void {
    if ('watch' in reply) {
      entry.status = 200;
      this.#parts.watches.start(response, reply.watch);
    } else sendBody(request, response, reply);
  }

  #log(path: string, target: Target | undefined, verb: Verb | undefined): RequestEntry {
    const { group = '', resource = '', namespace, name, subresource } = target ?? {};
    return this.#parts.requests.add({
      verb: verb ?? 'get',
      path,
      group,
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    });
  }

  #discover(path: string, request: IncomingMessage, response: ServerResponse): void {
    const answer = discover(path, this.#parts.kinds, request.headers.host ?? '');
    if (answer && 'body' in answer) return sendBody(request, response, { code: 200, body: answer.body });
    response.writeHead(answer ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(answer ? answer.text : '404 page not found\n');
  }
}

/** What a fault does before the request takes effect; says whether the request goes on. */
async function befall(
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<{ answers: boolean }> {
  switch (fault?.kind) {
    case undefined:
      return { answers: true };
    case 'hang':
      return { answers: false };
    case 'reset':
      if (fault.when === 'before') request.socket.resetAndDestroy();
      return { answers: fault.when === 'after' };
    case 'delay':
      await delay(fault.ms, undefined, { ref: false });
      return { answers: !response.destroyed };
    case 'hold':
      await fault.until;
      return { answers: !response.destroyed };
    case 'status': {
      const [reason, message] = FAULT_REASONS[fault.code]!;
      const { retryAfterSeconds } = fault;
      if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
      throw plainFailure(fault.code, reason, message, retryAfterSeconds);
    }
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_LIMIT) chunks.push(chunk);
  }
  // Not before the end: on a connection with an unread body, the next request would never be answered.
  if (size > BODY_LIMIT)
    throw plainFailure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${BODY_LIMIT}`);
  return Buffer.concat(chunks);
}

function failureOf(error: unknown): ApiError {
  const text = error instanceof Error ? error.message : 'unknown';
  return plainFailure(500, 'InternalError', `Internal error occurred: ${text}`);
}

function sendBody(
  request: IncomingMessage,
  response: ServerResponse,
  { code, body, warnings = [] }: BodyReply,
): void {
  const isYaml = request.headers.accept?.startsWith('application/yaml') ?? false;
  for (const text of warnings) response.appendHeader('warning', `299 - ${JSON.stringify(text)}`);
  response.writeHead(code, {
    'content-type': isYaml ? 'application/yaml' : 'application/json',
    'cache-control': 'no-cache, private',
  });
  response.end(request.method === 'HEAD' ? undefined : isYaml ? toYaml(body) : JSON.stringify(body));
}
