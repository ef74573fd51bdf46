import { expect } from 'chai';
import type { Manifest, OwnedObject } from '../../sdk/index.js';
import { readinessOf } from './readiness.js';

/** An object as the API server has it, and seen by its controller. */
const object = (kind: string, fields: object = {}): OwnedObject => ({
  apiVersion: /^(Pod|Service|PersistentVolumeClaim)$/.test(kind) ? 'v1' : 'apps/v1',
  kind,
  metadata: { name: 'web', generation: 2, namespace: 'here' },
  ...fields,
});

const READY_POD = { conditions: [{ type: 'Ready', status: 'True' }] };
const deployment = (
  status: object = { updatedReplicas: 1, replicas: 1, availableReplicas: 1 },
): OwnedObject =>
  object('Deployment', { spec: { replicas: 1 }, status: { observedGeneration: 2, ...status } });
const servedPod = (status: object = READY_POD): OwnedObject =>
  object('Pod', {
    metadata: { name: 'web-1', namespace: 'here', labels: { app: 'web', more: 'x' } },
    status,
  });

const manifest = (kind: string, spec: object = {}, apiVersion = 'apps/v1'): Manifest => ({
  apiVersion,
  kind,
  metadata: { name: 'web' },
  spec,
});

describe('readiness', () => {
  it('is given where all manifests are ready', () => {
    const manifests = [manifest('Deployment'), manifest('ConfigMap', {}, 'v1')];
    const objects = [deployment(), { ...object('ConfigMap'), apiVersion: 'v1' }];
    expect(readinessOf(objects, manifests)).to.deep.equal({ state: 'ready' });
  });

  it('waits for an object that is not there yet, or that is on its way out', () => {
    const being = (objects: OwnedObject[]) => readinessOf(objects, [manifest('Deployment')]);
    expect(being([])).to.deep.equal({ state: 'progressing', text: 'Deployment web is being made' });
    const leaving = deployment();
    leaving.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(being([leaving])).to.deep.equal({ state: 'progressing', text: 'Deployment web is being removed' });
  });

  it('knows objects by group, kind and name, and by the namespace where one is wanted', () => {
    const foreign = { ...deployment(), apiVersion: 'other.example/v1' };
    expect(readinessOf([foreign], [manifest('Deployment')]).state).to.equal('progressing');
    const elsewhere = { ...manifest('Deployment'), metadata: { name: 'web', namespace: 'elsewhere' } };
    expect(readinessOf([deployment()], [elsewhere]).state).to.equal('progressing');
    expect(readinessOf([deployment()], [manifest('Deployment', {}, 'apps/v1beta2')]).state).to.equal('ready');
  });

  it('tells of several objects by their names, and of one in its own words', () => {
    const two = [
      manifest('Deployment'),
      { ...manifest('StatefulSet'), metadata: { name: 'db' } },
      { ...manifest('StatefulSet'), metadata: { name: 'cache' } },
    ];
    const set = (name: string, replicas: number): OwnedObject => ({
      ...object('StatefulSet', { spec: { replicas }, status: { observedGeneration: 2 } }),
      metadata: { name, generation: 2 },
    });
    expect(readinessOf([deployment(), set('db', 3), set('cache', 1)], two)).to.deep.equal({
      state: 'progressing',
      text: 'StatefulSet db: 0 of 3 pods ready; StatefulSet cache: 0 of 1 pods ready',
    });
    expect(readinessOf([deployment(), set('db', 1), set('cache', 1)], two)).to.deep.equal({
      state: 'progressing',
      text: '0 of 1 pods ready',
    });
  });

  it('tells of pods rather than of what follows them', () => {
    const manifests = [manifest('Service', { selector: {} }, 'v1'), manifest('Deployment')];
    expect(readinessOf([object('Service', { spec: {} }), deployment({})], manifests)).to.deep.equal({
      state: 'progressing',
      text: '0 of 1 pods ready',
    });
  });

  it('tells what is in the way rather than what is still to come', () => {
    const failed = {
      ...object('Job', { status: { conditions: [{ type: 'Failed', status: 'True' }] } }),
      apiVersion: 'batch/v1',
    };
    const manifests = [manifest('Deployment'), manifest('Job', {}, 'batch/v1')];
    expect(readinessOf([deployment({}), failed], manifests)).to.deep.equal({
      state: 'stuck',
      text: 'the job web failed',
      isFinal: true,
    });
  });
});

