// From the templates of a plan to the objects that are applied: rendered, in their namespace, with the owner's labels on
// what others make of them.
import type { JsonObject, KindReference, Manifest } from '../../sdk/index.js';
import type { WorkloadSettings } from './settings.js';
import { isObject, TemplateError } from './template.js';
import { renderTree, TreeError } from './tree.js';

const POD: KindReference = { apiVersion: 'v1', kind: 'Pod' };
const CLAIM: KindReference = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };

/** On Jobs, the operation that they were made for: one that failed is made anew by the next. */
export const OPERATION = 'sdkbroker.broker.io/operation';

export interface Rendering {
  readonly scope: object;
  /** What Pods and claims get, so that they are found and removed with their owner. */
  readonly labels: Readonly<Record<string, string>>;
  /** The broker's where it is undefined. */
  readonly namespace: string | undefined;
  readonly operationId: string;
  /** What the plan calls the list: `manifests`. */
  readonly field: string;
}

/** Throws a TreeError that names the manifest and the path. */
export function renderManifests(templates: readonly JsonObject[], rendering: Rendering): Manifest[] {
  const { scope, field, labels, namespace, operationId } = rendering;
  const manifests = (renderTree(templates, scope, field) as JsonObject[]).map((rendered) => {
    const manifest = named(rendered, field);
    for (const made of madeFrom(manifest)) made.metadata = withLabels(made.metadata, labels);
    return manifest.kind === 'Job' ? markedWith(operationId, manifest) : manifest;
  });
  return placed(manifests, namespace);
}

/** The namespace that a plan gives each instance; undefined for the broker's. */
export const namespaceOf = ({
  settings,
  name,
}: {
  settings: WorkloadSettings;
  name: string;
}): string | undefined => (settings.namespace === 'Instance' ? name : undefined);

const placed = (manifests: readonly Manifest[], namespace: string | undefined): Manifest[] =>
  manifests.map((each) =>
    namespace === undefined ? each : { ...each, metadata: { ...each.metadata, namespace } },
  );

/** The kinds of objects that others make of these. */
export function kindsMadeFrom(manifests: readonly JsonObject[]): KindReference[] {
  const claims = manifests.some((manifest) => claimTemplates(manifest).length > 0);
  const pods = manifests.some((manifest) => podTemplates(manifest).length > 0);
  return [...(pods ? [POD] : []), ...(claims ? [CLAIM] : [])];
}

export const isSecret = ({ apiVersion, kind }: JsonObject): boolean =>
  apiVersion === 'v1' && kind === 'Secret';

function named(manifest: JsonObject, field: string): Manifest {
  const { metadata, kind } = manifest;
  const name = isObject(metadata) ? metadata.name : undefined;
  if (typeof name === 'string' && name !== '') return manifest as Manifest;
  throw new TreeError(`${field}, a ${String(kind)}`, new TemplateError('metadata.name must be text'));
}

const madeFrom = (manifest: JsonObject): JsonObject[] => [
  ...podTemplates(manifest),
  ...claimTemplates(manifest),
];

/** Of a Deployment and its like, of a CronJob, and of kinds of others that are built like them. */
function podTemplates({ spec }: JsonObject): JsonObject[] {
  if (!isObject(spec)) return [];
  const job = isObject(spec.jobTemplate) && isObject(spec.jobTemplate.spec) ? spec.jobTemplate.spec : {};
  return [spec.template, job.template].filter(
    (template): template is JsonObject =>
      isObject(template) && isObject(template.spec) && template.spec.containers !== undefined,
  );
}

const claimTemplates = ({ spec }: JsonObject): JsonObject[] =>
  isObject(spec) && Array.isArray(spec.volumeClaimTemplates)
    ? spec.volumeClaimTemplates.filter(isObject)
    : [];

function withLabels(metadata: unknown, labels: Rendering['labels']): JsonObject {
  const own = isObject(metadata) ? metadata : {};
  return { ...own, labels: { ...(isObject(own.labels) ? own.labels : {}), ...labels } };
}

const markedWith = (operationId: string, { metadata, ...manifest }: Manifest): Manifest => ({
  ...(manifest as Manifest),
  metadata: { ...metadata, annotations: { ...metadata.annotations, [OPERATION]: operationId } },
});
