// Lets a request on only with credentials that are valid now. Which ones are is the business of `Credentials`.
import type { Check } from './checks.js';
import type { Credentials } from './credentials.js';
import { OsbError } from './errors.js';

const REALM = 'realm="service broker"';

export function authentication(credentials: Credentials): Check {
  return (ctx) => {
    if (credentials.accepts(ctx.get('Authorization'))) return;
    const challenges = [`Basic ${REALM}, charset="UTF-8"`];
    if (credentials.takesTokens) challenges.push(`Bearer ${REALM}`);
    ctx.set('WWW-Authenticate', challenges);
    throw new OsbError('Unauthorized', 'Valid credentials are needed');
  };
}
