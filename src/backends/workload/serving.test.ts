import { expect } from 'chai';
import type { OwnedObject } from '../../sdk/index.js';
import { isServing } from './serving.js';

const object = (kind: string, fields: object): OwnedObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'a' },
  ...fields,
});

describe('an instance goes on serving', () => {
  it('while each of its workloads has a ready Pod', () => {
    const half = object('Deployment', { spec: { replicas: 2 }, status: { readyReplicas: 1 } });
    expect(isServing([half])).to.equal(true);
    expect(isServing([object('DaemonSet', { status: { numberReady: 1 } })])).to.equal(true);
    expect(isServing([half, object('StatefulSet', { spec: { replicas: 1 }, status: {} })])).to.equal(false);
    expect(isServing([half, object('StatefulSet', {})])).to.equal(false);
  });

  it('where it has none, or is to have no Pods', () => {
    expect(isServing([object('ConfigMap', {})])).to.equal(true);
    expect(isServing([object('Deployment', { spec: { replicas: 0 } })])).to.equal(true);
  });
});
