import { expect } from 'chai';
import { KubeError } from '../kube/errors.js';
import {
  ManualClock,
  MemoryLog,
  ScriptedClient,
  settle,
  thing,
  type PendingWatch,
  type Thing,
} from './harness.test.js';
import { ResourceStore } from './resource-store.js';

/** The parts of an object that somebody could still change. */
const thawedParts = (part: unknown): unknown[] => {
  if (typeof part !== 'object' || part === null) return [];
  return [...(Object.isFrozen(part) ? [] : [part]), ...Object.values(part).flatMap(thawedParts)];
};

describe('ResourceStore', () => {
  let client: ScriptedClient;
  let clock: ManualClock;
  let store: ResourceStore<Thing>;
  let stop: AbortController;
  let watch: PendingWatch;
  let changes: string[];

  const version = (name = 'a'): string | undefined => store.get(name)?.metadata.resourceVersion;
  const list = async (resourceVersion: string, ...items: Thing[]): Promise<void> => {
    (await client.lists.next()).answer({ items, resourceVersion });
    watch = await client.watches.next();
  };
  const request = () => client.requests.next();

  beforeEach(async () => {
    client = new ScriptedClient();
    clock = new ManualClock();
    stop = new AbortController();
    const indexes = { color: ({ spec }: Readonly<Thing>) => [spec.color] };
    store = new ResourceStore<Thing>({ client, log: new MemoryLog(), clock, random: () => 1, indexes });
    store.start(stop.signal);
    await list('10', thing('a', '5'));
    await store.synced;
    changes = [];
    store.onChange((name, current, previous) =>
      changes.push(`${name} ${previous?.metadata.resourceVersion}>${current?.metadata.resourceVersion}`),
    );
  });
  afterEach(() => stop.abort());

  it('follows the watch', () => {
    watch.emit('ADDED', thing('b', '11'));
    watch.emit('MODIFIED', thing('a', '12'));
    expect([version('a'), version('b')]).to.deep.equal(['12', '11']);
    expect(store.byIndex('color', 'color 12')).to.deep.equal([thing('a', '12')]);
    watch.emit('DELETED', thing('a', '13'));
    expect(store.list()).to.deep.equal([thing('b', '11')]);
  });

  it('keeps objects of one name apart, where its client is for all namespaces', async () => {
    client = Object.assign(new ScriptedClient(), { namespace: '' });
    store = new ResourceStore<Thing>({ client, log: new MemoryLog(), clock, random: () => 1 });
    store.start(stop.signal);
    const inX = { namespace: 'x' };
    await list('10', thing('a', '5', inX), thing('a', '6', { namespace: 'y', uid: 'a-2' }));
    await store.synced;
    const replacing = store.replace(thing('a', '5', inX));
    (await request()).answer(thing('a', '11', inX));
    await replacing;
    expect([version('x/a'), version('y/a')]).to.deep.equal(['11', '6']);
    watch.emit('MODIFIED', thing('a', '11', inX));
    watch.emit('DELETED', thing('a', '12', inX));
    expect([version('x/a'), version('y/a')]).to.deep.equal([undefined, '6']);
  });

  it('shows any write at once, as it was stored, and guards it', async () => {
    const writing = store.write('a', () => client.replace(thing('a', '5')));
    (await request()).answer(thing('a', '11'));
    expect(await writing).to.deep.equal(thing('a', '11'));
    expect(version()).to.equal('11');
    const refused = store.write(
      'a',
      () => client.replace(thing('a', '11')),
      () => {
        throw new Error('leads no more');
      },
    );
    expect(await refused.catch(String)).to.equal('Error: leads no more');
    expect(client.requests.waiting).to.equal(0);
  });

  it('lets nobody change what it shows, wherever it comes from', async () => {
    const shown: unknown[] = [store.get('a'), ...store.list(), ...store.byIndex('color', 'color 5')];
    store.onChange((_, current, previous) => shown.push(current, previous));
    const answered = async (writing: Promise<unknown>, answer: Thing): Promise<void> => {
      (await request()).answer(answer);
      shown.push(await writing);
    };
    const held = { deletionTimestamp: 'now', finalizers: ['f'] };
    await answered(store.create(thing('b', '')), thing('b', '11'));
    await answered(store.replace(thing('a', '5')), thing('a', '12'));
    await answered(store.replaceStatus(thing('a', '12')), thing('a', '13'));
    await answered(store.read('a'), thing('a', '14'));
    await answered(store.delete('b'), thing('b', '15', held));
    watch.emit('ADDED', thing('c', '16', { labels: { a: 'b' } }));
    shown.push((await store.waitFor('c', () => true, { timeoutMs: 100 })).object);
    watch.emit('ERROR', { code: 410 });
    await settle();
    await list('20', thing('d', '17'));
    const objects = [...shown, ...store.list()].filter((each) => each !== undefined);
    expect(objects).to.have.length.above(15);
    expect(objects.flatMap(thawedParts)).to.deep.equal([]);
    expect(() => Object.assign(store.get('d')!, { spec: {} })).to.throw(TypeError);
  });

  it('keeps what it has of a list that brings the same, and tells nobody', async () => {
    const before = store.get('a');
    const refreshing = store.refresh();
    await list('20', thing('a', '5'), thing('b', '11'));
    await refreshing;
    expect(store.get('a')).to.equal(before);
    expect(changes).to.deep.equal(['b undefined>11']);
    expect(store.freshness()).to.deep.equal({ synced: true, contactAgoMs: 0, failingForMs: 0 });
  });

  it('shows a write as soon as it is answered, and once only', async () => {
    const writing = store.replace(thing('a', '5'));
    (await request()).answer(thing('a', '11'));
    expect(await writing).to.deep.equal(thing('a', '11'));
    expect(version()).to.equal('11');
    watch.emit('MODIFIED', thing('a', '11'));
    expect(changes).to.deep.equal(['a 5>11']);
    watch.emit('MODIFIED', thing('a', '12'));
    expect(version()).to.equal('12');
  });

  it('does not show what is older than an answered write', async () => {
    const writing = store.create(thing('b', ''));
    (await request()).answer(thing('b', '14'));
    await writing;
    const writingA = store.replace(thing('a', '12'));
    (await request()).answer(thing('a', '15'));
    await writingA;
    for (const old of ['11', '12']) watch.emit('MODIFIED', thing('a', old));
    expect([version('a'), version('b')]).to.deep.equal(['15', '14']);
    watch.emit('ADDED', thing('b', '14'));
    watch.emit('MODIFIED', thing('a', '15'));
    expect(changes).to.deep.equal(['b undefined>14', 'a 5>15']);
  });

  it('does not go back when the watch was faster than the answer', async () => {
    const writing = store.replace(thing('a', '5'));
    const pending = await request();
    watch.emit('MODIFIED', thing('a', '11'));
    watch.emit('MODIFIED', thing('a', '12'));
    pending.answer(thing('a', '11'));
    await writing;
    expect(version()).to.equal('12');
    watch.emit('MODIFIED', thing('a', '13'));
    expect(version()).to.equal('13');
  });

  it('waits for no confirmation of a write that changed nothing', async () => {
    const writing = store.replaceStatus(thing('a', '5'));
    (await request()).answer(thing('a', '5'));
    await writing;
    watch.emit('MODIFIED', thing('a', '11'));
    expect(version()).to.equal('11');
  });

  it('shows the last of several writes, one of a name at a time', async () => {
    const first = store.replace(thing('a', '5'));
    const second = store.replaceStatus(thing('a', '11'));
    const pending = await request();
    expect([pending.args.verb, client.requests.waiting]).to.deep.equal(['replace', 0]);
    pending.answer(thing('a', '11'));
    await first;
    (await request()).answer(thing('a', '12'));
    await second;
    watch.emit('MODIFIED', thing('a', '11'));
    expect(version()).to.equal('12');
    watch.emit('MODIFIED', thing('a', '12'));
    watch.emit('MODIFIED', thing('a', '13'));
    expect(version()).to.equal('13');
  });

  it('hands on what a write fails with, and goes on', async () => {
    const writing = store.replace(thing('a', '4'));
    const conflict = new KubeError('conflict', { status: 409 });
    (await request()).fail(conflict);
    expect(await writing.catch((error: unknown) => error)).to.equal(conflict);
    watch.emit('MODIFIED', thing('a', '11'));
    expect(version()).to.equal('11');
    const again = store.replace(thing('a', '11'));
    (await request()).answer(thing('a', '12'));
    await again;
    expect(version()).to.equal('12');
  });

  describe('delete', () => {
    it('shows an object that a finalizer holds as a write', async () => {
      const deleting = store.delete('a');
      (await request()).answer(thing('a', '11', { deletionTimestamp: 'now', finalizers: ['f'] }));
      expect((await deleting)?.metadata.deletionTimestamp).to.equal('now');
      expect(store.get('a')?.metadata.deletionTimestamp).to.equal('now');
    });

    it('does not show again what is gone', async () => {
      const deleting = store.delete('a', { uid: 'a-1' });
      (await request()).answer(undefined);
      expect(await deleting).to.equal(undefined);
      watch.emit('MODIFIED', thing('a', '11'));
      expect(version()).to.equal(undefined);
      watch.emit('DELETED', thing('a', '12'));
      watch.emit('ADDED', thing('a', '13', { uid: 'a-2' }));
      expect(changes).to.deep.equal(['a 5>undefined', 'a undefined>13']);
    });

    it('takes the answer to removing the last finalizer for what it is: gone, under the old version', async () => {
      const writing = store.replace(thing('a', '5'));
      (await request()).answer(thing('a', '5', { deletionTimestamp: 'now', finalizers: [] }));
      await writing;
      expect(version()).to.equal(undefined);
      watch.emit('DELETED', thing('a', '11'));
      watch.emit('ADDED', thing('a', '12', { uid: 'a-2' }));
      expect(version()).to.equal('12');
    });

    it('leaves alone what was made in its place before the answer came', async () => {
      const deleting = store.delete('a');
      const pending = await request();
      watch.emit('DELETED', thing('a', '11'));
      watch.emit('ADDED', thing('a', '12', { uid: 'a-2' }));
      pending.answer(undefined);
      await deleting;
      expect(version()).to.equal('12');
    });

    it('and creation under the same name: the deletion of the old object does not hide the new one', async () => {
      const deleting = store.delete('a');
      (await request()).answer(undefined);
      await deleting;
      const creating = store.create(thing('a', ''));
      (await request()).answer(thing('a', '12', { uid: 'a-2' }));
      await creating;
      watch.emit('DELETED', thing('a', '11'));
      expect(version()).to.equal('12');
      watch.emit('ADDED', thing('a', '12', { uid: 'a-2' }));
      watch.emit('DELETED', thing('a', '13', { uid: 'a-2' }));
      expect(changes).to.deep.equal(['a 5>undefined', 'a undefined>12', 'a 12>undefined']);
    });

    it('by another, of what was just written, is believed', async () => {
      const creating = store.create(thing('b', ''));
      (await request()).answer(thing('b', '11'));
      await creating;
      watch.emit('DELETED', thing('b', '12'));
      expect(version('b')).to.equal(undefined);
    });
  });

  describe('a new list', () => {
    const relist = async (): Promise<void> => {
      watch.emit('ERROR', { code: 410 });
      await settle();
    };

    it('removes what vanished, and is believed over writes that were answered before it began', async () => {
      const creating = store.create(thing('b', ''));
      (await request()).answer(thing('b', '11'));
      await creating;
      await relist();
      await list('20', thing('c', '15'));
      expect(store.list()).to.deep.equal([thing('c', '15')]);
    });

    it('does not hide a write that was answered while it ran', async () => {
      const creating = store.create(thing('b', ''));
      const pending = await request();
      await relist();
      pending.answer(thing('b', '21'));
      await creating;
      await list('20', thing('a', '5'));
      expect(version('b')).to.equal('21');
      watch.emit('ADDED', thing('b', '21'));
      watch.emit('MODIFIED', thing('b', '22'));
      expect(version('b')).to.equal('22');
    });

    it('that has the written version confirms it', async () => {
      const writing = store.replace(thing('a', '5'));
      const pending = await request();
      await relist();
      pending.answer(thing('a', '11'));
      await writing;
      await list('20', thing('a', '11'));
      watch.emit('MODIFIED', thing('a', '21'));
      expect(version()).to.equal('21');
    });

    it('that came before the answer, with the written version, is not undone by the answer', async () => {
      const writing = store.replace(thing('a', '5'));
      const pending = await request();
      await relist();
      await list('20', thing('a', '11'));
      watch.emit('MODIFIED', thing('a', '21'));
      pending.answer(thing('a', '11'));
      await writing;
      expect(version()).to.equal('21');
    });

    it('is asked for when the watch does not confirm a write in time', async () => {
      const writing = store.replace(thing('a', '5'));
      const pending = await request();
      await relist();
      await list('20', thing('a', '15')); // by another, after ours was stored
      pending.answer(thing('a', '11'));
      await writing;
      expect(version()).to.equal('11');
      clock.advance(10_000);
      await list('30', thing('a', '15'));
      expect(version()).to.equal('15');
      clock.advance(60_000);
      expect(client.lists.waiting).to.equal(0);
    });
  });

  describe('read', () => {
    it('shows what it found, until the watch has come so far', async () => {
      const reading = store.read('a');
      (await request()).answer(thing('a', '12'));
      expect(await reading).to.deep.equal(thing('a', '12'));
      watch.emit('MODIFIED', thing('a', '11'));
      expect(version()).to.equal('12');
      watch.emit('MODIFIED', thing('a', '12'));
      watch.emit('MODIFIED', thing('a', '13'));
      expect(version()).to.equal('13');
    });

    it('does not show any more what it did not find', async () => {
      const reading = store.read('a');
      (await request()).answer(undefined);
      expect(await reading).to.equal(undefined);
      watch.emit('MODIFIED', thing('a', '11'));
      expect(version()).to.equal(undefined);
      watch.emit('DELETED', thing('a', '12'));
      watch.emit('ADDED', thing('a', '13', { uid: 'a-2' }));
      expect(version()).to.equal('13');
    });

    it('keeps out of the cache what may be older than a write', async () => {
      const reading = store.read('a');
      const pendingRead = await request();
      const writing = store.replace(thing('a', '5'));
      (await request()).answer(thing('a', '11'));
      await writing;
      pendingRead.answer(thing('a', '5'));
      expect(await reading).to.deep.equal(thing('a', '5'));
      expect(version()).to.equal('11');
      watch.emit('MODIFIED', thing('a', '11'));
      watch.emit('MODIFIED', thing('a', '12'));
      expect(version()).to.equal('12');
    });

    it('waits for the writes of that name under way, and for no other', async () => {
      const writing = store.create(thing('b', ''));
      const creation = await request();
      const reading = store.read('b');
      const other = store.read('a');
      const next = await request();
      expect(next.args).to.include({ name: 'a' });
      next.answer(thing('a', '5'));
      await other;
      creation.answer(thing('b', '11'));
      await writing;
      (await request()).answer(thing('b', '11'));
      expect(await reading).to.deep.equal(thing('b', '11'));
    });

    it('keeps out of the cache what may be older than a list', async () => {
      const reading = store.read('a');
      const pending = await request();
      watch.emit('ERROR', { code: 410 });
      await list('20', thing('a', '15'));
      pending.answer(thing('a', '11'));
      await reading;
      expect(version()).to.equal('15');
    });
  });

  describe('waitFor', () => {
    const isGone = (object: unknown): boolean => object === undefined;
    const isAt = (wanted: string) => (object?: Thing) => object?.metadata.resourceVersion === wanted;

    it('answers at once when there is nothing to wait for', async () => {
      const result = await store.waitFor('a', isAt('5'), { timeoutMs: 100 });
      expect(result).to.deep.equal({ met: true, object: thing('a', '5') });
    });

    it('answers with what comes by the watch, or by a write of our own', async () => {
      const [written, gone] = [
        store.waitFor('a', isAt('11'), { timeoutMs: 100 }),
        store.waitFor('a', isGone, { timeoutMs: 100 }),
      ];
      const writing = store.replace(thing('a', '5'));
      (await request()).answer(thing('a', '11'));
      await writing;
      expect((await written).object).to.deep.equal(thing('a', '11'));
      watch.emit('DELETED', thing('a', '12'));
      expect(await gone).to.deep.equal({ met: true, object: undefined });
    });

    it('gives up in time, or when its signal fires, with the object as it is', async () => {
      const late = store.waitFor('a', isGone, { timeoutMs: 100 });
      const abort = new AbortController();
      const aborted = store.waitFor('a', isGone, { timeoutMs: 100, signal: abort.signal });
      abort.abort();
      expect(await aborted).to.deep.equal({ met: false, object: thing('a', '5') });
      clock.advance(100);
      expect(await late).to.deep.equal({ met: false, object: thing('a', '5') });
      const already = await store.waitFor('a', isGone, { timeoutMs: 100, signal: abort.signal });
      expect(already.met).to.equal(false);
      expect(clock.pending).to.have.length(1); // the watchdog of the watch
    });

    it('fails with what the predicate throws', async () => {
      const waiting = store.waitFor(
        'a',
        () => {
          throw new Error('bad predicate');
        },
        { timeoutMs: 100 },
      );
      expect(await waiting.catch((error: Error) => error.message)).to.equal('bad predicate');
    });
  });
});
