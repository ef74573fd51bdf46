// How objects are written and refused. The suite runs unchanged against the embedded server and, with TEST_CLUSTER=1,
// against the API server of the current kubeconfig: it shows that they agree.
import { expect } from 'chai';
import { openCluster, type Answer, type Cluster } from './cluster.js';

const GROUP = '/apis/sdkbroker.broker.io/v1alpha1';
const MERGE = { type: 'application/merge-patch+json' };
const JSON_PATCH = { type: 'application/json-patch+json' };
const STRATEGIC = { type: 'application/strategic-merge-patch+json' };
const APPLY = { type: 'application/apply-patch+yaml' };

let cluster: Cluster;
let bindings: string;
let configMaps: string;

describe('API fidelity: objects', () => {
  before(async function () {
    this.timeout(20_000);
    cluster = await openCluster();
    bindings = `${GROUP}/namespaces/${cluster.namespace}/servicebindings`;
    configMaps = `/api/v1/namespaces/${cluster.namespace}/configmaps`;
  });

  after(() => cluster.close());

  const binding = (name: string, spec: object = { instanceRef: { name: 'i' } }, more: object = {}) => ({
    apiVersion: 'sdkbroker.broker.io/v1alpha1',
    kind: 'ServiceBinding',
    metadata: { name },
    spec,
    ...more,
  });

  const configMap = (name: string, data: object = {}, metadata: object = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...metadata },
    data,
  });

  async function made(name: string, spec?: object): Promise<Answer['body']> {
    const { code, body } = await cluster.request('POST', bindings, binding(name, spec));
    expect(code).to.equal(201);
    return body;
  }

  function expectFailure({ code, body }: Answer, wanted: { code: number; reason?: string }): void {
    expect({ code, reason: body.reason }).to.deep.equal({ reason: undefined, ...wanted });
    expect(body).to.include({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: wanted.code });
  }

  describe('create and read', () => {
    it('gives what the server decides and ignores what a client says of it', async () => {
      const sent = binding('created', undefined, { status: { observedGeneration: 3 } });
      Object.assign(sent.metadata, { uid: 'mine', generation: 7, deletionTimestamp: '2020-01-01T00:00:00Z' });
      const { code, body } = await cluster.request('POST', bindings, sent);
      expect(code).to.equal(201);
      expect(body.metadata).to.include({ name: 'created', namespace: cluster.namespace, generation: 1 });
      expect(body.metadata.uid).to.match(/^[0-9a-f-]{36}$/);
      expect(body.metadata.resourceVersion).to.match(/^\d+$/);
      expect(body.metadata.creationTimestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(body.metadata).to.not.have.property('deletionTimestamp');
      expect(body).to.not.have.property('status');
      const read = await cluster.request('GET', `${bindings}/created`);
      expect(read.body).to.deep.equal(body);
    });

    it('makes names of generateName', async () => {
      const { body } = await cluster.request('POST', configMaps, configMap('', {}, { generateName: 'gen-' }));
      expect(body.metadata.name).to.match(/^gen-[a-z0-9]{5}$/);
    });

    it('refuses a second object of the name', async () => {
      await made('twice');
      const answer = await cluster.request('POST', bindings, binding('twice'));
      expectFailure(answer, { code: 409, reason: 'AlreadyExists' });
      expect(answer.body.details).to.deep.equal({
        name: 'twice',
        group: 'sdkbroker.broker.io',
        kind: 'servicebindings',
      });
      expect(answer.body.message).to.equal('servicebindings.sdkbroker.broker.io "twice" already exists');
    });

    it('says what is not there', async () => {
      const answer = await cluster.request('GET', `${bindings}/none`);
      expectFailure(answer, { code: 404, reason: 'NotFound' });
      expect(answer.body.message).to.equal('servicebindings.sdkbroker.broker.io "none" not found');
      expectFailure(await cluster.request('DELETE', `${bindings}/none`), { code: 404, reason: 'NotFound' });
      const elsewhere = `${GROUP}/namespaces/no-such-namespace/servicebindings`;
      const refused = await cluster.request('POST', elsewhere, binding('lost'));
      expectFailure(refused, { code: 404, reason: 'NotFound' });
      expect(refused.body.message).to.equal('namespaces "no-such-namespace" not found');
      expect((await cluster.request('GET', `${GROUP}/namespaces/a/unknowns`)).code).to.equal(404);
    });

    it('refuses what contradicts the address or the kind', async () => {
      const other = { ...binding('x'), metadata: { name: 'x', namespace: 'other' } };
      expectFailure(await cluster.request('POST', bindings, other), { code: 400, reason: 'BadRequest' });
      const wrongVersion = { ...binding('x'), apiVersion: 'v1' };
      expectFailure(await cluster.request('POST', bindings, wrongVersion), {
        code: 400,
        reason: 'BadRequest',
      });
      const wrongKind = { ...binding('x'), kind: 'Other' };
      expectFailure(await cluster.request('POST', bindings, wrongKind), { code: 422, reason: 'Invalid' });
      expectFailure(await cluster.request('POST', bindings, '{bad'), { code: 400, reason: 'BadRequest' });
      const versioned = { ...binding('x'), metadata: { name: 'x', resourceVersion: '5' } };
      expectFailure(await cluster.request('POST', bindings, versioned), { code: 500 });
    });

    it('refuses names that are none', async () => {
      const answer = await cluster.request('POST', bindings, binding('A_b'));
      expectFailure(answer, { code: 422, reason: 'Invalid' });
      expect(answer.body.details).to.include({ name: 'A_b', kind: 'ServiceBinding' });
      const [cause] = answer.body.details.causes;
      expect(cause).to.include({ reason: 'FieldValueInvalid', field: 'metadata.name' });
      const nameless = await cluster.request('POST', bindings, binding(''));
      expect(nameless.body.details.causes[0]).to.include({
        reason: 'FieldValueRequired',
        field: 'metadata.name',
      });
    });

    it('keeps a dry run to itself', async () => {
      expect((await cluster.request('POST', `${bindings}?dryRun=All`, binding('dry'))).code).to.equal(201);
      expect((await cluster.request('GET', `${bindings}/dry`)).code).to.equal(404);
    });
  });

  describe('schemas', () => {
    it('names each field that does not fit', async () => {
      const spec = { instanceRef: {}, bindingId: '', operation: { id: 5, type: 'zz' }, parameters: [1] };
      const answer = await cluster.request('POST', bindings, binding('bad', spec));
      expectFailure(answer, { code: 422, reason: 'Invalid' });
      expect(answer.body.message).to.match(/^ServiceBinding\.sdkbroker\.broker\.io "bad" is invalid: \[/);
      expect(answer.body.details).to.include({
        name: 'bad',
        group: 'sdkbroker.broker.io',
        kind: 'ServiceBinding',
      });
      expect(answer.body.details.causes).to.include.deep.members([
        { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.instanceRef.name' },
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: "": spec.bindingId in body should be at least 1 chars long',
          field: 'spec.bindingId',
        },
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: "integer": spec.operation.id in body must be of type string: "integer"',
          field: 'spec.operation.id',
        },
        {
          reason: 'FieldValueNotSupported',
          message: 'Unsupported value: "zz": supported values: "bind", "unbind"',
          field: 'spec.operation.type',
        },
        { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.operation.requestedAt' },
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: "array": spec.parameters in body must be of type object: "array"',
          field: 'spec.parameters',
        },
      ]);
    });

    it('prunes unknown fields, except where the schema keeps them', async () => {
      const spec = { instanceRef: { name: 'i', odd: 1 }, odd: true, parameters: { any: { thing: [1] } } };
      const body = await made('pruned', spec);
      expect(body.spec).to.deep.equal({ instanceRef: { name: 'i' }, parameters: { any: { thing: [1] } } });
    });

    it('fills in defaults and drops nulls', async () => {
      const offerings = `${GROUP}/namespaces/${cluster.namespace}/serviceofferings`;
      const plan = { id: 'p', name: 'p', description: 'd', backend: 'b', free: null };
      const { body } = await cluster.request('POST', offerings, {
        apiVersion: 'sdkbroker.broker.io/v1alpha1',
        kind: 'ServiceOffering',
        metadata: { name: 'defaulted' },
        spec: { id: 's', name: 's', description: 'd', bindable: false, plans: [plan] },
      });
      expect(body.spec).to.include({ bindable: false, instancesRetrievable: true, planUpdateable: false });
      expect(body.spec.plans[0]).to.include({ free: true, bindingRotatable: false });
    });

    it('validates the status too', async () => {
      await made('status-checked');
      const patch = { status: { lastOperation: { state: 'unheard of' } } };
      const answer = await cluster.request('PATCH', `${bindings}/status-checked/status`, patch, MERGE);
      expectFailure(answer, { code: 422, reason: 'Invalid' });
      const fields = answer.body.details.causes.map((cause: { field: string }) => cause.field);
      expect(fields).to.include('status.lastOperation.state');
    });
  });

  describe('updates', () => {
    it('asks for the resourceVersion of a custom resource, and for the right one', async () => {
      const { metadata } = await made('versioned');
      const changed = (resourceVersion?: string) => ({
        ...binding('versioned', { instanceRef: { name: 'changed' } }),
        metadata: { name: 'versioned', ...(resourceVersion ? { resourceVersion } : {}) },
      });
      const path = `${bindings}/versioned`;
      const missing = await cluster.request('PUT', path, changed());
      expectFailure(missing, { code: 422, reason: 'Invalid' });
      expect(missing.body.details.causes[0].field).to.equal('metadata.resourceVersion');
      expectFailure(await cluster.request('PUT', path, changed('1')), { code: 409, reason: 'Conflict' });
      const right = await cluster.request('PUT', path, changed(metadata.resourceVersion));
      expect(right.code).to.equal(200);
      expect(right.body.spec.instanceRef.name).to.equal('changed');
      const stale = await cluster.request('PUT', path, changed(metadata.resourceVersion));
      expectFailure(stale, { code: 409, reason: 'Conflict' });
      expect(stale.body.message).to.match(
        /the object has been modified; please apply your changes to the latest/,
      );
    });

    it('takes an update of a ConfigMap without one', async () => {
      await cluster.request('POST', configMaps, configMap('unversioned', { a: '1' }));
      const { code } = await cluster.request(
        'PUT',
        `${configMaps}/unversioned`,
        configMap('unversioned', { a: '2' }),
      );
      expect(code).to.equal(200);
    });

    it('does not make an object by an update', async () => {
      const answer = await cluster.request('PUT', `${bindings}/nothing`, binding('nothing'));
      expectFailure(answer, { code: 404, reason: 'NotFound' });
    });

    it('refuses another uid', async () => {
      await made('uid');
      const sent = { ...binding('uid'), metadata: { name: 'uid', uid: 'other' } };
      expectFailure(await cluster.request('PUT', `${bindings}/uid`, sent), { code: 409, reason: 'Conflict' });
      const patched = await cluster.request(
        'PATCH',
        `${bindings}/uid`,
        { metadata: { uid: 'other' } },
        MERGE,
      );
      expectFailure(patched, { code: 422, reason: 'Invalid' });
    });

    it('leaves the version alone when nothing changes', async () => {
      const { metadata } = await made('same');
      const patch = { spec: { instanceRef: { name: 'i' } } };
      const { body } = await cluster.request('PATCH', `${bindings}/same`, patch, MERGE);
      expect(body.metadata.resourceVersion).to.equal(metadata.resourceVersion);
    });

    it('counts generations of the spec only', async () => {
      await made('counted');
      const path = `${bindings}/counted`;
      const labelled = await cluster.request('PATCH', path, { metadata: { labels: { a: 'b' } } }, MERGE);
      expect(labelled.body.metadata.generation).to.equal(1);
      const reported = await cluster.request(
        'PATCH',
        `${path}/status`,
        { status: { observedGeneration: 1 } },
        MERGE,
      );
      expect(reported.body.metadata.generation).to.equal(1);
      const changed = await cluster.request('PATCH', path, { spec: { bindingId: 'new' } }, MERGE);
      expect(changed.body.metadata.generation).to.equal(2);
    });

    it('keeps spec and status apart', async () => {
      await made('apart');
      const path = `${bindings}/apart`;
      const main = await cluster.request(
        'PATCH',
        path,
        { spec: { bindingId: 'x' }, status: { observedGeneration: 9 } },
        MERGE,
      );
      expect(main.body.spec.bindingId).to.equal('x');
      expect(main.body).to.not.have.property('status');
      const patch = {
        metadata: { labels: { no: 'no' }, finalizers: ['no.no/no'] },
        spec: { bindingId: 'y' },
        status: { observedGeneration: 9 },
      };
      const { body } = await cluster.request('PATCH', `${path}/status`, patch, MERGE);
      expect(body.status).to.deep.equal({ observedGeneration: 9 });
      expect(body.spec.bindingId).to.equal('x');
      expect(body.metadata).to.not.have.any.keys('labels', 'finalizers');
      const read = await cluster.request('GET', `${path}/status`);
      expect(read.body.status).to.deep.equal({ observedGeneration: 9 });
    });
  });

  describe('patches', () => {
    it('applies JSON patches, and refuses those that do not fit', async () => {
      await made('json-patched');
      const path = `${bindings}/json-patched`;
      const patch = [
        { op: 'test', path: '/spec/instanceRef/name', value: 'i' },
        { op: 'replace', path: '/spec/instanceRef/name', value: 'j' },
        { op: 'add', path: '/metadata/labels', value: { 'a/b': 'c' } },
        { op: 'copy', from: '/metadata/labels/a~1b', path: '/metadata/labels/d' },
      ];
      const { code, body } = await cluster.request('PATCH', path, patch, JSON_PATCH);
      expect(code).to.equal(200);
      expect(body.spec.instanceRef.name).to.equal('j');
      expect(body.metadata.labels).to.deep.equal({ 'a/b': 'c', d: 'c' });
      const failing = [{ op: 'test', path: '/spec/instanceRef/name', value: 'i' }];
      expectFailure(await cluster.request('PATCH', path, failing, JSON_PATCH), {
        code: 422,
        reason: 'Invalid',
      });
      const missing = [{ op: 'remove', path: '/metadata/annotations' }];
      expectFailure(await cluster.request('PATCH', path, missing, JSON_PATCH), {
        code: 422,
        reason: 'Invalid',
      });
      expectFailure(await cluster.request('PATCH', path, {}, JSON_PATCH), {
        code: 400,
        reason: 'BadRequest',
      });
    });

    it('removes by null in a merge patch, and heeds a resourceVersion in it', async () => {
      await made('merged', { instanceRef: { name: 'i' }, parameters: { a: 1, b: { c: 2 } } });
      const path = `${bindings}/merged`;
      const patch = { spec: { parameters: { a: null, b: { d: 3 } } } };
      const { body } = await cluster.request('PATCH', path, patch, MERGE);
      expect(body.spec.parameters).to.deep.equal({ b: { c: 2, d: 3 } });
      const stale = { metadata: { resourceVersion: '1' }, spec: { bindingId: 'x' } };
      expectFailure(await cluster.request('PATCH', path, stale, MERGE), { code: 409, reason: 'Conflict' });
      const renamed = await cluster.request('PATCH', path, { metadata: { name: 'other' } }, MERGE);
      expectFailure(renamed, { code: 400, reason: 'BadRequest' });
      const spoiled = await cluster.request('PATCH', path, { spec: { instanceRef: null } }, MERGE);
      expectFailure(spoiled, { code: 422, reason: 'Invalid' });
    });

    it('merges lists strategically, for kinds that are built in', async () => {
      await cluster.request(
        'POST',
        configMaps,
        configMap('strategic', { a: '1', b: '2' }, { finalizers: ['a.b/c'] }),
      );
      const path = `${configMaps}/strategic`;
      const patch = { data: { a: null }, metadata: { finalizers: ['d.e/f'] } };
      const { body } = await cluster.request('PATCH', path, patch, STRATEGIC);
      expect(body.data).to.deep.equal({ b: '2' });
      expect(body.metadata.finalizers).to.have.members(['a.b/c', 'd.e/f']);
      const removal = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.b/c', 'd.e/f'] } };
      const freed = await cluster.request('PATCH', path, removal, STRATEGIC);
      expect(freed.body.metadata).to.not.have.property('finalizers');
      await made('not-strategic');
      const refused = await cluster.request('PATCH', `${bindings}/not-strategic`, { spec: {} }, STRATEGIC);
      expectFailure(refused, { code: 415, reason: 'UnsupportedMediaType' });
    });
  });

  describe('server-side apply', () => {
    const applied = (labels: object | undefined, name: string) => ({
      ...binding('applied', { instanceRef: { name } }),
      metadata: { name: 'applied', ...(labels ? { labels } : {}) },
    });

    it('creates, removes what is no longer applied, and knows conflicts', async () => {
      const path = `${bindings}/applied`;
      const nameless = await cluster.request('PATCH', path, applied({}, 'x'), APPLY);
      expectFailure(nameless, { code: 422, reason: 'Invalid' });
      const first = await cluster.request(
        'PATCH',
        `${path}?fieldManager=one`,
        applied({ a: '1', b: '2' }, 'x'),
        APPLY,
      );
      expect(first.code).to.equal(201);
      await cluster.request('PATCH', path, { metadata: { labels: { other: '3' } } }, MERGE);
      const second = await cluster.request(
        'PATCH',
        `${path}?fieldManager=one`,
        applied({ a: '1' }, 'x'),
        APPLY,
      );
      expect(second.code).to.equal(200);
      expect(second.body.metadata.labels).to.deep.equal({ a: '1', other: '3' });
      const conflicting = await cluster.request(
        'PATCH',
        `${path}?fieldManager=two`,
        applied(undefined, 'y'),
        APPLY,
      );
      expectFailure(conflicting, { code: 409, reason: 'Conflict' });
      expect(conflicting.body.details.causes).to.deep.equal([
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.instanceRef.name' },
      ]);
      const forced = await cluster.request(
        'PATCH',
        `${path}?fieldManager=two&force=true`,
        applied(undefined, 'y'),
        APPLY,
      );
      expect(forced.body.spec.instanceRef.name).to.equal('y');
    });

    it('changes nothing when the same is applied again', async () => {
      const yaml = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: again }\ndata: { a: "1" }\n`;
      const path = `${configMaps}/again?fieldManager=one`;
      const first = await cluster.request('PATCH', path, yaml, APPLY);
      const second = await cluster.request('PATCH', path, yaml, APPLY);
      expect([first.code, second.code]).to.deep.equal([201, 200]);
      expect(second.body.metadata.resourceVersion).to.equal(first.body.metadata.resourceVersion);
    });

    it('merges the conditions of a status by type', async () => {
      await made('conditions');
      const condition = (type: string) => ({
        type,
        status: 'True',
        reason: 'Said',
        message: 'm',
        lastTransitionTime: '2020-01-01T00:00:00Z',
      });
      const path = `${bindings}/conditions/status`;
      for (const type of ['Ready', 'Failed']) {
        const status = { conditions: [condition(type)] };
        const body = { ...binding('conditions'), status };
        await cluster.request('PATCH', `${path}?fieldManager=${type}&force=true`, body, APPLY);
      }
      const { body } = await cluster.request('GET', path);
      expect(body.status.conditions.map((c: { type: string }) => c.type)).to.have.members([
        'Ready',
        'Failed',
      ]);
    });
  });
});
