// A store against an API server: what it shows in the end is what is there, whatever befell its lists and watches.
import { expect } from 'chai';
import { KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { KubeObject, ResourceClient, ResourceType } from '../../src/sdk/kube/types.js';
import { type Clock, systemClock } from '../../src/sdk/runtime/clock.js';
import { ResourceStore } from '../../src/sdk/runtime/resource-store.js';
import { createLog } from '../../src/sdk/telemetry/log.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { type Exchange, isWatch, startProxy } from '../support/proxy.js';

const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
/** Far longer than anything takes: only a test that fails waits for so long. */
const PATIENCE_MS = 20_000;

const configMap = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { test: 'reflector', ...labels } },
});

/** The watchdog of a watch does not bite by itself: the test says when it has waited for long enough. */
class PatientClock implements Clock {
  readonly #long = new Set<() => void>();
  now = (): number => systemClock.now();
  monotonic = (): number => systemClock.monotonic();

  after(ms: number, fn: () => void, options?: { background?: boolean }): () => void {
    if (ms < 60_000) return systemClock.after(ms, fn, options);
    this.#long.add(fn);
    return () => this.#long.delete(fn);
  }

  get isWaiting(): boolean {
    return this.#long.size > 0;
  }

  skip(): void {
    for (const fn of [...this.#long]) fn();
  }
}

describe('a store that follows an API server', () => {
  let cluster: TestCluster;
  let config: ClusterConfig;
  let admin: ResourceClient<KubeObject>;
  let stop: AbortController;
  let clock: PatientClock;
  before(async () => {
    cluster = await openCluster();
    config = cluster.config();
    admin = createResourceClient(config, CONFIG_MAPS, cluster.namespace);
  });
  after(async () => {
    await config.close();
    await cluster.close();
  });
  beforeEach(() => {
    stop = new AbortController();
    clock = new PatientClock();
  });
  afterEach(async () => {
    stop.abort();
    for (const { metadata } of (await admin.list({ labelSelector: 'test=reflector' })).items) {
      await admin.delete(metadata.name);
    }
  });

  const follow = (client: ResourceClient<KubeObject>): ResourceStore<KubeObject> => {
    const log = createLog({ level: 'error', format: 'json' });
    const store = new ResourceStore({ client, log, clock, random: () => 0, labelSelector: 'test=reflector' });
    store.start(stop.signal);
    return store;
  };
  const shows = async (store: ResourceStore<KubeObject>, name: string): Promise<void> => {
    const isThere = (object: unknown): boolean => object !== undefined;
    expect((await store.waitFor(name, isThere, { timeoutMs: PATIENCE_MS })).met, name).to.equal(true);
  };
  const states = (objects: readonly Readonly<KubeObject>[]): string[] =>
    objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
  const expectTruth = async (store: ResourceStore<KubeObject>): Promise<void> => {
    await admin.create(configMap('last'));
    await shows(store, 'last');
    const { items } = await admin.list({ labelSelector: 'test=reflector' });
    expect(states(store.list())).to.deep.equal(states(items));
  };

  it('misses nothing while its watches are cut, over and over', async () => {
    const watches = new Set<Exchange>();
    const proxy = await startProxy(cluster, async (exchange) => {
      if (isWatch(exchange.what)) watches.add(exchange);
      await exchange.forward();
    });
    const through = proxy.cluster.config();
    const store = follow(createResourceClient(through, CONFIG_MAPS, cluster.namespace));
    await store.synced;
    for (let round = 0; round < 10; round++) {
      await admin.create(configMap(`web-${round}`));
      const made = await admin.create(configMap(`db-${round}`));
      for (const exchange of watches) exchange.drop();
      watches.clear();
      await admin.replace({ ...made, metadata: { ...made.metadata, annotations: { round: `${round}` } } });
      if (round > 0) await admin.delete(`web-${round - 1}`);
    }
    await expectTruth(store);
    stop.abort();
    await through.close();
    await proxy.close();
  });

  it('is complete when objects come and go between the pages of its list', async () => {
    for (let i = 0; i < 7; i++) await admin.create(configMap(`page-${i}`));
    let pages = 0;
    const store = follow({
      ...clientLike(admin),
      list: async (options) => {
        const page = await admin.list({ ...options, limit: 3 });
        pages++;
        await admin.create(configMap(`between-${pages}`));
        await admin.delete(`page-${7 - pages}`);
        return page;
      },
    });
    await expectTruth(store);
    expect(pages).to.be.at.least(3);
  });

  for (const [name, version] of [
    ['too old', '1'],
    ['yet to come', '99999999999'],
  ] as const) {
    it(`lists anew when the version to watch from is ${name}`, async () => {
      await admin.create(configMap('first'));
      let lists = 0;
      const store = follow({
        ...clientLike(admin),
        list: async (options) => {
          const page = await admin.list(options);
          return lists++ === 0 ? { ...page, items: [], resourceVersion: version } : page;
        },
      });
      await store.synced;
      while (!clock.isWaiting) await new Promise((resolve) => setTimeout(resolve, 10));
      if (version !== '1') clock.skip();
      await shows(store, 'first');
      await expectTruth(store);
    });
  }

  it('is refreshed by what was stored before, with a watch that says nothing', async () => {
    const store = follow({ ...clientLike(admin), watch: () => new Promise(() => undefined) });
    await store.synced;
    await admin.create(configMap('quiet'));
    expect(store.get('quiet')).to.equal(undefined);
    await store.refresh();
    expect(states(store.list())).to.deep.equal(
      states((await admin.list({ labelSelector: 'test=reflector' })).items),
    );
  });

  it('takes no record of who manages which field, and takes none from others by a replace', async () => {
    const api = KubernetesObjectApi.makeApiClient(config);
    const { namespace } = cluster;
    const [apiVersion, kind, labels] = ['v1', 'ConfigMap', { test: 'reflector' }];
    const applied = { apiVersion, kind, metadata: { name: 'managed', namespace, labels }, data: { a: 'b' } };
    await api.patch(applied, undefined, undefined, 'someone-else', true, PatchStrategy.ServerSideApply);
    const store = follow(admin);
    await shows(store, 'managed');
    const shown = store.get('managed')!;
    expect(shown.metadata).to.not.have.property('managedFields');
    const { metadata } = shown;
    await store.replace({ ...shown, metadata: { ...metadata, annotations: { seen: 'true' } } });
    const stored = await api.read({ apiVersion, kind, metadata: { name: 'managed', namespace } });
    const managers = stored.metadata?.managedFields?.map(({ manager }) => manager);
    expect(managers).to.have.length(2).that.includes('someone-else');
  });
});

/** Its methods stand on a prototype, where a spread does not find them. */
function clientLike(client: ResourceClient<KubeObject>): ResourceClient<KubeObject> {
  return {
    type: client.type,
    namespace: client.namespace,
    get: (name) => client.get(name),
    list: (options) => client.list(options),
    create: (object) => client.create(object),
    replace: (object) => client.replace(object),
    replaceStatus: (object) => client.replaceStatus(object),
    delete: (name, options) => client.delete(name, options),
    watch: (options, onEvent) => client.watch(options, onEvent),
  };
}
