// Makes an answer in JSON of whatever is thrown. What the protocol does not foresee is logged here and told to nobody.
import type Koa from 'koa';
import { errorDetails, type Log } from '../telemetry/log.js';
import { OsbError } from './errors.js';
import { isAbandoned, stateOf } from './identity.js';
import { present } from './parse.js';

/** Writes a JSON answer, given as bytes or as an object; fields that are undefined are left out. */
export function answer(ctx: Koa.Context, status: number, body: object | Buffer): void {
  // Bytes, because node would write the headers in the encoding of a string, and garble a repeated identity.
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  ctx.status = status;
  ctx.set('Content-Type', 'application/json');
  ctx.body = bytes;
}

export function errorHandler(log: Log): Koa.Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const refusal = error instanceof OsbError ? error : unforeseen(ctx, error, log);
      ctx.set('Cache-Control', 'no-store');
      answer(ctx, refusal.status, refusal.body);
    }
  };
}

function unforeseen(ctx: Koa.Context, error: unknown, log: Log): OsbError {
  const { requestId, route, instanceId, bindingId } = stateOf(ctx);
  const details = { requestId, ...present({ route, instanceId, bindingId }), ...errorDetails(error) };
  if (isAbandoned(ctx)) {
    log.debug('request abandoned by the client', details);
    return new OsbError('Unavailable', 'The request was abandoned');
  }
  log.error('request failed unexpectedly', details);
  return new OsbError('Internal', 'The broker could not process the request; try again later');
}
