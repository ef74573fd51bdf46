// The kinds that have Pods: rolled out to the last one, or not yet, and why.
import type {
  V1DaemonSetSpec,
  V1DaemonSetStatus,
  V1DeploymentStatus,
  V1JobStatus,
  V1Pod,
  V1PodStatus,
  V1ReplicaSetStatus,
  V1StatefulSetSpec,
  V1StatefulSetStatus,
} from '@kubernetes/client-node';
import type { OwnedObject } from '../../sdk/index.js';
import { clip, currentOf, isReady, lastEnd, podsOf, troubleOf } from './readiness-pods.js';
import { progressing, READY, type Readiness, stuck } from '../readiness.js';
import { type Check, TAKEN_UP } from './readiness-state.js';

export const deployment: Check = (object, { objects }) => {
  const { replicas: wanted = 1 } = specOf<{ replicas: number }>(object);
  const status = statusOf<V1DeploymentStatus>(object);
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, conditions = [] } = status;
  if (!isObserved(object)) return TAKEN_UP;
  if (updatedReplicas >= wanted && replicas <= updatedReplicas && availableReplicas >= wanted) return READY;
  const failure = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure) return stuck(`a pod cannot be made: ${clip(failure.message)}`);
  return rolling(currentOf(podsOf(object, objects)), wanted);
};

export const statefulSet: Check = (object, { objects }) => {
  const { replicas: wanted = 1, updateStrategy } = specOf<V1StatefulSetSpec>(object);
  const status = statusOf<V1StatefulSetStatus>(object);
  const { replicas = 0, readyReplicas = 0, currentRevision, updateRevision } = status;
  // Where others choose which Pods are updated, and when, that is not waited for.
  const isLeftToOthers = updateStrategy?.type === 'OnDelete' || updateStrategy?.rollingUpdate?.partition;
  const isUpdated = isLeftToOthers || currentRevision === updateRevision;
  if (!isObserved(object)) return TAKEN_UP;
  if (isUpdated && readyReplicas >= wanted && replicas === wanted) return READY;
  const pods = podsOf(object, objects);
  return rolling(isLeftToOthers ? pods : currentOf(pods, updateRevision), wanted);
};

export const daemonSet: Check = (object, { objects }) => {
  const { updateStrategy } = specOf<V1DaemonSetSpec>(object);
  const status = statusOf<V1DaemonSetStatus>(object);
  const { desiredNumberScheduled: wanted = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
  const isUpdated = updateStrategy?.type === 'OnDelete' || updatedNumberScheduled >= wanted;
  if (!isObserved(object)) return TAKEN_UP;
  if (isUpdated && numberAvailable >= wanted) return READY;
  return rolling(currentOf(podsOf(object, objects)), wanted);
};

export const replicaSet: Check = (object, { objects }) => {
  const { replicas: wanted = 1 } = specOf<{ replicas: number }>(object);
  const { availableReplicas = 0 } = statusOf<V1ReplicaSetStatus>(object);
  if (!isObserved(object)) return TAKEN_UP;
  return availableReplicas >= wanted ? READY : rolling(podsOf(object, objects), wanted);
};

export const pod: Check = (object) => {
  const it = object as unknown as V1Pod;
  const { phase } = statusOf<V1PodStatus>(object);
  if (phase === 'Succeeded' || isReady(it)) return READY;
  return phase === 'Failed' ? stuck(`the pod failed${lastEnd([it])}`, true) : rolling([it], 1);
};

export const job: Check = (object, { objects }) => {
  const { completions: wanted = 1 } = specOf<{ completions: number }>(object);
  const { conditions = [], succeeded = 0 } = statusOf<V1JobStatus>(object);
  const end = conditions.find(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True');
  const pods = podsOf(object, objects);
  if (end?.type === 'Complete') return READY;
  if (end) {
    const reason = end.reason === 'DeadlineExceeded' ? ': it took too long' : lastEnd(pods);
    return stuck(`the job ${object.metadata.name} failed${reason}`, true);
  }
  const done = wanted > 1 ? `, ${succeeded} of ${wanted} times done` : '';
  return troubleOf(pods) ?? progressing(`the job ${object.metadata.name} runs${done}`);
};

const specOf = <Spec>({ spec }: OwnedObject): Partial<Spec> => spec ?? {};
const statusOf = <Status>({ status }: OwnedObject): Partial<Status> => status ?? {};

/** Whether what the status says is about this version of the object. */
export function isObserved(object: OwnedObject): boolean {
  const { observedGeneration = 0 } = statusOf<{ observedGeneration: number }>(object);
  return observedGeneration >= (object.metadata.generation ?? 0);
}

const rolling = (pods: readonly V1Pod[], wanted: number): Readiness =>
  troubleOf(pods) ?? progressing(`${pods.filter(isReady).length} of ${wanted} pods ready`);
