// The objects that an instance owns, against an API server: applied, followed, put back, pruned, removed.
import { expect } from 'chai';
import type { Manifest } from '../../src/sdk/authoring/owned-resources.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { KubeObject, ResourceType } from '../../src/sdk/kube/types.js';
import { INSTANCE_LABEL, INSTANCES, SECRETS } from '../../src/sdk/resources/kinds.js';
import { edit } from '../support/kube.js';
import {
  account,
  ACCOUNTS,
  configMap,
  CONFIG_MAPS,
  drifted,
  failureOf,
  namesOf,
  OwnedScene,
  removed,
  unique,
} from '../support/owned-scene.js';
import { eventually } from '../support/unchanged.js';

const NAMESPACES: ResourceType = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' };
const DEFINITIONS: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
};

const namespaceObject = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});

describe('the objects that an instance owns', () => {
  let scene: OwnedScene;
  before(async () => {
    scene = await OwnedScene.open();
  });
  after(() => scene.close());
  afterEach(() => scene.reset());

  it('are applied with the labels and a reference to the instance, and are found again by the next leader', async () => {
    const instance = await scene.createInstance();
    const { name, uid } = instance.metadata;
    const manifests = [configMap(`${name}-a`), account(`${name}-b`)];
    await scene.resourcesOf(instance).apply(manifests);
    const stored = await scene.client(CONFIG_MAPS).get(`${name}-a`);
    expect(stored).to.deep.include({ data: { a: '1' } });
    expect(stored?.metadata.labels).to.deep.equal({
      [INSTANCE_LABEL]: name,
      'sdkbroker.broker.io/broker': scene.cluster.namespace,
    });
    const reference = { apiVersion: 'sdkbroker.broker.io/v1alpha1', kind: 'ServiceInstance', name, uid };
    expect(stored?.metadata.ownerReferences).to.deep.equal([reference]);
    const next = scene.resourcesOf(instance);
    expect(namesOf(await next.list())).to.deep.equal([`ConfigMap ${name}-a`, `ServiceAccount ${name}-b`]);
  });

  it('are not changed by the same manifests, whoever applies them', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const secret: Manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-s` },
      stringData: { password: 'hunter2' },
    };
    const manifests = [configMap(name, { a: '1' }, { annotations: { note: 'x' } }), secret];
    const versions = async (): Promise<unknown[]> => {
      const found = [scene.client(CONFIG_MAPS).get(name), scene.client(SECRETS).get(`${name}-s`)];
      return (await Promise.all(found)).map((object) => object?.metadata.resourceVersion);
    };
    await scene.resourcesOf(instance).apply(manifests);
    const before = await versions();
    const next = scene.resourcesOf(instance);
    await next.apply(manifests);
    expect(await next.drift(manifests)).to.deep.equal([]);
    expect(await versions()).to.deep.equal(before);
    expect((await scene.client(SECRETS).get(`${name}-s`))?.data).to.deep.equal({
      password: Buffer.from('hunter2').toString('base64'),
    });
  });

  it('cost no request for as long as nothing happens', async () => {
    const instance = await scene.createInstance();
    const manifests = [configMap(instance.metadata.name)];
    const resources = scene.resourcesOf(instance);
    await resources.apply(manifests);
    scene.requests = [];
    expect(await resources.drift(manifests)).to.deep.equal([]);
    await resources.apply(manifests);
    expect(await resources.list()).to.have.length(1);
    expect(scene.requests.filter((request) => !request.startsWith('watch'))).to.deep.equal([]);
  });

  it('are pruned when they are named no more, kinds and all, and by another leader', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    await scene.resourcesOf(instance).apply([configMap(`${name}-a`), configMap(`${name}-b`)]);
    await scene.resourcesOf(instance).apply([account(name)]);
    expect(await scene.labelled(CONFIG_MAPS, name)).to.deep.equal([]);
    expect(await scene.labelled(ACCOUNTS, name)).to.deep.equal([name]);
    const last = scene.resourcesOf(instance);
    await last.apply([]);
    expect(await scene.labelled(ACCOUNTS, name)).to.deep.equal([]);
    expect(await last.list()).to.deep.equal([]);
  });

  it('are pruned also of an update that failed half-way, when another one follows', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const broken = configMap(`${name}-broken`, { 'no key': '1' });
    await scene.resourcesOf(instance).apply([configMap(`${name}-a`)]);
    const error = await failureOf(scene.resourcesOf(instance).apply([account(`${name}-b`), broken]));
    expect(error).to.include({ name: 'TerminalError' });
    expect(error.message).to.equal(
      `ConfigMap ${name}-broken is not valid: the API server refuses data[no key]`,
    );
    expect(await scene.labelled(ACCOUNTS, name)).to.deep.equal([`${name}-b`]);
    await scene.resourcesOf(instance).apply([configMap(`${name}-c`)]);
    expect(await scene.labelled(ACCOUNTS, name)).to.deep.equal([]);
    expect(await scene.labelled(CONFIG_MAPS, name)).to.deep.equal([`${name}-c`]);
  });

  it('are never somebody else’s objects', async () => {
    const [mine, theirs] = [await scene.createInstance(), await scene.createInstance()];
    const objects = scene.newTerm();
    const foreign = `foreign-${unique()}`;
    await scene.client(CONFIG_MAPS).create(configMap(foreign, { a: 'theirs' }));
    await objects.forInstance(theirs, scene.signal).apply([configMap(theirs.metadata.name)]);
    const resources = objects.forInstance(mine, scene.signal);
    for (const name of [foreign, theirs.metadata.name]) {
      const before = await scene.client(CONFIG_MAPS).get(name);
      const error = await failureOf(resources.apply([configMap(name, { a: 'mine' })]));
      expect(error).to.include({ name: 'TerminalError' });
      expect(error.message).to.equal(`ConfigMap ${name} is there already, and belongs to somebody else`);
      expect(await removed(resources)).to.equal(true);
      expect(await scene.client(CONFIG_MAPS).get(name)).to.deep.equal(before);
    }
  });

  it('are told as drifted when they are edited or deleted, and are put back', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const manifests = [configMap(name, { a: '1', b: '2' })];
    const resources = scene.resourcesOf(instance);
    await resources.apply(manifests);
    const maps = scene.client(CONFIG_MAPS);
    scene.woken = [];
    await edit(maps, name, (found) => ({ ...found, data: { a: 'x', c: '3' } }));
    expect(await drifted(resources, manifests)).to.deep.equal([
      `ConfigMap ${name} differs in data.a, data.b`,
    ]);
    expect(scene.woken).to.include(name);
    await resources.apply(manifests);
    expect(await maps.get(name)).to.deep.include({ data: { a: '1', b: '2', c: '3' } });
    expect(await resources.drift(manifests)).to.deep.equal([]);
    scene.woken = [];
    await maps.delete(name);
    expect(await drifted(resources, manifests)).to.deep.equal([`ConfigMap ${name} is missing`]);
    expect(scene.woken).to.include(name);
    await resources.apply(manifests);
    expect(await resources.drift(manifests)).to.deep.equal([]);
  });

  it('wake their owner from the begin of a term, before anybody asks for them', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    await scene.resourcesOf(instance).apply([configMap(name)]);
    scene.reset();
    scene.newTerm();
    const maps = scene.client(CONFIG_MAPS);
    const isWoken = (): Promise<boolean> =>
      eventually(
        () => Promise.resolve(scene.woken.includes(name)),
        (woken) => woken,
      );
    expect(await isWoken()).to.equal(true, 'by what is there');
    scene.woken = [];
    await edit(maps, name, (found) => ({ ...found, data: {} }));
    expect(await isWoken()).to.equal(true, 'by the change');
  });

  it('are the instance’s own still when they lose their labels, and get them back', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const manifests = [configMap(name)];
    const resources = scene.resourcesOf(instance);
    await resources.apply(manifests);
    const maps = scene.client(CONFIG_MAPS);
    await edit(maps, name, (found) => ({ ...found, metadata: { ...found.metadata, labels: {} } }));
    const [told] = await drifted(resources, manifests);
    expect(told).to.include(`ConfigMap ${name} differs in metadata.labels`);
    await resources.apply(manifests);
    expect(await scene.labelled(CONFIG_MAPS, name)).to.deep.equal([name]);
    expect(await resources.list()).to.have.length(1);
  });

  it('are made anew only when they are gone, and keep no others waiting', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const manifests = [configMap(name), account(name)];
    const resources = scene.resourcesOf(instance);
    await resources.apply(manifests);
    const maps = scene.client(CONFIG_MAPS);
    const hold = (finalizers: string[]) =>
      edit(maps, name, (found) => ({ ...found, metadata: { ...found.metadata, finalizers } }));
    await hold(['example.org/hold']);
    await maps.delete(name);
    await scene.client(ACCOUNTS).delete(name);
    await eventually(
      () => resources.drift(manifests),
      (told) => told.length === 2,
    );
    const error = await failureOf(resources.apply(manifests));
    expect(error.message).to.equal(`ConfigMap ${name} is still being deleted`);
    expect(await resources.drift(manifests)).to.deep.equal([`ConfigMap ${name} is being deleted`]);
    await hold([]);
    await eventually(
      () => resources.drift(manifests),
      ([told]) => told === `ConfigMap ${name} is missing`,
    );
    await resources.apply(manifests);
    expect(await resources.drift(manifests)).to.deep.equal([]);
  });

  it('may be those of others, too, which are listed and removed but never pruned', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const resources = scene.resourcesOf(instance);
    await resources.apply([account(name)], { also: [{ apiVersion: 'v1', kind: 'ConfigMap' }] });
    await scene.client(CONFIG_MAPS).create(configMap(`${name}-made`, {}, { labels: resources.labels }));
    const { labels, annotations, ownerReferences } = (await scene.client(ACCOUNTS).get(name))!.metadata;
    await scene.client(ACCOUNTS).create(account(`${name}-copy`, { labels, annotations, ownerReferences }));
    const all = await eventually(
      async () => namesOf(await resources.list()),
      ({ length }) => length === 3,
    );
    const others = [`ConfigMap ${name}-made`, `ServiceAccount ${name}-copy`];
    expect(all).to.deep.equal([others[0], `ServiceAccount ${name}`, others[1]]);
    await resources.apply([]);
    expect(namesOf(await resources.list())).to.deep.equal(others);
    expect(await scene.resourcesOf(instance).remove()).to.equal(false, 'they may be making more');
    scene.woken = [];
    await eventually(
      () => Promise.resolve(scene.woken),
      (names) => names.includes(name),
    );
    expect(await removed(resources)).to.equal(true);
    expect([
      ...(await scene.labelled(CONFIG_MAPS, name)),
      ...(await scene.labelled(ACCOUNTS, name)),
    ]).to.deep.equal([]);
  });

  it('of a binding are apart from those of its instance, and go with it', async () => {
    const instance = await scene.createInstance();
    const binding = await scene.createBinding(instance.metadata.name);
    const { name } = instance.metadata;
    const objects = scene.newTerm();
    const ofInstance = objects.forInstance(instance, scene.signal);
    const ofBinding = objects.forBinding(binding, instance, scene.signal);
    await ofInstance.apply([configMap(`${name}-i`)]);
    scene.woken = [];
    await ofBinding.apply([configMap(`${name}-b`)]);
    expect(scene.woken).to.include(binding.metadata.name);
    expect(namesOf(await ofInstance.list())).to.deep.equal([`ConfigMap ${name}-i`]);
    expect(namesOf(await ofBinding.list())).to.deep.equal([`ConfigMap ${name}-b`]);
    const stored = await scene.client(CONFIG_MAPS).get(`${name}-b`);
    expect(stored?.metadata.ownerReferences?.[0]).to.include({ kind: 'ServiceBinding' });
    await ofInstance.apply([]);
    await ofBinding.apply([configMap(`${name}-b2`)]);
    expect(await scene.labelled(CONFIG_MAPS, name)).to.deep.equal([`${name}-b2`]);
    expect(await removed(ofBinding)).to.equal(true);
    expect(await scene.labelled(CONFIG_MAPS, name)).to.deep.equal([]);
    await ofBinding.apply([configMap(`${name}-b3`)]);
    expect(await removed(ofInstance)).to.equal(true);
    expect(await scene.labelled(CONFIG_MAPS, name)).to.deep.equal([]);
  });

  it('may be in a namespace of their own, apart from another broker’s instance of the same name', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const space = `${scene.cluster.namespace}-${unique()}`;
    const manifests = [namespaceObject(space), configMap('web', { a: '1' }, { namespace: space })];
    const resources = scene.resourcesOf(instance);
    await resources.apply(manifests, { also: [{ apiVersion: 'v1', kind: 'ServiceAccount' }] });
    expect(namesOf(await resources.list())).to.deep.equal(['ConfigMap web', `Namespace ${space}`]);
    const elsewhere = scene.client(CONFIG_MAPS, space);
    expect((await elsewhere.get('web'))?.metadata.ownerReferences).to.equal(undefined);
    const other = scene
      .newTerm({ namespace: `${scene.cluster.namespace}-other` })
      .forInstance(instance, scene.signal);
    expect(await other.list()).to.deep.equal([]);
    expect(await other.remove()).to.equal(true);
    scene.woken = [];
    await edit(elsewhere, 'web', (found) => ({ ...found, data: { a: '2' } }));
    const told = await drifted(resources, manifests);
    expect(told).to.deep.equal([`ConfigMap web in the namespace ${space} differs in data.a`]);
    expect(scene.woken).to.include(name);
    await scene.resourcesOf(instance).apply(manifests);
    expect(await resources.drift(manifests)).to.deep.equal([]);
    expect(await removed(scene.resourcesOf(instance))).to.equal(true);
    expect(await createResourceClient(scene.config, NAMESPACES, '').get(space)).to.equal(undefined);
  });

  it('may be of a custom kind, whose definition may go before them', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const group = `g${unique()}.example.org`;
    const definitions = createResourceClient<KubeObject>(scene.config, DEFINITIONS, '');
    const widget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name }, spec: { size: 3 } };
    const resources = scene.resourcesOf(instance);
    const missing = `there is no kind Widget in ${group}/v1: is its definition installed?`;
    expect((await failureOf(resources.apply([widget]))).message).to.equal(missing);
    expect(await scene.newTerm().missingRights([widget])).to.deep.equal([missing]);
    await definitions.create(widgetDefinition(group));
    const widgets = scene.client({ group, version: 'v1', kind: 'Widget', plural: 'widgets' });
    await eventually(
      () => resources.apply([widget]).catch(() => undefined),
      () => scene.requests.includes('patch Widget 201'),
    );
    expect(await widgets.get(name)).to.deep.include({ spec: { size: 3 } });
    await edit(widgets, name, (found) => ({ ...found, spec: { size: 4 } }));
    const told = await drifted(resources, [widget]);
    expect(told).to.deep.equal([`Widget ${name} differs in spec.size`]);
    await definitions.delete(`widgets.${group}`);
    await eventually(
      () => scene.newTerm().missingRights([widget]),
      ({ length }) => length > 0,
    );
    expect(await removed(resources)).to.equal(true);
    expect(await scene.resourcesOf(instance).remove()).to.equal(true);
  });

  it('are written by nobody who leads no more, or whose call is over', async () => {
    const instance = await scene.createInstance();
    const { name } = instance.metadata;
    const objects = scene.newTerm();
    await objects.forInstance(instance, scene.signal).apply([configMap(name)]);
    const over = AbortSignal.abort(new Error('the call is over'));
    const change = [configMap(name, { a: '2' })];
    expect((await failureOf(objects.forInstance(instance, over).apply(change))).message).to.include(
      'is over',
    );
    scene.writesLeft = 0;
    const resources = objects.forInstance(instance, scene.signal);
    expect((await failureOf(resources.apply(change))).message).to.equal('leads no more');
    expect((await failureOf(resources.remove())).message).to.equal('leads no more');
    expect(await scene.client(CONFIG_MAPS).get(name)).to.deep.include({ data: { a: '1' } });
  });

  it('are as they were asked for last, wherever the work before was cut off', async () => {
    const made = async (name: string): Promise<string[]> => [
      ...(await scene.labelled(CONFIG_MAPS, name)),
      ...(await scene.labelled(ACCOUNTS, name)),
      ...(await scene.labelled(SECRETS, name)),
    ];
    for (let writes = 0; writes < 7; writes++) {
      const instance = await scene.createInstance();
      const { name } = instance.metadata;
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: `${name}-c` } };
      const wanted = [configMap(`${name}-both`, { a: '3' }), secret];
      await scene.resourcesOf(instance).apply([configMap(`${name}-a`), configMap(`${name}-both`)]);
      scene.writesLeft = writes;
      const cut = [account(`${name}-b`), configMap(`${name}-both`, { a: '2' })];
      await scene
        .resourcesOf(instance)
        .apply(cut)
        .catch(() => undefined);
      scene.writesLeft = Infinity;
      const resources = scene.resourcesOf(instance);
      await resources.apply(wanted);
      expect(await made(name), `after ${writes} writes`).to.deep.equal([`${name}-both`, `${name}-c`]);
      expect(await resources.drift(wanted)).to.deep.equal([]);
      scene.writesLeft = writes;
      await scene
        .resourcesOf(instance)
        .remove()
        .catch(() => undefined);
      scene.writesLeft = Infinity;
      expect(await removed(scene.resourcesOf(instance))).to.equal(true);
      expect(await made(name)).to.deep.equal([]);
      scene.reset();
    }
  });

  it('go with an instance that is removed by force', async () => {
    const instance = await scene.createInstance();
    const { name, uid } = instance.metadata;
    const objects = scene.newTerm();
    await objects.forInstance(instance, scene.signal).apply([configMap(name)]);
    await scene.client(INSTANCES).delete(name, { uid: uid! });
    await eventually(
      () => scene.client(SECRETS).get(`instance-kept-${name}`),
      (found) => found === undefined,
    );
    await eventually(
      () => scene.labelled(CONFIG_MAPS, name),
      ({ length }) => length === 0,
    );
    const gone = { ...instance, metadata: { name } };
    expect(await removed(objects.forInstance(gone, scene.signal))).to.equal(true);
  });
});

const widgetDefinition = (group: string): KubeObject & { spec: object } => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});
