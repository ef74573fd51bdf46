// The request target, before anything may normalise it: ids are opaque, so `..`, `%2F` and `//` are kept as they came
// and decoded exactly once, by the router.
import type Koa from 'koa';
import { OsbError } from './errors.js';
import { isDecodable } from './query.js';

const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;
/** Printable ASCII without `#`: everything else must be percent-encoded, and would send URL parsers astray. */
const PATH_AND_QUERY = /^\/[\x21\x22\x24-\x7e]*$/;

export function targetCheck(): Koa.Middleware {
  return (ctx, next) => {
    const target = ctx.url.replace(ABSOLUTE_FORM, '');
    if (!PATH_AND_QUERY.test(target)) {
      throw new OsbError('BadRequest', 'The path must start with / and be percent-encoded');
    }
    ctx.url = target;
    if (!isDecodable(ctx.path)) throw new OsbError('BadRequest', 'The path is not validly percent-encoded');
    return next();
  };
}

/** The id as the platform means it; throws `BadRequest` for characters that no log, label or terminal should see. */
export function checkedId(name: string, id: string): string {
  if (/\p{Cc}/u.test(id)) throw new OsbError('BadRequest', `${name} must not contain control characters`);
  return id;
}
