import { expect } from 'chai';
import type { Manifest } from '../authoring/owned-resources.js';
import type { Discovery, DiscoveredType } from '../kube/discovery.js';
import { annotationsOf, labelsOf, type Owner } from './owner.js';
import { refuseTwins, targetOf, usedKinds } from './target.js';

const reference = {
  apiVersion: 'sdkbroker.broker.io/v1alpha1',
  kind: 'ServiceInstance',
  name: 'i',
  uid: 'u',
};
const OWNER: Owner = { instance: 'i', namespace: 'home', reference };

/** Of all kinds, Namespace alone is in none. */
const discovery = {
  typeOf: async ({ apiVersion, kind }) => {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const type: DiscoveredType = { group, version, kind, plural: 'x', namespaced: kind !== 'Namespace' };
    return Promise.resolve(type);
  },
} as Pick<Discovery, 'typeOf'> as Discovery;

const manifest = (kind: string, more: object = {}, fields: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'web', ...more },
  ...fields,
});
const target = (...given: Parameters<typeof manifest>) => targetOf(discovery, OWNER, manifest(...given));

describe('a manifest that is to be applied', () => {
  it('gets the labels of its owner over its own, and a reference in the broker’s namespace', async () => {
    const labels = { app: 'web', 'sdkbroker.broker.io/instance': 'other' };
    const { object, elsewhere, key, words } = await target('ConfigMap', { labels, annotations: { a: '1' } });
    expect(object.metadata).to.deep.equal({
      name: 'web',
      namespace: 'home',
      labels: { app: 'web', ...labelsOf(OWNER) },
      annotations: { a: '1', ...annotationsOf(OWNER, 'ConfigMap/home/web') },
      ownerReferences: [reference],
    });
    expect({ elsewhere, key, words }).to.deep.equal({ elsewhere: false, key: 'web', words: 'ConfigMap web' });
  });

  it('has no reference elsewhere, where the owner’s resource is not', async () => {
    const there = await target('ConfigMap', { namespace: 'there' });
    expect(there.object.metadata).to.not.have.property('ownerReferences');
    expect(there).to.include({ elsewhere: true, key: 'there/web' });
    expect(there.words).to.equal('ConfigMap web in the namespace there');
    const space = await target('Namespace');
    expect(space.object.metadata).to.not.have.any.keys('ownerReferences', 'namespace');
    expect(space).to.include({ elsewhere: true, key: 'web', words: 'Namespace web' });
  });

  it('has its stringData in data, and the protocol of its ports', async () => {
    const secret = await target('Secret', {}, { stringData: { a: 'x' }, data: { b: 'eQ==' } });
    expect(secret.object).to.not.have.property('stringData');
    expect(secret.object).to.deep.include({ data: { a: 'eA==', b: 'eQ==' } });
    const service = await target(
      'Service',
      {},
      { spec: { ports: [{ port: 1 }, { port: 2, protocol: 'UDP' }] } },
    );
    const ports = [
      { port: 1, protocol: 'TCP' },
      { port: 2, protocol: 'UDP' },
    ];
    expect(service.object).to.deep.include({ spec: { ports } });
    const spec = { ports: [{ port: 1 }] };
    const custom = await targetOf(discovery, OWNER, { ...manifest('Widget'), apiVersion: 'x.io/v1', spec });
    expect(custom.object).to.deep.include({ spec });
  });

  it('is named once', async () => {
    const pair = [await target('ConfigMap'), await target('ConfigMap', { namespace: 'home' })];
    expect(() => refuseTwins(pair)).to.throw('ConfigMap web is named twice');
    refuseTwins([
      await target('ConfigMap'),
      await target('Secret'),
      await target('Secret', { namespace: 'x' }),
    ]);
  });

  it('goes on record by its kind and where it is, with what others make of it there', async () => {
    const pods = { apiVersion: 'v1', kind: 'Pod' };
    const spaces = [await target('Namespace'), await target('ConfigMap', { namespace: 'there' })];
    expect(await usedKinds(discovery, spaces, [pods])).to.deep.equal([
      { apiVersion: 'v1', kind: 'Namespace', elsewhere: true },
      { apiVersion: 'v1', kind: 'ConfigMap', elsewhere: true },
      { ...pods, elsewhere: true, byOthers: true },
    ]);
    expect(await usedKinds(discovery, [await target('ConfigMap')], [pods])).to.deep.equal([
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { ...pods, byOthers: true },
    ]);
  });
});
