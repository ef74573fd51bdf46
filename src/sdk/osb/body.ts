// Reads the body of a request that has one: its type, its size, its JSON. What the fields mean is not known here.
import { bodyParser } from '@koa/bodyparser';
import type Koa from 'koa';
import type { JsonObject } from './broker.js';
import { OsbError } from './errors.js';
import { safeObject } from './json.js';

export type BodyReader = (ctx: Koa.Context) => Promise<JsonObject>;

/** A reader of JSON objects of at most `limitBytes`; it throws `BadRequest` or `BodyTooLarge`. */
export function createBodyReader(limitBytes: number): BodyReader {
  const read = bodyParser({
    enableTypes: ['json'],
    detectJSON: () => true, // the type has been checked before, and may be absent
    jsonLimit: limitBytes,
    parsedMethods: ['PUT', 'PATCH', 'POST'],
    onError: (error, ctx) => {
      ctx.req.resume(); // what still arrives is thrown away, so that the client gets to read the answer
      throw refusal(error, limitBytes);
    },
  });
  return async (ctx) => {
    checkHeaders(ctx);
    await read(ctx, async () => undefined);
    // The parser makes {} of nothing, which is malformed all the same.
    return safeObject(ctx.request.rawBody ? ctx.request.body : undefined, 'The request body');
  };
}

function checkHeaders(ctx: Koa.Context): void {
  const type = ctx.get('Content-Type');
  if (type !== '' && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new OsbError('BadRequest', 'Content-Type must be application/json');
  }
  // A compressed body could hide its size, and no platform sends one.
  const coding = ctx.get('Content-Encoding');
  if (coding !== '' && coding.toLowerCase() !== 'identity') {
    throw new OsbError('BadRequest', 'Content-Encoding is not supported');
  }
}

/** The parser's own message quotes the body, which may hold secrets: it goes no further. */
function refusal(error: Error, limitBytes: number): OsbError {
  if ((error as { status?: unknown }).status === 413) {
    return new OsbError('BodyTooLarge', `The request body must have at most ${limitBytes} bytes`);
  }
  if (/prototype/.test(error.message)) {
    return new OsbError('BadRequest', 'The request body must not have the key __proto__');
  }
  return new OsbError('BadRequest', 'The request body must be valid JSON');
}
