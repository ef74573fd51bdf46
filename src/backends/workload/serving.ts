// Whether applications can go on using an instance, whatever an update came to.
import type { OwnedObject } from '../../sdk/index.js';

const WORKLOADS = /^(Deployment|StatefulSet|DaemonSet|ReplicaSet)$/;

/** Each of its workloads has a Pod that is ready, or is not to have any. */
export const isServing = (objects: readonly OwnedObject[]): boolean =>
  objects.filter(({ kind }) => WORKLOADS.test(kind)).every(hasReadyPod);

function hasReadyPod({ spec, status }: OwnedObject): boolean {
  const { replicas } = (spec ?? {}) as { replicas?: number };
  const { readyReplicas = 0, numberReady = 0 } = (status ?? {}) as Record<string, number>;
  return replicas === 0 || readyReplicas > 0 || numberReady > 0;
}
