// Whether the objects of an instance are as ready as their manifests want them, and in words for its user what is still
// to come or what is in the way. Looks at objects only; what follows from an answer is the backend's to say.
import type { Manifest, OwnedObject } from '../../sdk/index.js';
import { isMet, type ObjectCondition } from './readiness-conditions.js';
import { anyKind, claim, service } from './readiness-others.js';
import { progressing, READY, type Readiness, stuck } from '../readiness.js';
import { type Check, type Surroundings } from './readiness-state.js';
import { daemonSet, deployment, job, pod, replicaSet, statefulSet } from './readiness-workloads.js';

export type { ObjectCondition, Readiness };

/** By group and kind; all others are looked at as any kind may be. */
const CHECKS: Readonly<Record<string, Check>> = {
  'apps/Deployment': deployment,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'apps/ReplicaSet': replicaSet,
  'batch/Job': job,
  '/Pod': pod,
  '/Service': service,
  '/PersistentVolumeClaim': claim,
};

/**
 * How far the manifests have come, by the owner's objects as `OwnedResources.list` has them: Pods belong to their
 * workloads by owner references, so those have to be among them. `conditions` are the plan's own, rendered.
 */
export function readinessOf(
  objects: readonly OwnedObject[],
  manifests: readonly Manifest[],
  conditions: readonly ObjectCondition[] = [],
): Readiness {
  const surroundings = { objects, wantsPods: manifests.some(wantsPods) };
  return overall([
    ...manifests.map((manifest) => ({
      kind: manifest.kind,
      title: titleOf(manifest),
      readiness: checked(manifest, surroundings),
    })),
    ...conditions.map((condition) => ({
      kind: condition.kind,
      title: condition.kind,
      readiness: isMet(condition, objects),
    })),
  ]);
}

interface Finding {
  kind: string;
  title: string;
  readiness: Readiness;
}

const titleOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

function checked(manifest: Manifest, surroundings: Surroundings): Readiness {
  const object = surroundings.objects.find((each) => isOf(manifest, each));
  if (!object) return progressing(`${titleOf(manifest)} is being made`);
  if (object.metadata.deletionTimestamp) return progressing(`${titleOf(manifest)} is being removed`);
  const check = CHECKS[`${groupOf(object)}/${object.kind}`] ?? anyKind;
  return check(object, surroundings);
}

function isOf({ kind, metadata, apiVersion }: Manifest, object: OwnedObject): boolean {
  return (
    object.kind === kind &&
    object.metadata.name === metadata.name &&
    groupOf(object) === groupOf({ apiVersion }) &&
    (metadata.namespace === undefined || metadata.namespace === object.metadata.namespace)
  );
}

/** `''` for the kinds that have none. Versions do not matter: an object is the same in each. */
const groupOf = ({ apiVersion }: Pick<Manifest, 'apiVersion'>): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

const POD_MAKERS = /^(Pod|Deployment|StatefulSet|DaemonSet|ReplicaSet)$/;

function wantsPods({ kind, spec }: Manifest): boolean {
  return POD_MAKERS.test(kind) && (spec as { replicas?: number } | undefined)?.replicas !== 0;
}

/** The worst of them. Several of one sort are told together, each with the name of its object. */
function overall(findings: readonly Finding[]): Readiness {
  const inTheWay = findings.filter(({ readiness }) => readiness.state === 'stuck');
  const toCome = findings.filter(({ readiness }) => readiness.state === 'progressing');
  if (inTheWay.length > 0) return stuck(told(inTheWay), inTheWay.some(isFinal));
  if (toCome.length === 0) return READY;
  // Services and claims follow their Pods.
  const ofPods = toCome.filter(({ kind }) => POD_MAKERS.test(kind));
  return progressing(told(ofPods.length > 0 ? ofPods : toCome));
}

const isFinal = ({ readiness }: Finding): boolean => readiness.state === 'stuck' && readiness.isFinal;

function told(findings: readonly Finding[]): string {
  const texts = findings.map(({ title, readiness }) => ({
    title,
    text: readiness.state === 'ready' ? '' : readiness.text,
  }));
  if (new Set(texts.map(({ text }) => text)).size === 1) return texts[0]!.text;
  return texts.map(({ title, text }) => (text.startsWith(title) ? text : `${title}: ${text}`)).join('; ');
}
