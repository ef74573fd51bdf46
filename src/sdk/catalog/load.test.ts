import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KubeError } from '../kube/errors.js';
import { API_VERSION, type ServiceOffering, SOURCE_LABEL } from '../resources/kinds.js';
import { loadOfferings, offeringObject, type OfferingStore, readCatalogFile } from './load.js';

const spec = (name: string, description = 'd') => ({
  id: `${name}-id`,
  name,
  description,
  plans: [{ id: `${name}-plan`, name: 'p', description: 'd', backend: 'b' }],
});
const code = (name: string, description?: string) => offeringObject(spec(name, description), 'code');

/** A store that notes what is written. */
class FakeStore implements OfferingStore {
  readonly writes: string[] = [];
  readonly objects = new Map<string, ServiceOffering>();

  constructor(...objects: ServiceOffering[]) {
    for (const object of objects) this.objects.set(object.metadata.name, structuredClone(object));
  }

  get(name: string): ServiceOffering | undefined {
    return this.objects.get(name);
  }

  list(): ServiceOffering[] {
    return [...this.objects.values()];
  }

  async read(name: string): Promise<ServiceOffering | undefined> {
    this.writes.push(`read ${name}`);
    return this.objects.get(name);
  }

  async refresh(): Promise<void> {
    this.writes.push('refresh');
  }

  async create(object: ServiceOffering): Promise<void> {
    this.#refuse();
    this.#write('create', object.metadata.name, object);
  }

  async replace(object: ServiceOffering): Promise<void> {
    this.#refuse();
    this.#write('replace', object.metadata.name, object);
  }

  async delete(name: string): Promise<void> {
    this.writes.push(`delete ${name}`);
    this.objects.delete(name);
  }

  /** What another replica does just before a write of this one, which is refused then. */
  readonly crossings: (() => KubeError)[] = [];

  #refuse(): void {
    const crossing = this.crossings.shift();
    if (crossing) throw crossing();
  }

  #write(verb: string, name: string, object: ServiceOffering): void {
    this.writes.push(`${verb} ${name}`);
    this.objects.set(name, object);
  }
}

/** As the API server and people leave it. */
const stored = (object: ServiceOffering): ServiceOffering => ({
  ...object,
  metadata: {
    ...object.metadata,
    uid: 'u',
    resourceVersion: '7',
    labels: { ...object.metadata.labels, team: 'x' },
  },
  status: { observedGeneration: 1 },
});

async function load(store: FakeStore, ...offerings: ServiceOffering[]): Promise<string[]> {
  await loadOfferings(store, 'code', offerings);
  return store.writes;
}

