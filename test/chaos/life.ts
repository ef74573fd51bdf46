// The life of a service instance with one binding, as a platform leads it: through whatever happens to brokers meanwhile.
import { expect } from 'chai';
import type { OsbClient, OsbResponse } from '../support/osb-client.js';

export const STEPS = ['provision', 'bind', 'unbind', 'deprovision'] as const;

export type Step = (typeof STEPS)[number];

/** Sends to a broker that lives: `Replicas`, or the only one that there is. */
export interface Brokers {
  through<T>(send: (osb: OsbClient) => Promise<T>): Promise<T>;
}

export interface LifeOptions {
  id: string;
  binding: string;
  /** The bodies of the requests, and the query of those that have none. */
  provision: object;
  bind: object;
  query: Record<string, string>;
}

const ASYNC = { accepts_incomplete: 'true' };
const POLL_MS = 50;

/** Each step asks, and again where the connection broke, and polls until it is done. */
export function lifeOf(
  { id, binding, provision, bind, query }: LifeOptions,
  brokers: Brokers,
): (step: Step) => Promise<void> {
  const ask: Record<Step, (osb: OsbClient) => Promise<OsbResponse>> = {
    provision: (osb) => osb.provision(id, provision, ASYNC),
    bind: (osb) => osb.bind(id, binding, bind, ASYNC),
    unbind: (osb) => osb.unbind(id, binding, { ...query, ...ASYNC }),
    deprovision: (osb) => osb.deprovision(id, { ...query, ...ASYNC }),
  };
  const poll = (step: Step, osb: OsbClient, operation: string): Promise<OsbResponse> =>
    step === 'bind' || step === 'unbind'
      ? osb.bindingLastOperation(id, binding, { operation })
      : osb.lastOperation(id, { operation });
  return async (step) => {
    const { status, body } = await brokers.through(ask[step]);
    expect(status, JSON.stringify(body)).to.be.oneOf([200, 201, 202]);
    if (status !== 202) return;
    for (;;) {
      const { status: answered, body: said } = await brokers.through((osb) =>
        poll(step, osb, body.operation),
      );
      if (answered === 410 || said.state === 'succeeded') return;
      expect(said.state, JSON.stringify(said)).to.equal('in progress');
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
}
