// Between Koa and the handlers: gathers what a request says into a `Call`, and writes what the handler replies.
// Handlers know neither Koa nor headers; nothing here knows what an endpoint means.
import type Koa from 'koa';
import type { BodyReader } from './body.js';
import type { BindingRequest, InstanceRequest, JsonObject, Patience } from './broker.js';
import { answer } from './error-handler.js';
import { abandonedSignal, forLog, originatingIdentity, stateOf } from './identity.js';
import { Query } from './query.js';
import { checkId } from './target.js';
import type { OperationBody } from './wire.js';

/** A request, with its parts checked as far as that is possible without knowing the endpoint. */
export interface Call {
  /** For the endpoints of an instance. */
  instance: InstanceRequest;
  /** For the endpoints of a binding. */
  binding: BindingRequest;
  query: Query;
  /** For the endpoints that may have to wait; it throws `BadRequest`. */
  patience: () => Patience;
  /** For the request's log line and the metrics. */
  note: (about: About) => void;
  /** Reads and checks the body; it throws `BadRequest` or `BodyTooLarge`. */
  body: () => Promise<JsonObject>;
}

/** What a request names, beside the ids in its path; as the platform gave it. */
export interface About {
  serviceId?: string | undefined;
  planId?: string | undefined;
  operationId?: string | undefined;
}

export interface Reply {
  status: number;
  /** A Buffer is JSON already. */
  body: object | Buffer;
  /** Where the body does not tell it. */
  operationId?: string;
  headers?: Record<string, string>;
}

export type Handler = (call: Call) => Promise<Reply> | Reply;

/** Those in the path, decoded. */
export interface Ids {
  instanceId?: string;
  bindingId?: string;
}

export type Endpoint = (ctx: Koa.Context, ids: Ids) => Promise<void>;

/** The handler as Koa needs it; `operation` is its name in logs and metrics. */
export function endpoint(operation: string, handler: Handler, readBody: BodyReader): Endpoint {
  return async (ctx, ids) => {
    stateOf(ctx).operation = operation;
    noteIds(ctx, ids);
    write(ctx, await handler(callOf(ctx, ids, readBody)));
  };
}

/** For the log, if they are fit for anything. */
function noteIds(ctx: Koa.Context, { instanceId, bindingId }: Ids): void {
  const state = stateOf(ctx);
  if (instanceId !== undefined) {
    checkId('instance_id', instanceId);
    state.instanceId = forLog(instanceId);
  }
  if (bindingId !== undefined) {
    checkId('binding_id', bindingId);
    state.bindingId = forLog(bindingId);
  }
}

function callOf(ctx: Koa.Context, { instanceId = '', bindingId = '' }: Ids, readBody: BodyReader): Call {
  const origin = originatingIdentity(ctx);
  const base = { requestId: stateOf(ctx).requestId, ...(origin ? { originatingIdentity: origin } : {}) };
  const query = new Query(ctx.querystring);
  note(ctx, query.ids()); // in some endpoints mere hints, which no handler looks at
  return {
    instance: { ...base, instanceId },
    binding: { ...base, instanceId, bindingId },
    query,
    patience: () => ({ acceptsIncomplete: query.acceptsIncomplete(), signal: abandonedSignal(ctx) }),
    note: (about) => note(ctx, about),
    body: () => readBody(ctx),
  };
}

function note(ctx: Koa.Context, { serviceId, planId, operationId }: About): void {
  const state = stateOf(ctx);
  if (serviceId !== undefined) state.serviceId = serviceId;
  if (planId !== undefined) state.planId = planId;
  if (operationId !== undefined) state.operationId = forLog(operationId);
}

function write(ctx: Koa.Context, { status, body, headers, operationId }: Reply): void {
  note(ctx, { operationId: operationId ?? (body as OperationBody).operation });
  ctx.status = status;
  // Credentials travel in some answers: nothing is to be stored on the way unless the handler says so.
  ctx.set({ 'Cache-Control': 'no-store', ...headers });
  if (headers?.ETag && ctx.fresh) ctx.status = 304;
  else answer(ctx, status, body);
}
