// How objects are listed, watched and deleted. Like api-fidelity.test.ts, for the embedded server and for a real one.
import { expect } from 'chai';
import { openCluster, type Answer, type Cluster } from './cluster.js';

const MERGE = { type: 'application/merge-patch+json' };

let cluster: Cluster;
let bindings: string;
let configMaps: string;
let secrets: string;

describe('API fidelity: life cycle', () => {
  before(async function () {
    this.timeout(20_000);
    cluster = await openCluster();
    bindings = `/apis/sdkbroker.broker.io/v1alpha1/namespaces/${cluster.namespace}/servicebindings`;
    configMaps = `/api/v1/namespaces/${cluster.namespace}/configmaps`;
    secrets = `/api/v1/namespaces/${cluster.namespace}/secrets`;
  });

  after(() => cluster.close());

  async function made(name: string, metadata: object = {}): Promise<Answer['body']> {
    const { code, body } = await cluster.request('POST', bindings, {
      apiVersion: 'sdkbroker.broker.io/v1alpha1',
      kind: 'ServiceBinding',
      metadata: { name, ...metadata },
      spec: { instanceRef: { name: 'i' } },
    });
    expect(code).to.equal(201);
    return body;
  }

  async function madeConfigMap(name: string, metadata: object = {}): Promise<Answer['body']> {
    const { body } = await cluster.request('POST', configMaps, { metadata: { name, ...metadata }, data: {} });
    return body;
  }

  const namesOf = ({ body }: Answer): string[] =>
    body.items.map((item: { metadata: { name: string } }) => item.metadata.name);

  describe('lists', () => {
    before(async () => {
      for (const n of ['1', '2', '3', '4', '5'])
        await madeConfigMap(`list-${n}`, { labels: { list: 'x', n, ...(n === '5' ? { last: '' } : {}) } });
    });

    it('comes in pages that belong to one version', async () => {
      const first = await cluster.request('GET', `${configMaps}?limit=2&labelSelector=list=x`);
      expect(namesOf(first)).to.deep.equal(['list-1', 'list-2']);
      await madeConfigMap('list-3-late', { labels: { list: 'x' } });
      const next = `${configMaps}?labelSelector=list=x&limit=2&continue=${first.body.metadata.continue}`;
      const second = await cluster.request('GET', next);
      expect(namesOf(second)).to.deep.equal(['list-3', 'list-4']);
      expect(second.body.metadata.resourceVersion).to.equal(first.body.metadata.resourceVersion);
      const rest = `${configMaps}?labelSelector=list=x&continue=${second.body.metadata.continue}`;
      const last = await cluster.request('GET', rest);
      expect(namesOf(last)).to.deep.equal(['list-5']);
      expect(last.body.metadata.continue ?? '').to.equal('');
      await cluster.request('DELETE', `${configMaps}/list-3-late`);
      expect((await cluster.request('GET', `${configMaps}?continue=nonsense`)).code).to.equal(400);
    });

    const selectors: [selector: string, names: string[]][] = [
      ['n in (1,2)', ['list-1', 'list-2']],
      ['n notin (1,2,3)', ['list-4', 'list-5']],
      ['n!=1,!last', ['list-2', 'list-3', 'list-4']],
      ['last', ['list-5']],
      ['n==3', ['list-3']],
    ];
    for (const [selector, names] of selectors)
      it(`selects by labels: ${selector}`, async () => {
        const query = encodeURIComponent(`list=x,${selector}`);
        expect(namesOf(await cluster.request('GET', `${configMaps}?labelSelector=${query}`))).to.deep.equal(
          names,
        );
      });

    it('selects by name, and refuses fields and selectors that it does not know', async () => {
      const one = await cluster.request('GET', `${configMaps}?fieldSelector=metadata.name=list-2`);
      expect(namesOf(one)).to.deep.equal(['list-2']);
      for (const query of ['fieldSelector=data.k=v', 'labelSelector=n+in', 'limit=many'])
        expect((await cluster.request('GET', `${configMaps}?${query}`)).code).to.equal(400);
    });

    it('selects events by what they are about', async () => {
      const events = `/api/v1/namespaces/${cluster.namespace}/events`;
      for (const name of ['a', 'b'])
        await cluster.request('POST', events, {
          metadata: { name },
          involvedObject: { kind: 'ServiceBinding', name: `about-${name}`, namespace: cluster.namespace },
          reason: 'Tested',
          type: 'Normal',
        });
      const about = await cluster.request(
        'GET',
        `${events}?fieldSelector=involvedObject.name=about-a,type=Normal`,
      );
      expect(namesOf(about)).to.deep.equal(['a']);
      const other = await cluster.request(
        'GET',
        `/apis/events.k8s.io/v1/namespaces/${cluster.namespace}/events/b`,
      );
      expect(other.body.regarding.name).to.equal('about-b');
    });

    it('comes as a table with the columns of the definition', async () => {
      await made('in-table');
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
      const { body } = await cluster.request(
        'GET',
        `${bindings}?fieldSelector=metadata.name=in-table`,
        undefined,
        {
          accept,
        },
      );
      expect(body.kind).to.equal('Table');
      const columns = body.columnDefinitions.map((column: { name: string }) => column.name);
      expect(columns.slice(0, 4)).to.deep.equal(['Name', 'Instance', 'Secret', 'Ready']);
      expect(body.rows[0].cells.slice(0, 4)).to.deep.equal(['in-table', 'i', null, null]);
      expect(body.rows[0].object.metadata.name).to.equal('in-table');
    });

    it('refuses a version that is not there yet', async function () {
      this.timeout(20_000);
      const { code, body } = await cluster.request('GET', `${configMaps}?resourceVersion=999999999`);
      expect([code, body.reason]).to.deep.equal([504, 'Timeout']);
    });
  });

  describe('watches', () => {
    it('continues after a version, with what happened since', async () => {
      const { metadata } = await made('watched');
      await cluster.request('PATCH', `${bindings}/watched`, { spec: { bindingId: 'b' } }, MERGE);
      await cluster.request('DELETE', `${bindings}/watched`);
      const stream = await cluster.watch(
        `${bindings}?watch=true&resourceVersion=${metadata.resourceVersion}&fieldSelector=metadata.name=watched`,
      );
      const modified = await stream.next();
      const deleted = await stream.next();
      expect([modified.type, deleted.type]).to.deep.equal(['MODIFIED', 'DELETED']);
      expect(deleted.object.spec.bindingId).to.equal('b');
      expect(
        BigInt(deleted.object.metadata.resourceVersion) > BigInt(modified.object.metadata.resourceVersion),
      ).to.equal(true);
      await stream.close();
    });

    it('starts with what there is when no version is given', async () => {
      await madeConfigMap('present', { labels: { present: 'x' } });
      for (const query of ['', '&resourceVersion=0']) {
        const stream = await cluster.watch(`${configMaps}?watch=1&labelSelector=present=x${query}`);
        const event = await stream.next();
        expect([event.type, event.object.metadata.name]).to.deep.equal(['ADDED', 'present']);
        await stream.close();
      }
    });

    it('adds and deletes what begins and ceases to match a selector', async () => {
      const { body: list } = await cluster.request('GET', configMaps);
      const stream = await cluster.watch(
        `${configMaps}?watch=true&labelSelector=on=yes&resourceVersion=${list.metadata.resourceVersion}`,
      );
      await madeConfigMap('switch');
      const set = (on: string | null) =>
        cluster.request('PATCH', `${configMaps}/switch`, { metadata: { labels: { on } } }, MERGE);
      await set('yes');
      await cluster.request('PATCH', `${configMaps}/switch`, { data: { a: 'b' } }, MERGE);
      await set(null);
      const types = [(await stream.next()).type, (await stream.next()).type, (await stream.next()).type];
      expect(types).to.deep.equal(['ADDED', 'MODIFIED', 'DELETED']);
      await stream.close();
    });

    it('gives bookmarks to who asks for them, though nothing matches', async function () {
      this.timeout(120_000); // a real server sends one about every minute
      const { body: list } = await cluster.request('GET', bindings);
      const stream = await cluster.watch(
        `${bindings}?watch=true&allowWatchBookmarks=true&labelSelector=none=none&resourceVersion=${list.metadata.resourceVersion}`,
      );
      const { metadata } = await made('unmatched');
      const { type, object } = await stream.next(
        ({ object }) => BigInt(object.metadata.resourceVersion) >= BigInt(metadata.resourceVersion),
      );
      expect([type, object.kind]).to.deep.equal(['BOOKMARK', 'ServiceBinding']);
      await stream.close();
    });

    it('ends after the time that is asked for', async () => {
      const stream = await cluster.watch(`${configMaps}?watch=true&labelSelector=none=none&timeoutSeconds=1`);
      const end = await stream.next().catch((error: Error) => error.message);
      expect(end).to.equal('the watch ended');
    });

    it('says 410 when the version is too old', async () => {
      await madeConfigMap('busy');
      for (let n = 0; n < 120; n += 1)
        await cluster.request('PATCH', `${configMaps}/busy`, { data: { n: String(n) } }, MERGE);
      const stream = await cluster.watch(`${bindings}?watch=true&resourceVersion=1`);
      const { type, object } = await stream.next();
      expect([type, object.kind, object.code, object.reason]).to.deep.equal([
        'ERROR',
        'Status',
        410,
        'Expired',
      ]);
      await stream.close();
    });
  });

  describe('deletion', () => {
    it('answers with a status, or with the object that finalizers hold', async () => {
      const { metadata } = await made('held', { finalizers: ['fidelity.test/hold'] });
      const path = `${bindings}/held`;
      const marked = await cluster.request('DELETE', path);
      expect(marked.code).to.equal(200);
      expect(marked.body.metadata.uid).to.equal(metadata.uid);
      expect(marked.body.metadata).to.include({ generation: 2 });
      expect(marked.body.metadata.deletionTimestamp).to.match(/Z$/);
      const again = await cluster.request('DELETE', path);
      expect(again.body.metadata.resourceVersion).to.equal(marked.body.metadata.resourceVersion);
      const more = { metadata: { finalizers: ['fidelity.test/hold', 'fidelity.test/more'] } };
      const refused = await cluster.request('PATCH', path, more, MERGE);
      expect([refused.code, refused.body.details.causes[0].field]).to.deep.equal([
        422,
        'metadata.finalizers',
      ]);
      const released = await cluster.request('PATCH', path, { metadata: { finalizers: null } }, MERGE);
      expect(released.code).to.equal(200);
      expect((await cluster.request('GET', path)).code).to.equal(404);
      await made('free');
      const { body } = await cluster.request('DELETE', `${bindings}/free`);
      expect(body).to.include({ kind: 'Status', status: 'Success' });
      expect(body.details).to.include({
        name: 'free',
        kind: 'servicebindings',
        group: 'sdkbroker.broker.io',
      });
    });

    it('heeds preconditions', async () => {
      const { metadata } = await made('guarded');
      const path = `${bindings}/guarded`;
      for (const preconditions of [{ uid: 'other' }, { resourceVersion: '1' }]) {
        const { code, body } = await cluster.request('DELETE', path, { preconditions });
        expect([code, body.reason]).to.deep.equal([409, 'Conflict']);
      }
      const { uid, resourceVersion } = metadata;
      const { code } = await cluster.request('DELETE', path, { preconditions: { uid, resourceVersion } });
      expect(code).to.equal(200);
    });

    it('deletes collections by selector', async () => {
      for (const name of ['many-1', 'many-2']) await madeConfigMap(name, { labels: { many: 'x' } });
      const { code } = await cluster.request('DELETE', `${configMaps}?labelSelector=many=x`);
      expect(code).to.equal(200);
      expect(namesOf(await cluster.request('GET', `${configMaps}?labelSelector=many=x`))).to.deep.equal([]);
    });

    it('collects what has lost its owner', async function () {
      this.timeout(90_000);
      const owner = await made('owner');
      const reference = {
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: 'owner',
        uid: owner.metadata.uid,
        controller: true,
      };
      const { code } = await cluster.request('POST', secrets, {
        metadata: { name: 'owned', ownerReferences: [reference] },
        stringData: { a: 'b' },
      });
      expect(code).to.equal(201);
      const stream = await cluster.watch(`${secrets}?watch=true&fieldSelector=metadata.name=owned`);
      await cluster.request('DELETE', `${bindings}/owner`);
      const { object } = await stream.next(({ type }) => type === 'DELETED');
      expect(object.data).to.deep.equal({ a: 'Yg==' });
      await stream.close();
    });

    it('empties a namespace before it goes', async function () {
      this.timeout(60_000);
      const name = `${cluster.namespace}-x`;
      await cluster.request('POST', '/api/v1/namespaces', { metadata: { name } });
      const inside = `/api/v1/namespaces/${name}/configmaps`;
      await cluster.request('POST', inside, {
        metadata: { name: 'inside', finalizers: ['fidelity.test/hold'] },
      });
      const content = await cluster.watch(`${inside}?watch=true&fieldSelector=metadata.name=inside`);
      const stream = await cluster.watch(`/api/v1/namespaces?watch=true&fieldSelector=metadata.name=${name}`);
      const { body } = await cluster.request('DELETE', `/api/v1/namespaces/${name}`);
      expect(body.status.phase).to.equal('Terminating');
      const refused = await cluster.request('POST', inside, { metadata: { name: 'late' } });
      expect([refused.code, refused.body.reason]).to.deep.equal([403, 'Forbidden']);
      await content.next(({ object }) => object.metadata.deletionTimestamp !== undefined);
      await cluster.request('PATCH', `${inside}/inside`, { metadata: { finalizers: null } }, MERGE);
      await stream.next(({ type }) => type === 'DELETED');
      expect((await cluster.request('GET', `${inside}/inside`)).code).to.equal(404);
      await Promise.all([content.close(), stream.close()]);
    });
  });
});
