import { expect } from 'chai';
import { ObjectCache } from './cache.js';
import { MemoryLog, thing, type Thing } from './harness.test.js';

describe('ObjectCache', () => {
  let log: MemoryLog;
  let cache: ObjectCache<Thing>;
  beforeEach(() => {
    log = new MemoryLog();
    const indexes = {
      color: ({ spec }: Readonly<Thing>) => [spec.color],
      letters: (o: Thing) => [...o.metadata.name],
    };
    cache = new ObjectCache<Thing>({ log, indexes });
  });
  const namesBy = (index: string, value: string): string[] =>
    cache.byIndex(index, value).map(({ metadata }) => metadata.name);

  it('finds objects by name and by index, through change and removal', () => {
    cache.set(thing('ab', '1'));
    cache.set(thing('bc', '1'));
    expect(namesBy('color', 'color 1')).to.deep.equal(['ab', 'bc']);
    expect(namesBy('letters', 'b')).to.deep.equal(['ab', 'bc']);
    cache.set(thing('ab', '2'));
    expect(namesBy('color', 'color 1')).to.deep.equal(['bc']);
    expect(namesBy('color', 'color 2')).to.deep.equal(['ab']);
    cache.delete('ab');
    expect(namesBy('color', 'color 2')).to.deep.equal([]);
    expect(cache.get('ab')).to.equal(undefined);
    expect(cache.list()).to.deep.equal([thing('bc', '1')]);
  });

  it('keeps objects of one name apart, where it is told to', () => {
    const keyOf = ({ metadata }: Readonly<Thing>) => `${metadata.namespace}/${metadata.name}`;
    const wide = new ObjectCache<Thing>({ log, keyOf });
    const [one, other] = [thing('a', '1', { namespace: 'x' }), thing('a', '2', { namespace: 'y' })];
    wide.set(one);
    wide.set(other);
    expect(wide.names()).to.deep.equal(['x/a', 'y/a']);
    expect(wide.known({ ...other })).to.equal(other);
    wide.delete('x/a');
    expect(wide.list()).to.deep.equal([other]);
  });

  it('refuses an index that does not exist', () => {
    expect(() => cache.byIndex('size', '1')).to.throw('there is no index "size"');
  });

  it('tells listeners of each change, and of nothing else', () => {
    const seen: unknown[] = [];
    const version = (object?: Thing): string | undefined => object?.metadata.resourceVersion;
    const end = cache.onChange((name, current, previous) =>
      seen.push([name, version(current), version(previous)]),
    );
    cache.set(thing('a', '1'));
    cache.set(thing('a', '1'));
    cache.set(thing('a', '2'));
    cache.delete('a');
    cache.delete('a');
    end();
    cache.set(thing('a', '3'));
    expect(seen).to.deep.equal([
      ['a', '1', undefined],
      ['a', '2', '1'],
      ['a', undefined, '2'],
    ]);
  });

  it('takes the same version of another object for a change', () => {
    cache.set(thing('a', '1'));
    cache.set(thing('a', '1', { uid: 'a-2' }));
    expect(cache.get('a')?.metadata.uid).to.equal('a-2');
  });

  it('survives listeners and index functions that throw', () => {
    let calls = 0;
    const failing = new ObjectCache<Thing>({
      log,
      indexes: {
        bad: () => {
          throw new Error('bad index');
        },
      },
    });
    failing.onChange(() => {
      throw new Error('bad listener');
    });
    failing.onChange(() => calls++);
    failing.set(thing('a', '1'));
    expect(calls).to.equal(1);
    expect(failing.byIndex('bad', 'x')).to.deep.equal([]);
    expect(log.at('error')).to.deep.equal(['an index function failed', 'a change listener failed']);
  });

  it('knows the very version that it holds, and no other', () => {
    cache.set(thing('a', '1'));
    expect(cache.known(thing('a', '1'))).to.equal(cache.get('a'));
    for (const other of [thing('a', '2'), thing('a', '1', { uid: 'a-2' }), thing('b', '1')]) {
      expect(cache.known(other)).to.equal(other);
      expect(other.spec).to.be.frozen;
    }
    const { resourceVersion: _, ...unversioned } = thing('a', '1').metadata;
    cache.set({ ...thing('a', '1'), metadata: unversioned });
    const again = { ...thing('a', '1'), metadata: unversioned };
    expect(cache.known(again)).to.equal(again);
  });

  it('freezes what it holds, all the way down', () => {
    cache.set(thing('a', '1'));
    const held = cache.get('a') as Thing;
    expect(() => (held.spec.color = 'red')).to.throw(TypeError);
    expect(() => (held.metadata.labels = {})).to.throw(TypeError);
  });
});
