import { expect } from 'chai';
import type { JsonObject } from '../../sdk/index.js';
import { kindsMadeFrom, OPERATION, renderManifests, type Rendering } from './manifests.js';

const rendering: Rendering = {
  scope: { instance: { name: 'i' }, parameters: { on: false } },
  labels: { owner: 'i' },
  namespace: undefined,
  operationId: 'o-1',
  field: 'manifests',
};
const rendered = (manifest: JsonObject, more: Partial<Rendering> = {}): unknown =>
  renderManifests([manifest], { ...rendering, ...more })[0];

const containers = [{ name: 'main' }];
const metadata = { name: 'i' };
const labelled = { metadata: { labels: { owner: 'i' } } };

describe('a manifest', () => {
  it('labels the Pods and the claims that others make of it, and keeps their own labels', () => {
    const manifest = {
      ...{ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata },
      spec: {
        template: { metadata: { labels: { app: 'a' }, annotations: { b: 'c' } }, spec: { containers } },
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }],
      },
    };
    expect(rendered(manifest)).to.deep.equal({
      ...manifest,
      spec: {
        template: {
          metadata: { labels: { app: 'a', owner: 'i' }, annotations: { b: 'c' } },
          spec: { containers },
        },
        volumeClaimTemplates: [{ metadata: { name: 'data', labels: { owner: 'i' } }, spec: {} }],
      },
    });
    expect(kindsMadeFrom([manifest]).map(({ kind }) => kind)).to.deep.equal(['Pod', 'PersistentVolumeClaim']);
  });

  it('labels the Pods of a CronJob, and not its Jobs', () => {
    const manifest = {
      ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata },
      spec: { jobTemplate: { spec: { template: { spec: { containers } } } } },
    };
    expect(rendered(manifest)).to.deep.equal({
      ...manifest,
      spec: { jobTemplate: { spec: { template: { ...labelled, spec: { containers } } } } },
    });
  });

  it('has no Pods where its template is of something else', () => {
    const manifest = {
      apiVersion: 'example.com/v1',
      kind: 'Set',
      metadata,
      spec: { template: { spec: { size: 1 } } },
    };
    expect(rendered(manifest)).to.deep.equal(manifest);
    expect(kindsMadeFrom([manifest])).to.deep.equal([]);
  });

  it('is in the namespace of the instance where the plan says so', () => {
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    expect(rendered(manifest)).to.deep.equal(manifest);
    expect(rendered(manifest, { namespace: 'own' })).to.have.deep.property('metadata', {
      name: 'i',
      namespace: 'own',
    });
  });

  it('tells for which operation a Job was made', () => {
    const manifest = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { ...metadata, annotations: { a: 'b' } },
    };
    expect(rendered(manifest)).to.have.deep.nested.property('metadata.annotations', {
      a: 'b',
      [OPERATION]: 'o-1',
    });
  });

  it('is left out as a whole by its condition', () => {
    expect(rendered({ $if: 'parameters.on', apiVersion: 'v1', kind: 'ConfigMap', metadata })).to.equal(
      undefined,
    );
  });

  it('must come to a name', () => {
    for (const name of ['{{ parameters.on }}', "{{ '' }}"]) {
      expect(() => rendered({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })).to.throw(
        'manifests, a ConfigMap: metadata.name must be text',
      );
    }
  });
});
