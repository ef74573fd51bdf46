// The Kubernetes client for JavaScript against the embedded server, unchanged.
import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { ApiextensionsV1Api, loadYaml, type V1CustomResourceDefinition } from '@kubernetes/client-node';
import { startLocalApiServer, type LocalApiServer } from '../../src/sdk/local/index.js';

const definition = loadYaml<V1CustomResourceDefinition>(
  readFileSync(new URL('../../crds/servicebindings.yaml', import.meta.url), 'utf8'),
);

const where = {
  group: 'sdkbroker.broker.io',
  version: 'v1alpha1',
  namespace: 'default',
  plural: 'servicebindings',
};

const binding = (name: string) => ({
  apiVersion: 'sdkbroker.broker.io/v1alpha1',
  kind: 'ServiceBinding',
  metadata: { name },
  spec: { instanceRef: { name: 'i' } },
});

describe('client-node against the embedded server', () => {
  let server: LocalApiServer;
  let config: KubeConfig;

  before(async () => {
    server = await startLocalApiServer();
    config = new KubeConfig();
    config.loadFromString(server.kubeconfig());
    await config.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({ body: definition });
  });

  after(() => server.close());

  it('creates, reads, replaces, patches and deletes custom objects', async () => {
    const api = config.makeApiClient(CustomObjectsApi);
    const made = (await api.createNamespacedCustomObject({ ...where, body: binding('crud') })) as {
      metadata: object;
    };
    const named = { ...where, name: 'crud' };
    expect(await api.getNamespacedCustomObject(named)).to.deep.equal(made);
    const body = { ...made, spec: { instanceRef: { name: 'j' } } };
    const replaced = (await api.replaceNamespacedCustomObject({ ...named, body })) as typeof body;
    expect(replaced.spec.instanceRef.name).to.equal('j');
    const stale = await api
      .replaceNamespacedCustomObject({ ...named, body })
      .catch((error: unknown) => error);
    expect(stale).to.include({ code: 409 });
    const patched = (await api.patchNamespacedCustomObjectStatus(
      { ...named, body: { status: { observedGeneration: 2 } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )) as { status: object };
    expect(patched.status).to.deep.equal({ observedGeneration: 2 });
    const { items } = (await api.listNamespacedCustomObject(where)) as { items: object[] };
    expect(items).to.have.length(1);
    await api.deleteNamespacedCustomObject(named);
    const gone = await api.getNamespacedCustomObject(named).catch((error: unknown) => error);
    expect(gone).to.include({ code: 404 });
  });

  it('handles secrets with its types', async () => {
    const api = config.makeApiClient(CoreV1Api);
    const body = { metadata: { name: 'typed' }, stringData: { a: 'b' } };
    const made = await api.createNamespacedSecret({ namespace: 'default', body });
    expect(made.data).to.deep.equal({ a: 'Yg==' });
    expect(made.metadata?.creationTimestamp).to.be.instanceOf(Date);
    await api.replaceNamespacedSecret({ name: 'typed', namespace: 'default', body: made });
    const { items } = await api.listNamespacedSecret({ namespace: 'default' });
    expect(items.map((item) => item.metadata?.name)).to.deep.equal(['typed']);
    const status = await api.deleteNamespacedSecret({ name: 'typed', namespace: 'default' });
    expect(status.status).to.equal('Success');
  });

  it('watches', async () => {
    const api = config.makeApiClient(CustomObjectsApi);
    const path = '/apis/sdkbroker.broker.io/v1alpha1/namespaces/default/servicebindings';
    const seen: string[] = [];
    let ended: (error: unknown) => void;
    const end = new Promise((resolve) => (ended = resolve));
    const deleted = new Promise<void>((resolve) => {
      const onEvent = (type: string, object: { metadata: { name: string } }) => {
        seen.push(`${type} ${object.metadata.name}`);
        if (type === 'DELETED') resolve();
      };
      void new Watch(config)
        .watch(path, {}, onEvent, (error) => ended(error))
        .then(async (stop) => {
          await api.createNamespacedCustomObject({ ...where, body: binding('seen') });
          await api.deleteNamespacedCustomObject({ ...where, name: 'seen' });
          await deleted;
          stop.abort();
        });
    });
    await deleted;
    await end;
    expect(seen).to.deep.equal(['ADDED seen', 'DELETED seen']);
  });
});
