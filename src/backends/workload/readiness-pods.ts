// What Pods tell: whose they are, whether they are ready, and what keeps them from it, in words that help a user. Names of
// nodes and registries are no business of a user's, and are left out.
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { OwnedObject } from '../../sdk/index.js';
import { type Readiness, stuck } from '../readiness.js';

/** From so many ends on, a container that is not ready counts as one that ends again and again. */
const MIN_CRASHES = 2;
const MAX_LENGTH = 240;

/** What others say, in so many characters as fit into a status. */
export const clip = (text = ''): string =>
  text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text;

/** The Pods that a workload has now. Those on their way out are nobody's. */
export function podsOf({ kind, metadata }: OwnedObject, objects: readonly OwnedObject[]): V1Pod[] {
  return objects.filter((object) => {
    if (object.kind !== 'Pod' || object.metadata.deletionTimestamp) return false;
    if (object.metadata.namespace !== metadata.namespace) return false;
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller);
    if (!owner) return false;
    // A Deployment's ReplicaSets are not among the objects, but their names tell.
    return kind === 'Deployment'
      ? owner.kind === 'ReplicaSet' &&
          owner.name === `${metadata.name}-${revisionOf(object as unknown as V1Pod)}`
      : owner.kind === kind && owner.name === metadata.name;
  }) as unknown as V1Pod[];
}

/** Those of one revision; where it is not known, of the one that the youngest Pod is of. */
export function currentOf(pods: readonly V1Pod[], revision?: string): V1Pod[] {
  const current = revision ?? revisionOf(youngest(pods));
  return pods.filter((pod) => revisionOf(pod) === current);
}

/** Which template of its workload a Pod was made of. */
function revisionOf(pod: Pick<V1Pod, 'metadata'> | undefined): string | undefined {
  const { labels = {} } = pod?.metadata ?? {};
  return labels['pod-template-hash'] ?? labels['controller-revision-hash'];
}

function youngest(pods: readonly V1Pod[]): V1Pod | undefined {
  const birthOf = ({ metadata }: V1Pod): string => String(metadata?.creationTimestamp);
  return [...pods].sort((a, b) => birthOf(a).localeCompare(birthOf(b))).at(-1);
}

export const isReady = ({ status }: V1Pod): boolean =>
  (status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

/** What is in the way of one of these Pods; what is in the way for good goes first. */
export function troubleOf(pods: readonly V1Pod[]): Readiness | undefined {
  const troubles = pods.filter((pod) => !isReady(pod)).flatMap(troublesOf);
  return troubles.find((each) => each.state === 'stuck' && each.isFinal) ?? troubles[0];
}

function troublesOf(pod: V1Pod): Readiness[] {
  const { conditions = [], initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const unscheduled = conditions.find(({ reason }) => reason === 'Unschedulable');
  if (unscheduled?.status === 'False') {
    return [stuck(`no node takes a pod: ${clip(withoutCounts(unscheduled.message))}`)];
  }
  return [...initContainerStatuses, ...containerStatuses].flatMap(
    (status) => troubleOfContainer(status) ?? [],
  );
}

/** `0/3 nodes are available: 3 Insufficient memory. preemption: …` without what is before and behind. */
const withoutCounts = (message = ''): string =>
  message.replace(/^\d+\/\d+ nodes are available: /, '').replace(/\.?( preemption: .*)?$/s, '');

function troubleOfContainer(status: V1ContainerStatus): Readiness | undefined {
  const { name, image, ready, restartCount, state } = status;
  const { reason = '', message } = state?.waiting ?? {};
  if (reason === 'InvalidImageName') return stuck(`${shortName(image)} is not the name of an image`, true);
  if (IMAGE_REASONS.has(reason)) return stuck(`the image ${shortName(image)} cannot be pulled`);
  if (START_REASONS.has(reason)) {
    return stuck(`the container ${name} cannot be started: ${clip(withoutPath(message))}`);
  }
  const end = endOf(status);
  if (ready || restartCount < MIN_CRASHES || !end) return undefined;
  return stuck(`the container ${name} ends again and again: ${restartCount} times so far, last ${end}`);
}

/** Without the way that the message took through the runtime, on which the container's id is. */
const withoutPath = (message = ''): string => message.replace(/^.*container process( caused)?: /s, '');

const IMAGE_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);
const START_REASONS = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']);

/** Without its registry and its digest, neither of which a user can do anything about. */
const shortName = (image: string): string => image.replace(/@sha256:.*$/, '').replace(/^.*\//, '');

/** How a container ended last: not well, or undefined. */
function endOf({ state, lastState }: Partial<V1ContainerStatus>): string | undefined {
  const end = state?.terminated ?? lastState?.terminated;
  if (!end) return undefined;
  return end.reason === 'OOMKilled' ? 'as it used up its memory' : `with exit code ${end.exitCode}`;
}

/** How the youngest of these Pods ended: `: its container ended with exit code 1`, or nothing where nothing is known. */
export function lastEnd(pods: readonly V1Pod[]): string {
  const { initContainerStatuses = [], containerStatuses = [], reason } = youngest(pods)?.status ?? {};
  const failed = [...initContainerStatuses, ...containerStatuses].find(
    ({ state, lastState }) => (state?.terminated ?? lastState?.terminated)?.exitCode,
  );
  if (failed) return `: its container ${failed.name} ended ${endOf(failed)}`;
  return reason ? `: ${reason}` : '';
}
