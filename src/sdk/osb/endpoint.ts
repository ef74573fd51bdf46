// Between Koa and the handlers: gathers what a request says into a `Call`, and writes what the handler replies.
// Handlers know neither Koa nor headers; nothing here knows what an endpoint means.
import type Koa from 'koa';
import { logContext } from '../telemetry/log.js';
import type { BodyReader } from './body.js';
import type { BindingRequest, InstanceRequest, JsonObject, RequestBase } from './broker.js';
import { answer } from './error-handler.js';
import { forLog, originatingIdentity, stateOf } from './identity.js';
import { present } from './parse.js';
import { Query } from './query.js';
import { checkedId } from './target.js';

/** A request, with its parts checked as far as that is possible without knowing the endpoint. */
export interface Call {
  base: RequestBase;
  /** For the endpoints of an instance. */
  instance: InstanceRequest;
  /** For the endpoints of a binding. */
  binding: BindingRequest;
  query: Query;
  /** Reads and checks the body; it throws `BadRequest` or `BodyTooLarge`. */
  body: () => Promise<JsonObject>;
}

export interface Reply {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

export type Handler = (call: Call) => Promise<Reply> | Reply;

type RoutedContext = Koa.Context & { params: Record<string, string> };

/** The handler as a Koa middleware. */
export function endpoint(handler: Handler, readBody: BodyReader): (ctx: RoutedContext) => Promise<void> {
  return async (ctx) => {
    const ids = idsOf(ctx);
    const loggedIds = present({
      instanceId: ids.instanceId === undefined ? undefined : forLog(ids.instanceId),
      bindingId: ids.bindingId === undefined ? undefined : forLog(ids.bindingId),
    });
    Object.assign(ctx.state, loggedIds);
    await logContext.run(loggedIds, async () => write(ctx, await handler(callOf(ctx, ids, readBody))));
  };
}

interface Ids {
  instanceId?: string;
  bindingId?: string;
}

function idsOf(ctx: RoutedContext): Ids {
  const { instance_id: instanceId, binding_id: bindingId } = ctx.params;
  return present({
    instanceId: instanceId === undefined ? undefined : checkedId('instance_id', instanceId),
    bindingId: bindingId === undefined ? undefined : checkedId('binding_id', bindingId),
  });
}

function callOf(ctx: RoutedContext, { instanceId = '', bindingId = '' }: Ids, readBody: BodyReader): Call {
  const { requestId, signal } = stateOf(ctx);
  const base = { requestId, signal, ...present({ originatingIdentity: originatingIdentity(ctx) }) };
  return {
    base,
    instance: { ...base, instanceId },
    binding: { ...base, instanceId, bindingId },
    query: new Query(ctx.querystring),
    body: () => readBody(ctx),
  };
}

function write(ctx: Koa.Context, { status, body, headers }: Reply): void {
  ctx.status = status;
  // Credentials travel in some answers: nothing is to be stored on the way unless the handler says so.
  ctx.set({ 'Cache-Control': 'no-store', ...headers });
  if (headers?.ETag && ctx.fresh) ctx.status = 304;
  else answer(ctx, status, body);
}
