// What somebody with kubectl does to Secrets of the broker when all is at rest, maybe in the moment in which the leader
// dies: takes one away, changes what is in it, or takes off its label or its owner. All has to be put back.
import type { Secret } from '../../src/sdk/kube/types.js';
import { BINDINGS, INSTANCES, SECRETS } from '../../src/sdk/resources/kinds.js';
import type { Operable } from '../../src/sdk/resources/operations.js';
import { ownerOf } from '../../src/sdk/resources/own-secrets.js';
import type { ApiServer } from './api-server.js';
import type { BrokerProcess } from './broker-process.js';
import type { Random } from './random.js';
import type { VirtualTime } from './time.js';
import type { Trace } from './trace.js';

export interface MeddledWorld {
  time: VirtualTime;
  trace: Trace;
  api: ApiServer;
  processes: readonly BrokerProcess[];
}

const edited = (edit: (secret: Secret) => Secret) => (api: ApiServer, secret: Secret) =>
  api.perform({ verb: 'replace', type: SECRETS, name: secret.metadata.name, object: edit(secret) });

const DEEDS = {
  deletes: (api: ApiServer, { metadata: { name } }: Secret) =>
    api.perform({ verb: 'delete', type: SECRETS, name }),
  empties: edited((secret) => ({ ...secret, data: {} })),
  changes: edited((secret) => ({
    ...secret,
    data: Object.fromEntries(Object.keys(secret.data ?? {}).map((key) => [key, 'b3RoZXI='])),
  })),
  'takes the label off': edited((secret) => ({ ...secret, metadata: { ...secret.metadata, labels: {} } })),
  'takes the owner off': edited((secret) => ({
    ...secret,
    metadata: { ...secret.metadata, ownerReferences: [] },
  })),
} as const;

/** What a bind that failed has left belongs to nobody yet. */
function isOfReady(api: ApiServer, secret: Secret): boolean {
  const owner = ownerOf(secret)!;
  const object = api.object<Operable>(owner.kind === BINDINGS.kind ? BINDINGS : INSTANCES, owner.name);
  return object?.status?.lastOperation?.state === 'succeeded';
}

/** To be called when each replica shows what is stored. */
export function meddle({ time, trace, api, processes }: MeddledWorld, random: Random): void {
  for (const secret of api.objects<Secret>(SECRETS)) {
    if (random.chance(0.5) || !isOfReady(api, secret)) continue;
    const deed = random.pick(Object.keys(DEEDS) as (keyof typeof DEEDS)[]);
    time.after(random.between(1, 3_000), () => {
      const present = api.object<Secret>(SECRETS, secret.metadata.name);
      if (!present) return;
      trace.add('somebody', `${deed} ${secret.metadata.name}`);
      DEEDS[deed](api, present);
    });
  }
  // Who stays remembers what was there.
  const [leader] = processes.filter(({ isLeader }) => isLeader);
  if (leader && processes.length > 1 && random.chance(0.5))
    time.after(random.between(1, 3_000), () => leader.kill('while somebody meddles'));
}
