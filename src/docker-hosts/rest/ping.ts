// POST /ping: the agent of a Docker host registers it, and gives a sign of its life. When that was is this broker's word.
import type Koa from 'koa';
import type { Lease } from '../../sdk/kube/lease.js';
import { createBodyReader } from '../../sdk/osb/body.js';
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

const BODY_LIMIT_BYTES = 64 * 1024;

/** Answers 200 `{}` once the sign of life is stored; 400 with what is wrong with the body. */
export function ping({ hosts, leases, clock, namespace, adopt }: PingOptions): Koa.Middleware {
  const read = createBodyReader(BODY_LIMIT_BYTES);
  return async (ctx) => {
    const registration = registrationOf(await read(ctx));
    await register(hosts, registration);
    const { name: host, keepaliveSeconds } = registration;
    await adopt?.(host);
    await beat(leases, { host, holder: `ping_${namespace}`, keepaliveSeconds }, clock.now());
    ctx.status = 200;
    ctx.body = {};
  };
}
