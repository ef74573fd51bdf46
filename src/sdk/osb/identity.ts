// Who asks and which request this is: the originating identity for the broker, the request identity for logs and,
// unchanged, for the answer.
import { randomUUID } from 'node:crypto';
import type Koa from 'koa';
import type { OriginatingIdentity } from './broker.js';
import { OsbError } from './errors.js';
import { safeObject } from './json.js';

const REQUEST_HEADER = 'X-Broker-API-Request-Identity';
const ORIGIN_HEADER = 'X-Broker-API-Originating-Identity';
const ORIGIN_FIELD = ORIGIN_HEADER.toLowerCase();
const MAX_LOGGED_LENGTH = 256;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What every middleware finds in `ctx.state`. */
export interface RequestState {
  requestId: string;
  /** The pattern of the matched route, never the path itself. */
  route?: string;
  /** The endpoint's name in logs and metrics. */
  operation?: string;
  instanceId?: string;
  bindingId?: string;
  serviceId?: string;
  planId?: string;
  operationId?: string;
}

export function stateOf(ctx: Koa.Context): RequestState {
  return ctx.state;
}

/** Text of foreign making, fit for a log line: no control characters, bounded length. */
export function forLog(text: string): string {
  return text.replace(UNPRINTABLE, '').slice(0, MAX_LOGGED_LENGTH);
}

/** Names the request, and repeats the platform's name for it in the answer. */
export function requestIdentity(): Koa.Middleware {
  return (ctx, next) => {
    const given = ctx.get(REQUEST_HEADER);
    if (given !== '') ctx.set(REQUEST_HEADER, given);
    stateOf(ctx).requestId = forLog(given) || randomUUID();
    return next();
  };
}

/** Whether the client went away before the answer was out. */
export function isAbandoned({ res }: Koa.Context): boolean {
  return res.closed && !res.writableFinished;
}

/** Fires when the client goes away before the answer is out. Most requests are answered at once and do without. */
export function abandonedSignal(ctx: Koa.Context): AbortSignal {
  const controller = new AbortController();
  const look = (): void => {
    if (isAbandoned(ctx)) controller.abort(new Error('The client has gone away'));
  };
  ctx.res.once('close', look);
  look();
  return controller.signal;
}

/** The originating identity, or undefined without the header; throws `BadRequest` when it cannot be parsed. */
export function originatingIdentity(ctx: Koa.Context): OriginatingIdentity | undefined {
  const header = ctx.req.headers[ORIGIN_FIELD];
  if (header === undefined) return undefined;
  const [, platform, encoded] = /^(\S+) +([A-Za-z0-9+/_-]+={0,2})$/.exec(String(header)) ?? [];
  if (platform === undefined || encoded === undefined) {
    throw new OsbError('BadRequest', `${ORIGIN_HEADER} must be a platform, a space and Base64`);
  }
  return { platform, value: safeObject(decodeJson(encoded), `The value of ${ORIGIN_HEADER}`) };
}

function decodeJson(encoded: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
