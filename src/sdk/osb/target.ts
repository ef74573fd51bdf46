// The request target, before anything may normalise it: ids are opaque, so `..`, `%2F` and `//` are kept as they came
// and decoded exactly once, by the router.
import type { Check } from './checks.js';
import { OsbError } from './errors.js';
import { isDecodable } from './query.js';

const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;
/** Printable ASCII without `#`: everything else must be percent-encoded, and would send URL parsers astray. */
const PATH_AND_QUERY = /^\/[\x21\x22\x24-\x7e]*$/;

export function targetCheck(): Check {
  return (ctx) => {
    const target = ctx.url.replace(ABSOLUTE_FORM, '');
    if (!PATH_AND_QUERY.test(target)) {
      throw new OsbError('BadRequest', 'The path must start with / and be percent-encoded');
    }
    ctx.url = target;
    if (!isDecodable(ctx.path)) throw new OsbError('BadRequest', 'The path is not validly percent-encoded');
  };
}

/** Throws `BadRequest` for characters that no log, label or terminal should see. */
export function checkId(name: string, id: string): void {
  if (/\p{Cc}/u.test(id)) throw new OsbError('BadRequest', `${name} must not contain control characters`);
}
