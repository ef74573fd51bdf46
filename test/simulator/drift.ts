// What somebody does to the cloud behind everybody's back: now and then, until the calm, a part of a server that is Ready
// is lost, or it is set to something else. The broker has to notice, and to put it right.
import { INSTANCES, type ServiceInstance } from '../../src/sdk/resources/kinds.js';
import { isDeleting, isSettled } from '../../src/sdk/resources/operations.js';
import type { ApiServer } from './api-server.js';
import type { Cloud } from './cloud.js';
import type { Random } from './random.js';
import type { VirtualTime } from './time.js';

export interface DriftingWorld {
  time: VirtualTime;
  api: ApiServer;
  cloud: Cloud;
}

/** Returns what ends it. */
export function drift({ time, api, cloud }: DriftingWorld, random: Random): () => void {
  let isOver = false;
  const again = (): void => {
    if (isOver) return;
    const ready = api.objects<ServiceInstance>(INSTANCES).filter(isReady);
    if (ready.length > 0) cloud.drift(random.pick(ready).metadata.name, random);
    time.after(random.between(1_000, 20_000), again);
  };
  again();
  return () => (isOver = true);
}

const isReady = (instance: ServiceInstance): boolean =>
  !isDeleting(instance) && isSettled(instance) && instance.status?.lastOperation?.state === 'succeeded';
