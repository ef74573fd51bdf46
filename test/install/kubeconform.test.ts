// Every object that is installed, against the API of the oldest and of the newest Kubernetes: no field that it does not
// know, none of the wrong type. What is not Kubernetes' own or ours (Service Catalog, OpenShift's Route) is not looked at.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { missingOpenApi, SCHEMA_LOCATION, writeSchemas } from './kube-schemas.js';
import { kustomize, type Manifest, parseManifests, renderChart } from './manifests.js';
import { missingTool, ROOT, runTool } from './tools.js';
import { suiteUnless } from '../support/skip.js';

const OLDEST = '1.20.15';
const NEWEST = '1.36.3';

/** Throws with kubeconform's words. Returns how many objects it found right. */
function conform(kubernetes: string, manifests: Manifest[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'brokersdk-schemas-'));
  try {
    writeSchemas(folder, kubernetes, manifests);
    const location = join(folder, SCHEMA_LOCATION);
    const args = ['-strict', '-summary', '-output', 'json', '-schema-location', location];
    const input = manifests.map((each) => JSON.stringify(each)).join('\n---\n');
    return JSON.parse(runKubeconform(args, input)).summary.valid;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** It tells what is wrong on its standard output. */
function runKubeconform(args: string[], input: string): string {
  try {
    return runTool('kubeconform', args, { input });
  } catch (error) {
    throw new Error(`kubeconform: ${(error as { stdout: string }).stdout}`, { cause: error });
  }
}

const files = (folder: string): Manifest[] =>
  readdirSync(join(ROOT, folder)).flatMap((file) =>
    parseManifests(readFileSync(join(ROOT, folder, file), 'utf8')),
  );

/** The objects in the YAML blocks of a document, but for those that kustomize reads. */
const examples = (document: string): Manifest[] =>
  [...readFileSync(join(ROOT, document), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
    .flatMap(([, text]) => parseManifests(text!))
    .filter(({ apiVersion, kind }) => apiVersion !== undefined && kind !== 'Kustomization');

const EVERYTHING = {
  image: { pullSecrets: ['login'] },
  settings: { 'log-level': 'debug' },
  nodeSelector: { disk: 'fast' },
  tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } },
  extraEnv: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'token' } } }],
  serviceAccount: { annotations: { team: 'a' } },
  administrators: { existingSecret: 'administrators' },
  workloads: { enabled: true },
  dockerAgent: { enabled: true },
};

const OBJECTS: [title: string, kubernetes: string, manifests: () => Manifest[]][] = [
  ['the overlay kubernetes', NEWEST, () => kustomize('install/kustomize/overlays/kubernetes')],
  ['the overlay kubernetes-1.20', OLDEST, () => kustomize('install/kustomize/overlays/kubernetes-1.20')],
  ['the overlay openshift', NEWEST, () => kustomize('install/kustomize/overlays/openshift')],
  ['the chart', NEWEST, () => renderChart()],
  ['the chart', OLDEST, () => renderChart({ kubernetes: OLDEST })],
  ['the chart with every value', NEWEST, () => renderChart({ values: EVERYTHING })],
  ['the chart with every value', OLDEST, () => renderChart({ kubernetes: OLDEST, values: EVERYTHING })],
  ['the custom resource definitions', NEWEST, () => files('crds')],
  ['the custom resource definitions', OLDEST, () => files('crds')],
  ['the sample offerings', NEWEST, () => files('install/samples')],
  ['the examples of docs/installing.md', NEWEST, () => examples('docs/installing.md')],
  ['the examples of docs/custom-resources.md', NEWEST, () => examples('docs/custom-resources.md')],
  ['etcd', NEWEST, () => kustomize('install/etcd/base')],
  ['etcd', OLDEST, () => kustomize('install/etcd/base')],
  ['etcd without a volume', OLDEST, () => kustomize('install/etcd/ephemeral')],
];

const missing = missingTool('helm', 'kubectl', 'kubeconform') ?? missingOpenApi(OLDEST, NEWEST);

suiteUnless(missing, 'kubeconform', function () {
  for (const [title, kubernetes, manifestsOf] of OBJECTS) {
    it(`finds nothing wrong with ${title} for Kubernetes ${kubernetes}`, () => {
      const manifests = manifestsOf();
      expect(manifests).not.to.be.empty;
      expect(conform(kubernetes, manifests)).to.equal(manifests.length);
    });
  }

  const WRONG: [title: string, break_: (manifests: Record<string, any>) => void, complaint: RegExp][] = [
    ['a field that is not', ({ Deployment }) => (Deployment.spec.replica = 2), /'replica' not allowed/],
    [
      'one deep inside',
      ({ Deployment }) => (Deployment.spec.template.spec.containers[0].livenessProbe.httpGet.url = '/'),
      /'url' not allowed/,
    ],
    ['a type', ({ Deployment }) => (Deployment.spec.replicas = 'two'), /got string, want integer/],
    ['what is missing', ({ RoleBinding }) => delete RoleBinding.roleRef, /missing property 'roleRef'/],
    [
      'a kind of another version',
      ({ PodDisruptionBudget: budget }) => (budget.apiVersion = 'policy/v2'),
      /could not find schema/,
    ],
  ];
  for (const [title, spoil, complaint] of WRONG) {
    it(`finds ${title}`, () => {
      const manifests = renderChart();
      spoil(Object.fromEntries(manifests.map((each) => [each.kind, each])));
      expect(() => conform(NEWEST, manifests)).to.throw(complaint);
    });
  }

  it('finds a field of an offering that is not', () => {
    const offerings = files('install/samples');
    offerings[0]!.spec.plans[0].price = 1;
    expect(() => conform(NEWEST, offerings)).to.throw(/'price' not allowed/);
  });
});
