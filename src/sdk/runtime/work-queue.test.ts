import { expect } from 'chai';
import { ManualClock } from './harness.test.js';
import { type Priority, WorkQueue } from './work-queue.js';

describe('WorkQueue', () => {
  let clock: ManualClock;
  let queue: WorkQueue;
  beforeEach(() => {
    clock = new ManualClock();
    queue = new WorkQueue({ clock, random: () => 1 });
  });

  it('hands out each key once, in order of arrival', async () => {
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.length).to.equal(3);
    expect([await queue.get(), await queue.get(), await queue.get()]).to.deep.equal(['a', 'b', 'c']);
  });

  it('hands a key to a worker who waits', async () => {
    const key = queue.get();
    queue.add('a');
    queue.add('a');
    expect(await key).to.equal('a');
    expect(queue.length).to.equal(0);
    queue.done('a');
    expect(queue.length).to.equal(1);
  });

  it('keeps a key that is worked on from others, and hands it out again afterwards', async () => {
    queue.add('a');
    await queue.get();
    queue.add('a');
    expect(queue.length).to.equal(0);
    queue.done('a');
    expect(await queue.get()).to.equal('a');
    queue.done('a');
    expect(queue.length).to.equal(0);
  });

  it('adds later, and of several wishes fulfils the earliest', () => {
    queue.addAfter('a', 100);
    queue.addAfter('a', 50);
    queue.addAfter('a', 70);
    clock.advance(49);
    expect(queue.length).to.equal(0);
    clock.advance(1);
    expect(queue.length).to.equal(1);
    expect(clock.pending).to.deep.equal([]);
  });

  it('doubles the wait of a key that fails, up to the longest, until it is forgotten', () => {
    const waits = Array.from({ length: 11 }, () => queue.addRateLimited('a'));
    expect(waits).to.deep.equal([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
    expect(queue.addRateLimited('b')).to.equal(200);
    queue.forget('a');
    expect(queue.addRateLimited('a')).to.equal(200);
  });

  it('varies the wait, but not down to nothing', () => {
    const least = new WorkQueue({ clock, random: () => 0 });
    expect([least.addRateLimited('a'), least.addRateLimited('a')]).to.deep.equal([100, 200]);
  });

  it('sends all workers home on shutdown, and takes nothing any more', async () => {
    const waiting = queue.get();
    queue.addAfter('a', 10);
    queue.shutdown();
    queue.add('b');
    queue.addAfter('b', 10);
    expect(await waiting).to.equal(undefined);
    expect(await queue.get()).to.equal(undefined);
    expect(clock.pending).to.deep.equal([]);
  });

  describe('with priorities', () => {
    const drain = async (): Promise<string> => {
      let taken = '';
      while (queue.length > 0) {
        const key = await queue.get();
        taken += key;
        queue.done(key!);
      }
      return taken;
    };
    const addAll = (keys: string, priority: Priority): void => {
      for (const key of keys) queue.add(key, priority);
    };

    it('hands out what a user waits for first, and of that what came first', async () => {
      addAll('ab', 'background');
      addAll('xyz', 'user');
      expect(await drain()).to.equal('xyzab');
    });

    it('moves a key up that a user waits for too, and none down', async () => {
      addAll('abc', 'background');
      addAll('xb', 'user');
      addAll('x', 'background');
      expect(queue.length).to.equal(4);
      expect(await drain()).to.equal('xbac');
    });

    it('lets the background have every eighth turn', async () => {
      addAll('abc', 'background');
      addAll('0123456789ABCDEFGH', 'user');
      expect(await drain()).to.equal('0123456a789ABCDbEFGHc');
    });

    it('keeps the priority of what is added to a key that is worked on', async () => {
      addAll('a', 'background');
      await queue.get();
      addAll('a', 'user');
      addAll('a', 'background');
      addAll('b', 'background');
      queue.done('a');
      expect(await drain()).to.equal('ab');
    });

    for (const [name, again] of [
      ['fails', () => queue.addRateLimited('b')],
      ['comes back later', () => queue.addAfter('b', 100)],
      ['comes back at once', () => queue.addAfter('b', 0)],
    ] as const) {
      it(`keeps the priority of a key that ${name}`, async () => {
        for (const [priority, order] of [
          ['user', 'bc'],
          ['background', 'cb'],
        ] as const) {
          queue.add('b', priority);
          await queue.get();
          again();
          queue.done('b');
          clock.advance(1000);
          queue.add('c', priority === 'user' ? 'background' : 'user');
          expect(await drain()).to.equal(order);
          queue.forget('b');
        }
      });
    }

    it('gives several wishes for later the highest of their priorities and the earliest time', async () => {
      queue.addAfter('a', 100, 'user');
      queue.addAfter('a', 50, 'background');
      queue.addAfter('c', 50, 'background');
      queue.addAfter('b', 50, 'background');
      queue.addAfter('b', 100, 'user');
      clock.advance(50);
      expect(clock.pending).to.deep.equal([]);
      addAll('d', 'background');
      expect(await drain()).to.equal('abcd');
    });
  });

  it('tells how long keys wait', async () => {
    const waits: number[] = [];
    queue = new WorkQueue({ clock, onTake: (waitedMs) => waits.push(waitedMs) });
    expect(queue.oldestMs).to.equal(0);
    const first = queue.get();
    queue.add('a');
    await first;
    clock.advance(1000);
    queue.add('b', 'background');
    clock.advance(5);
    queue.add('c', 'user');
    clock.advance(10);
    expect(queue.oldestMs).to.equal(15);
    queue.add('b', 'user'); // is moved up, and has waited no less for that
    expect(queue.oldestMs).to.equal(15);
    await queue.get();
    await queue.get();
    expect([queue.oldestMs, waits]).to.deep.equal([0, [0, 10, 15]]);
  });
});
