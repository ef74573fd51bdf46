import { expect } from 'chai';
import type { ApiObject } from './objects.js';
import { Store, type StoreEvent } from './store.js';

const object = (name: string, value = 0): ApiObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name, namespace: 'n', uid: name },
  value,
});

const names = (objects: ApiObject[] | undefined) => objects?.map(({ metadata }) => metadata.name);

describe('the store', () => {
  it('gives every write a higher version, whatever the collection', () => {
    const store = new Store(10);
    const versions = [
      store.put('a', object('x')),
      store.put('b', object('x')),
      store.put('a', object('x', 1)),
    ];
    expect(versions.map(({ metadata }) => metadata.resourceVersion)).to.deep.equal(['2', '3', '4']);
    expect(store.version).to.equal(4);
  });

  it('lists by namespace and name, as it is and as it was', () => {
    const store = new Store(10);
    store.put('a', object('y'));
    store.put('a', object('x'));
    const { version } = store;
    store.put('a', object('z'));
    store.put('a', object('x', 5));
    store.remove('a', object('y'));
    expect(names(store.list('a', 'n'))).to.deep.equal(['x', 'z']);
    expect(names(store.list('a', 'other'))).to.deep.equal([]);
    const past = store.listAt(version, 'a');
    expect(names(past)).to.deep.equal(['x', 'y']);
    expect(past?.[0]?.['value']).to.equal(0);
  });

  it('tells what happened since a version, until that is forgotten', () => {
    const store = new Store(10);
    store.put('a', object('x'));
    const { version } = store;
    store.put('b', object('other'));
    store.put('a', object('x', 1));
    store.remove('a', object('x'));
    expect(store.since(version, 'a')?.map(({ type }) => type)).to.deep.equal(['MODIFIED', 'DELETED']);
    store.forget();
    expect(store.since(version, 'a')).to.equal(undefined);
    expect(store.listAt(version, 'a')).to.equal(undefined);
    expect(store.since(store.version, 'a')).to.deep.equal([]);
  });

  it('keeps a window of history', () => {
    const store = new Store(5);
    for (let n = 0; n < 20; n += 1) store.put('a', object('x', n));
    expect(store.since(1, 'a')).to.equal(undefined);
    expect(store.since(store.version - 5, 'a')).to.have.length(5);
  });

  it('tells listeners of a deletion with the version of it and the object as it was', () => {
    const store = new Store(5);
    const events: StoreEvent[] = [];
    const stored = store.put('a', object('x'));
    const unsubscribe = store.subscribe((event) => events.push(event));
    store.remove('a', stored);
    unsubscribe();
    store.put('a', object('unheard'));
    expect(events).to.have.length(1);
    expect(events[0]).to.include({ type: 'DELETED', version: 3, previous: stored });
    expect(events[0]!.object.metadata.resourceVersion).to.equal('3');
    expect(store.byUid('x')).to.equal(undefined);
  });
});
