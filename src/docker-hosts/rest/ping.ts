// POST /ping: the agent of a Docker host registers it, and gives a sign of its life. When that was is this broker's word.
import { bodyParser } from '@koa/bodyparser';
import type Koa from 'koa';
import type { Lease } from '../../sdk/kube/lease.js';
import { OsbError } from '../../sdk/osb/errors.js';
import type { DockerHost } from '../../sdk/resources/kinds.js';
import type { Clock } from '../../sdk/runtime/clock.js';
import type { GuardableStore } from '../../sdk/runtime/store.js';
import { beat, register } from '../registration.js';
import { registrationOf } from './ping-registration.js';

export interface PingOptions {
  hosts: GuardableStore<DockerHost>;
  leases: GuardableStore<Lease>;
  clock: Clock;
  /** Of the DockerHosts; who holds the Leases is named after it. */
  namespace: string;
  /** Gives the host, by its DockerHost's name, what is there for it already, before it counts as alive. */
  adopt?: (host: string) => Promise<void>;
}

const BODY_LIMIT = '64kb';

/** Answers 200 `{}` once the sign of life is stored; 400 with what is wrong with the body. */
export function ping({ hosts, leases, clock, namespace, adopt }: PingOptions): Koa.Middleware {
  const read = bodyParser({
    enableTypes: ['json'],
    detectJSON: () => true, // an agent need not say of what type it is
    jsonLimit: BODY_LIMIT,
    onError: (error, ctx) => {
      ctx.req.resume(); // so that the agent gets to read the answer
      throw refusal(error);
    },
  });
  return async (ctx) => {
    await read(ctx, async () => undefined);
    const registration = registrationOf(ctx.request.body);
    await register(hosts, registration);
    const { name: host, keepaliveSeconds } = registration;
    await adopt?.(host);
    await beat(leases, { host, holder: `ping_${namespace}`, keepaliveSeconds }, clock.now());
    ctx.status = 200;
    ctx.body = {};
  };
}

/** The parser's own message quotes the body: it goes no further. */
function refusal(error: Error): OsbError {
  const isTooLarge = (error as { status?: unknown }).status === 413;
  return isTooLarge
    ? new OsbError('BodyTooLarge', `The request body must have at most ${BODY_LIMIT}`)
    : new OsbError('BadRequest', 'The request body must be valid JSON');
}