describe('the readiness of a Service', () => {
  const service = (spec: object, status: object = {}): OwnedObject =>
    object('Service', { spec: { clusterIP: '10.0.0.1', ...spec }, status });
  const of = (made: OwnedObject, ...others: OwnedObject[]) =>
    readinessOf([deployment(), made, ...others], [manifest('Deployment'), manifest('Service', {}, 'v1')]);
  const selecting = service({ selector: { app: 'web' } });

  it('waits for its address', () => {
    const text = 'the Service web has no address yet';
    expect(of(service({ clusterIP: undefined }))).to.deep.equal({ state: 'progressing', text });
    expect(of(service({ type: 'LoadBalancer' }))).to.deep.equal({ state: 'progressing', text });
    const balanced = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
    expect(of(service({ type: 'LoadBalancer' }, balanced)).state).to.equal('ready');
    expect(of(service({ clusterIP: 'None' })).state).to.equal('ready');
    expect(of(service({ clusterIP: undefined, type: 'ExternalName' })).state).to.equal('ready');
  });

  it('waits for a ready pod behind it', () => {
    const text = 'no ready pod is behind the Service web';
    expect(of(selecting)).to.deep.equal({ state: 'progressing', text });
    expect(of(selecting, servedPod({}))).to.deep.equal({ state: 'progressing', text });
    expect(of(service({ selector: { app: 'other' } }), servedPod()).state).to.equal('progressing');
    const elsewhere = servedPod();
    elsewhere.metadata.namespace = 'elsewhere';
    expect(of(selecting, elsewhere).state).to.equal('progressing');
    expect(of(selecting, servedPod()).state).to.equal('ready');
  });

  it('does without one where it publishes those that are not ready, or where no pods are wanted', () => {
    expect(of(service({ selector: { app: 'web' }, publishNotReadyAddresses: true })).state).to.equal('ready');
    const manifests = [manifest('Deployment', { replicas: 0 }), manifest('Service', {}, 'v1')];
    const asleep = deployment({ updatedReplicas: 0 });
    asleep.spec = { replicas: 0 };
    expect(readinessOf([asleep, selecting], manifests).state).to.equal('ready');
  });
});

describe('the readiness of a claim', () => {
  const user = servedPod({});
  user.spec = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'web' } }] };
  const of = (phase: string, ...others: OwnedObject[]) => {
    const claim = object('PersistentVolumeClaim', { status: { phase } });
    return readinessOf([claim, ...others], [manifest('PersistentVolumeClaim', {}, 'v1')]);
  };

  it('is given once it is bound', () => {
    expect(of('Bound', user).state).to.equal('ready');
    expect(of('Pending', user)).to.deep.equal({
      state: 'progressing',
      text: 'the claim web has no volume yet',
    });
  });

  it('is not waited for where it waits for its first pod itself', () => {
    expect(of('Pending').state).to.equal('ready');
  });

  it('is out of reach where the volume is lost', () => {
    expect(of('Lost')).to.deep.equal({
      state: 'stuck',
      text: 'the volume of the claim web is lost',
      isFinal: true,
    });
  });
});

describe('the readiness of any kind', () => {
  const of = (status?: object) => {
    const made = { ...object('Certificate', { status }), apiVersion: 'certs.example/v1' };
    return readinessOf([made], [manifest('Certificate', {}, 'certs.example/v1')]);
  };

  it('is given where nothing says otherwise', () => {
    for (const status of [
      undefined,
      {},
      { conditions: 'none' },
      { conditions: [{ type: 'Synced', status: 'False' }] },
    ])
      expect(of(status).state, JSON.stringify(status)).to.equal('ready');
  });

  for (const type of ['Ready', 'Available']) {
    it(`follows its condition ${type}`, () => {
      expect(of({ conditions: [{ type, status: 'True' }] }).state).to.equal('ready');
      expect(of({ conditions: [{ type, status: 'False', message: 'no issuer' }] })).to.deep.equal({
        state: 'progressing',
        text: 'Certificate web is not ready yet: no issuer',
      });
    });
  }

  it('does not count where it is about an older version', () => {
    const text = 'the change is being taken up';
    const condition = { type: 'Ready', status: 'True' };
    for (const status of [
      { observedGeneration: 1, conditions: [condition] },
      { conditions: [{ ...condition, observedGeneration: 1 }] },
    ])
      expect(of(status)).to.deep.equal({ state: 'progressing', text });
    expect(of({ observedGeneration: 2, conditions: [condition] }).state).to.equal('ready');
  });
});

describe("a plan's own condition", () => {
  const PATH = '$.status.conditions[?(@.type=="Synced")].status';
  const made = object('Deployment', {
    status: { conditions: [{ type: 'Synced', status: 'True' }], count: 3 },
  });
  const of = (condition: object) =>
    readinessOf([made], [], [{ kind: 'Deployment', jsonPath: PATH, equals: 'True', ...condition }]);

  it('is met where all that is found has the text', () => {
    expect(of({})).to.deep.equal({ state: 'ready' });
    expect(of({ name: 'web', jsonPath: '$.status.count', equals: '3' }).state).to.equal('ready');
  });

  it('is waited for where nothing is found, or something else', () => {
    const text = 'Deployment web is not ready yet';
    expect(of({ equals: 'False' })).to.deep.equal({ state: 'progressing', text });
    expect(of({ jsonPath: '$.status.phase' })).to.deep.equal({ state: 'progressing', text });
  });

  it('is waited for until there is such an object', () => {
    expect(of({ kind: 'Job' })).to.deep.equal({ state: 'progressing', text: 'Job is being made' });
    expect(of({ name: 'db' })).to.deep.equal({ state: 'progressing', text: 'Deployment db is being made' });
  });

  it('is told where it cannot be read, and never run as a program', () => {
    const hostile = '$.status.conditions[?(@.type.constructor.constructor("globalThis.wasRun = true")())]';
    for (const jsonPath of [hostile, '$.status.conditions[?(@.type=)]']) {
      const readiness = of({ jsonPath });
      expect(readiness).to.include({ state: 'stuck', isFinal: false });
      expect(readiness)
        .to.have.property('text')
        .that.matches(/^the plan's JSONPath for Deployment cannot be read: /);
    }
    expect(globalThis).not.to.have.property('wasRun');
  });
});
