// Owned objects that controllers of the cluster make more of, and the rights that they take: on a real API server alone,
// for the embedded one has no such kinds and allows everything.
import { expect } from 'chai';
import type { Manifest, OwnedResources } from '../../src/sdk/authoring/owned-resources.js';
import { loadKubeConfig } from '../../src/sdk/kube/config.js';
import type { ResourceType } from '../../src/sdk/kube/types.js';
import { ON_REAL_CLUSTER } from '../support/cluster.js';
import { edit } from '../support/kube.js';
import { configMap, drifted, failureOf, OwnedScene, removed } from '../support/owned-scene.js';
import { eventually } from '../support/unchanged.js';

const PODS: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods' };
const CLAIMS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
};
const DEPLOYMENTS: ResourceType = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
};
const SERVICES: ResourceType = { group: '', version: 'v1', kind: 'Service', plural: 'services' };
const MADE_BY_OTHERS = [PODS, CLAIMS].map(({ version, kind }) => ({ apiVersion: version, kind }));

const image = { image: 'no.such.registry.invalid/none', imagePullPolicy: 'Never' };

/** In the words of people: quantities that the API server writes another way, and ports without a protocol. */
function workload(name: string, { labels }: OwnedResources): Manifest[] {
  const template = (app: string): object => ({
    metadata: { labels: { app, ...labels } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          ...image,
          ports: [{ containerPort: 80 }],
          resources: { requests: { cpu: '0.01', memory: '1024Ki' }, limits: { cpu: '1000m' } },
        },
      ],
    },
  });
  const selector = (app: string): object => ({ matchLabels: { app } });
  const claim = {
    metadata: { name: 'data', labels },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { replicas: 2, selector: selector(name), template: template(name) },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: { app: name }, ports: [{ port: 80 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: `${name}-s` },
      spec: {
        serviceName: name,
        selector: selector(`${name}-s`),
        template: template(`${name}-s`),
        volumeClaimTemplates: [claim],
      },
    },
  ];
}

if (!ON_REAL_CLUSTER) console.warn('SKIPPED: owned workloads: they need a real cluster: TEST_CLUSTER=1');

(ON_REAL_CLUSTER ? describe : describe.skip)('the workloads that an instance owns', () => {
  let scene: OwnedScene;
  before(async () => {
    scene = await OwnedScene.open();
  });
  after(() => scene.close());
  afterEach(() => scene.reset());

  it('are right as the API server writes them, and get no new version from another apply', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const resources = scene.resourcesOf(instance);
    const manifests = workload(name, resources);
    await resources.apply(manifests, { also: MADE_BY_OTHERS });
    expect(await resources.drift(manifests)).to.deep.equal([]);
    await eventually(
      () => resources.list(),
      (objects) => objects.filter(({ kind }) => kind === 'Pod').length === 3,
    );
    const next = scene.resourcesOf(instance);
    expect(await next.drift(manifests)).to.deep.equal([]);
    scene.requests = [];
    await scene.resourcesOf(instance).apply(manifests, { also: MADE_BY_OTHERS });
    // A dry run for each, and nothing else.
    expect(scene.requests.filter((request) => request.startsWith('patch'))).to.have.length(3);
    const deployments = scene.client(DEPLOYMENTS);
    await edit(deployments, name, (found) => ({
      ...found,
      spec: { ...(found.spec as object), replicas: 0 },
    }));
    expect(await drifted(resources, manifests)).to.deep.equal([
      `Deployment ${name} differs in spec.replicas`,
    ]);
    await resources.apply(manifests, { also: MADE_BY_OTHERS });
    expect(await resources.drift(manifests)).to.deep.equal([]);
    expect(await removed(resources)).to.equal(true);
  });

  it('get their lists back also where what others put there is not valid beside what is theirs', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const resources = scene.resourcesOf(instance);
    const manifests: Manifest[] = [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name },
        spec: { selector: { app: name }, ports: [{ name: 'http', port: 80 }] },
      },
    ];
    await resources.apply(manifests);
    const services = scene.client(SERVICES);
    await edit(services, name, (found) => ({
      ...found,
      spec: { ...(found.spec as object), ports: [{ name: 'http', port: 81 }] },
    }));
    expect(await drifted(resources, manifests)).to.deep.equal([
      `Service ${name} differs in spec.ports[1].name`,
    ]);
    await resources.apply(manifests);
    const { ports } = (await services.get(name))!.spec as { ports: { port: number }[] };
    expect(ports.map(({ port }) => port)).to.deep.equal([80]);
    expect(await resources.drift(manifests)).to.deep.equal([]);
    expect(await removed(resources)).to.equal(true);
  });

  it('leave nothing behind when they are removed while they start', async () => {
    const instances = await Promise.all([1, 2, 3, 4].map(() => scene.createInstance()));
    await Promise.all(
      instances.map(async (instance) => {
        const { name } = instance.metadata;
        const resources = scene.resourcesOf(instance);
        await resources.apply(workload(name, resources), { also: MADE_BY_OTHERS });
        expect(await removed(scene.resourcesOf(instance))).to.equal(true);
        const left = [PODS, CLAIMS, DEPLOYMENTS, SERVICES].map((type) => scene.labelled(type, name));
        expect((await Promise.all(left)).flat()).to.deep.equal([]);
      }),
    );
  });

  it('take rights, and those that are missing are told by the API server itself', async () => {
    const { cluster } = scene;
    const config = loadKubeConfig({ kubeconfig: cluster.kubeconfig });
    const impersonateUser = `system:serviceaccount:${cluster.namespace}:default`;
    config.users = config.users.map((user) => ({ ...user, impersonateUser }));
    const objects = scene.newTerm({ config });
    const kinds = [
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      { apiVersion: 'v1', kind: 'Namespace' },
    ];
    expect(await scene.newTerm().missingRights(kinds)).to.deep.equal([]);
    const verbs = 'get, list, watch, create, patch, delete';
    const rule = `resources [deployments], verbs [${verbs}]`;
    const [deployments, namespaces] = await objects.missingRights(kinds);
    expect(deployments).to.equal(
      `the broker may not ${verbs} deployments.apps in the namespace ${cluster.namespace}: ` +
        `add a rule with apiGroups [apps], ${rule} to its Role`,
    );
    expect(namespaces).to.include(`the broker may not ${verbs} namespaces: add a rule with apiGroups [""]`);
    const resources = objects.forInstance(await scene.createInstance(), scene.signal);
    expect((await failureOf(resources.apply([configMap('x')]))).message).to.include(
      'list configmaps: 403 Forbidden',
    );
    await config.close();
  });
});