describe('loading offerings', () => {
  it('creates what is missing', async () => {
    const store = new FakeStore();
    expect(await load(store, code('a'), code('b'))).to.eql(['create a', 'create b']);
    expect(store.get('a')).to.eql({
      apiVersion: API_VERSION,
      kind: 'ServiceOffering',
      metadata: { name: 'a', labels: { [SOURCE_LABEL]: 'code' } },
      spec: spec('a'),
    });
  });

  it('writes nothing when nothing changed', async () => {
    expect(await load(new FakeStore(stored(code('a'))), code('a'))).to.eql([]);
  });

  it('replaces what changed, at the version that was read, and keeps what others wrote', async () => {
    const store = new FakeStore(stored(code('a')));
    expect(await load(store, code('a', 'other'))).to.eql(['replace a']);
    expect(store.get('a')).to.eql({ ...stored(code('a')), spec: spec('a', 'other') });
  });

  it('finds made what another replica made at the same time, and waits until that shows', async () => {
    const store = new FakeStore();
    store.crossings.push(() => {
      store.objects.set('a', stored(code('a')));
      return new KubeError('it exists', { status: 409, reason: 'AlreadyExists' });
    });
    expect(await load(store, code('a'))).to.eql(['read a', 'refresh']);
  });

  it('replaces at the newest version what another one wrote meanwhile, and makes anew what it removed', async () => {
    const old = stored(code('a'));
    const store = new FakeStore(old);
    store.crossings.push(
      () => {
        store.objects.set('a', { ...old, metadata: { ...old.metadata, resourceVersion: '8' } });
        return new KubeError('it has changed', { status: 409, reason: 'Conflict' });
      },
      () => {
        store.objects.delete('a');
        return new KubeError('it is gone', { status: 404, reason: 'NotFound' });
      },
    );
    expect(await load(store, code('a', 'other'))).to.eql(['read a', 'read a', 'create a', 'refresh']);
  });

  it('gives up on what is refused again and again', async () => {
    const store = new FakeStore();
    const refusal = new KubeError('it exists', { status: 409, reason: 'AlreadyExists' });
    for (let i = 0; i < 20; i++) store.crossings.push(() => refusal);
    expect(await load(store, code('a')).catch((error: unknown) => error)).to.equal(refusal);
  });

  it('removes what it no longer defines, and leaves alone what is of others', async () => {
    const { [SOURCE_LABEL]: _, ...labels } = code('c').metadata.labels!;
    const byHand = { ...code('c'), metadata: { name: 'c', labels } };
    const store = new FakeStore(stored(code('a')), offeringObject(spec('b'), 'file'), byHand, code('d'));
    expect(await load(store, code('a'))).to.eql(['delete d']);
  });

  it('takes over an offering of the same name', async () => {
    const store = new FakeStore(stored(offeringObject(spec('a'), 'file')));
    expect(await load(store, code('a'))).to.eql(['replace a']);
    expect(store.get('a')!.metadata.labels).to.eql({ [SOURCE_LABEL]: 'code', team: 'x' });
  });

  it('refuses two of one name before anything is written', async () => {
    const store = new FakeStore();
    const error = await load(store, code('a'), code('a')).catch((caught: Error) => caught);
    expect(error)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.matches(/^two offerings of the code have the same name/);
    expect(store.writes).to.eql([]);
  });
});

describe('a catalog file', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'catalog-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function read(...documents: (string | object)[]): ServiceOffering[] {
    const path = join(folder, 'catalog.yaml');
    const text = documents.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
    writeFileSync(path, text.join('\n---\n'));
    return readCatalogFile(path);
  }
  const right = (name: string) => ({
    apiVersion: API_VERSION,
    kind: 'ServiceOffering',
    metadata: { name, uid: 'u', resourceVersion: '7', labels: { team: 'x' } },
    spec: spec(name),
    status: {},
  });

  it('gives its offerings, without what a cluster added, and marked as from a file', () => {
    expect(read(right('a'), '# nothing here', right('b'))).to.eql(
      ['a', 'b'].map((name) => ({
        apiVersion: API_VERSION,
        kind: 'ServiceOffering',
        metadata: { name, labels: { team: 'x', [SOURCE_LABEL]: 'file' } },
        spec: spec(name),
      })),
    );
  });

  it('may be empty', () => {
    for (const text of ['', '---\n', '# later']) expect(read(text)).to.eql([]);
  });

  const WRONG: [string, string | object, RegExp][] = [
    ['no YAML', 'a: [', /catalog\.yaml, document 2 is not YAML: /],
    [
      'another kind',
      { ...right('a'), kind: 'Service' },
      /catalog\.yaml, document 2 must be a ServiceOffering of sdkbroker\.broker\.io\/v1/,
    ],
    ['another version', { ...right('a'), apiVersion: 'v1' }, /catalog\.yaml, document 2 must be/],
    [
      'no name',
      { ...right('a'), metadata: {} },
      /catalog\.yaml, document 2 must be .* with metadata\.name and spec/,
    ],
    ['no spec', { ...right('a'), spec: undefined }, /catalog\.yaml, document 2 must be/],
    ['a mere word', 'hello', /catalog\.yaml, document 2 must be/],
  ];
  for (const [what, document, text] of WRONG) {
    it(`is refused with its path and the document: ${what}`, () => {
      expect(() => read(right('a'), document)).to.throw(text);
    });
  }

  it('is refused with its path when it is not there', () => {
    const path = join(folder, 'none.yaml');
    expect(() => readCatalogFile(path)).to.throw(`the catalog file ${path} cannot be read: ENOENT`);
  });
});
