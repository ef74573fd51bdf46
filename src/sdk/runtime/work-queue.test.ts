import { expect } from 'chai';
import fc from 'fast-check';
import { ManualClock, settle } from './harness.test.js';
import { WorkQueue } from './work-queue.js';

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

  it('never gives a key to two workers, and loses none', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('addAfter' as const), key, ms: fc.integer({ min: 0, max: 20 }) }),
      fc.record({ do: fc.constant('fail' as const), key }),
      fc.record({ do: fc.constant('finish' as const), pick: fc.nat(2) }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 30 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const time = new ManualClock();
        const subject = new WorkQueue({ clock: time, random: Math.random });
        /** Keys of which something was asked, and no work begun since. */
        const owed = new Set<string>();
        const busy: string[] = [];
        const work = async (): Promise<void> => {
          for (let next = await subject.get(); next !== undefined; next = undefined) {
            expect(busy, 'one key on two workers').not.to.include(next);
            busy.push(next);
            owed.delete(next);
          }
        };
        const finish = (index: number): void => {
          const [done] = busy.splice(index % Math.max(1, busy.length), 1);
          if (done === undefined) return;
          subject.done(done);
          void work();
        };
        void work();
        void work();
        for (const one of steps) {
          if (one.do === 'finish') finish(one.pick);
          else if (one.do === 'advance') time.advance(one.ms);
          else {
            owed.add(one.key);
            if (one.do === 'add') subject.add(one.key);
            if (one.do === 'addAfter') subject.addAfter(one.key, one.ms);
            if (one.do === 'fail') subject.addRateLimited(one.key);
          }
          expect(subject.length).to.be.at.most(3);
          await Promise.resolve();
          await Promise.resolve();
        }
        time.advance(120_000);
        await settle();
        while (busy.length > 0) {
          finish(0);
          await settle();
        }
        expect([...owed], 'lost').to.deep.equal([]);
        expect(subject.length).to.equal(0);
        subject.shutdown();
      }),
      { numRuns: 200 },
    );
  });
});
