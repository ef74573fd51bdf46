import { expect } from 'chai';
import type { KubeObject } from '../kube/types.js';
import {
  annotationsOf,
  identityOf,
  isApplied,
  isOurs,
  isOwn,
  isUnder,
  labelsOf,
  type Owner,
} from './owner.js';

const INSTANCE: Owner = { instance: 'i', namespace: 'home' };
const BINDING: Owner = { ...INSTANCE, binding: 'b' };
const TYPE = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' };

const object = (owner: Owner | undefined, metadata: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'home', ...(owner ? { labels: labelsOf(owner) } : {}), ...metadata },
});

describe('whose an object is', () => {
  it('is told by its labels: of an instance without its bindings, or with them', () => {
    expect([isOwn(INSTANCE, object(INSTANCE)), isUnder(INSTANCE, object(INSTANCE))]).to.deep.equal([
      true,
      true,
    ]);
    expect([isOwn(INSTANCE, object(BINDING)), isUnder(INSTANCE, object(BINDING))]).to.deep.equal([
      false,
      true,
    ]);
    expect([isOwn(BINDING, object(BINDING)), isOwn(BINDING, object(INSTANCE))]).to.deep.equal([true, false]);
    const others = [undefined, { ...INSTANCE, instance: 'other' }, { ...BINDING, binding: 'other' }];
    for (const other of others) expect(isUnder(BINDING, object(other))).to.equal(false);
  });

  it('is told by the broker’s namespace, too, outside of that', () => {
    const labels = { 'sdkbroker.broker.io/instance': 'i' };
    expect(isOwn(INSTANCE, object(undefined, { labels }))).to.equal(true);
    expect(isOwn(INSTANCE, object(undefined, { labels, namespace: 'elsewhere' }))).to.equal(false);
    expect(isOwn(INSTANCE, object(INSTANCE, { namespace: 'elsewhere' }))).to.equal(true);
    const another = object({ ...INSTANCE, namespace: 'another' }, { namespace: 'elsewhere' });
    expect(isOwn(INSTANCE, another)).to.equal(false);
  });

  it('is told by its annotation where the labels were lost, and of no copy', () => {
    const annotations = annotationsOf(INSTANCE, identityOf(TYPE, object(INSTANCE).metadata));
    const ours = (metadata: object, owner = INSTANCE, type = TYPE): boolean =>
      isOurs(owner, type, object(undefined, { annotations, ...metadata }));
    expect(ours({})).to.equal(true);
    expect(ours({ name: 'copy' })).to.equal(false);
    expect(ours({ namespace: 'elsewhere' })).to.equal(false);
    expect(ours({ annotations: {} })).to.equal(false);
    expect(ours({}, BINDING)).to.equal(false);
    expect(ours({}, { ...INSTANCE, namespace: 'another' })).to.equal(false);
    expect(ours({}, INSTANCE, { ...TYPE, group: 'example.org' })).to.equal(false);
  });

  it('makes a difference between what was applied and what a controller made of it', () => {
    const annotations = annotationsOf(BINDING, identityOf(TYPE, object(BINDING).metadata));
    expect(isApplied(TYPE, object(BINDING, { annotations }))).to.equal(true);
    expect(isApplied({ ...TYPE, version: 'v2' }, object(BINDING, { annotations }))).to.equal(true);
    expect(isApplied(TYPE, object(BINDING))).to.equal(false);
    expect(isApplied(TYPE, object(BINDING, { annotations, name: 'web-5d4f' }))).to.equal(false);
    expect(isApplied({ ...TYPE, kind: 'ReplicaSet' }, object(BINDING, { annotations }))).to.equal(false);
  });
});
