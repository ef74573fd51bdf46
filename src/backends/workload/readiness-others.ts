// Kinds that run nothing themselves, and those that nothing more is known of than what the field agrees on.
import type { V1PersistentVolumeClaim, V1Pod, V1Service } from '@kubernetes/client-node';
import type { OwnedObject } from '../../sdk/index.js';
import { progressing, READY, stuck } from '../readiness.js';
import { type Check, TAKEN_UP } from './readiness-state.js';
import { clip, isReady } from './readiness-pods.js';
import { isObserved } from './readiness-workloads.js';

/** Has its address, and a ready Pod behind it where there are to be Pods. */
export const service: Check = (object, { objects, wantsPods }) => {
  const { spec = {} } = object as unknown as V1Service;
  if (spec.type === 'ExternalName') return READY;
  if (!hasAddress(object as unknown as V1Service)) {
    return progressing(`the Service ${object.metadata.name} has no address yet`);
  }
  const { selector, publishNotReadyAddresses } = spec;
  if (!wantsPods || !selector || publishNotReadyAddresses) return READY;
  const isServed = podsIn(objects, object).some((pod) => isReady(pod) && hasLabels(pod, selector));
  return isServed ? READY : progressing(`no ready pod is behind the Service ${object.metadata.name}`);
};

const hasAddress = ({ spec, status }: V1Service): boolean =>
  Boolean(spec?.clusterIP) &&
  (spec?.type !== 'LoadBalancer' || Boolean(status?.loadBalancer?.ingress?.length));

const hasLabels = ({ metadata }: V1Pod, selector: Record<string, string>): boolean =>
  Object.entries(selector).every(([key, value]) => metadata?.labels?.[key] === value);

/** Bound; or not asked for by any Pod, since many storage classes wait for the first one. */
export const claim: Check = (object, { objects }) => {
  const { status } = object as unknown as V1PersistentVolumeClaim;
  const { name } = object.metadata;
  if (status?.phase === 'Bound') return READY;
  if (status?.phase === 'Lost') return stuck(`the volume of the claim ${name} is lost`, true);
  const isUsed = podsIn(objects, object).some(({ spec }) =>
    spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name),
  );
  return isUsed ? progressing(`the claim ${name} has no volume yet`) : READY;
};

/** There, and `Ready` or `Available` where its status has such a condition. */
export const anyKind: Check = (object) => {
  const { conditions } = (object.status ?? {}) as { conditions?: readonly StatusCondition[] };
  const condition = Array.isArray(conditions)
    ? (conditions as readonly StatusCondition[]).find(({ type }) => type === 'Ready' || type === 'Available')
    : undefined;
  if (!condition) return READY;
  const title = `${object.kind} ${object.metadata.name}`;
  if (condition.status !== 'True') {
    return progressing(`${title} is not ready yet${condition.message ? `: ${clip(condition.message)}` : ''}`);
  }
  return hasObserved(object, condition) ? READY : TAKEN_UP;
};

interface StatusCondition {
  type: string;
  status: string;
  message?: string;
  observedGeneration?: number;
}

function hasObserved(object: OwnedObject, { observedGeneration }: StatusCondition): boolean {
  if (observedGeneration !== undefined) return observedGeneration >= (object.metadata.generation ?? 0);
  return !('observedGeneration' in (object.status as object)) || isObserved(object);
}

const podsIn = (objects: readonly OwnedObject[], { metadata }: OwnedObject): V1Pod[] =>
  objects.filter(
    (each) => each.kind === 'Pod' && each.metadata.namespace === metadata.namespace,
  ) as unknown as V1Pod[];
