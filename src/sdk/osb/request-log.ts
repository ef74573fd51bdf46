// One line for each request, refused ones included. Nothing in it comes from headers, query or body.
import type Koa from 'koa';
import type { Log } from '../telemetry/log.js';
import { stateOf } from './identity.js';
import { present } from './parse.js';

export function requestLog(log: Log): Koa.Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    await next();
    const { route = 'none', instanceId, bindingId, signal } = stateOf(ctx);
    log.info('request', {
      method: ctx.method,
      route,
      status: ctx.status,
      durationMs: Math.round(performance.now() - startedAt),
      ...present({ instanceId, bindingId, aborted: signal.aborted || undefined }),
    });
  };
}
