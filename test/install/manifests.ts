// The objects that the kustomizations and the chart come to, read as Kubernetes reads them.
import { parseAllDocuments } from 'yaml';
import { runTool } from './tools.js';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: any;
}

export const CHART = 'install/helm/brokersdk';

/** All objects of a YAML text: by the rules of YAML 1.1, as in Kubernetes, where 0440 is octal. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

export const kustomize = (folder: string): Manifest[] =>
  parseManifests(runTool('kubectl', ['kustomize', folder]));

export interface Rendering {
  kubernetes?: string;
  namespace?: string;
  values?: Record<string, unknown>;
  apis?: string[];
}

/** What `helm install brokersdk` would send to a new cluster, its hooks too. */
export function renderChart(rendering: Rendering = {}): Manifest[] {
  const { kubernetes = '1.36', namespace = 'brokersdk', values = {}, apis = [] } = rendering;
  const args = ['template', 'brokersdk', CHART, '--namespace', namespace, '--kube-version', kubernetes];
  const text = runTool(
    'helm',
    [...args, ...apis.flatMap((api) => ['--api-versions', api]), '--values', '-'],
    {
      input: JSON.stringify(values),
    },
  );
  return parseManifests(text);
}

/** `kind/name`, by which an object of one rendering finds its counterpart in another. */
export const keyOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

export const isHook = ({ metadata }: Manifest): boolean => 'helm.sh/hook' in (metadata.annotations ?? {});

/** The one object of that kind and name; throws where there is none. */
export function pick(manifests: Manifest[], key: string): Manifest {
  const manifest = manifests.find((each) => keyOf(each) === key);
  if (!manifest) throw new Error(`no ${key} among ${manifests.map(keyOf).join(', ')}`);
  return manifest;
}
