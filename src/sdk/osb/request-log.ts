// One line for each request, refused ones included. What it holds of the request are the ids in the path, the request
// identity and the operation that a poll names, all made fit for a log; nothing of the body.
import type Koa from 'koa';
import type { Log } from '../telemetry/log.js';
import { isAbandoned, stateOf } from './identity.js';
import { present } from './parse.js';

export function requestLog(log: Log): Koa.Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    await next();
    const { requestId, route = 'none', operation, instanceId, bindingId, operationId } = stateOf(ctx);
    log.info('request', {
      requestId,
      method: ctx.method,
      route,
      status: ctx.status,
      durationMs: Math.round(performance.now() - startedAt),
      ...present({ operation, instanceId, bindingId, operationId, aborted: isAbandoned(ctx) || undefined }),
    });
  };
}
