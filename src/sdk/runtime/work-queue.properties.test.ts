// What holds of the queue whatever comes in which order.
import { expect } from 'chai';
import fc from 'fast-check';
import { ManualClock, settle } from './harness.test.js';
import { type Priority, WorkQueue } from './work-queue.js';

const BASE_MS = 100;
const MAX_MS = 5000;
const key = fc.constantFrom('a', 'b', 'c', 'd');
const priority = fc.constantFrom<Priority>('user', 'background');

/** A queue and some workers, of which each holds on to its key until it is told to finish. */
class World {
  readonly clock = new ManualClock();
  readonly queue: WorkQueue;
  /** Keys of which something was asked, and no work begun since. */
  readonly owed = new Set<string>();
  readonly busy: string[] = [];
  readonly #failures = new Map<string, number>();
  /** Said at the end, for nobody awaits the workers. */
  readonly problems: string[] = [];
  /** Workers that were sent home. */
  home = 0;
  isShutDown = false;

  constructor(random: () => number) {
    this.queue = new WorkQueue({ clock: this.clock, random, baseDelayMs: BASE_MS, maxDelayMs: MAX_MS });
  }

  async work(): Promise<void> {
    const next = await this.queue.get();
    if (next === undefined) return void this.home++;
    if (this.busy.includes(next)) this.problems.push(`${next} is on two workers`);
    this.busy.push(next);
    this.owed.delete(next);
  }

  add(key: string, priority: Priority): void {
    this.owed.add(key);
    this.queue.add(key, priority);
  }

  addAfter(key: string, ms: number): void {
    this.owed.add(key);
    this.queue.addAfter(key, ms);
  }

  fail(key: string): void {
    this.owed.add(key);
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const longest = Math.min(MAX_MS, BASE_MS * 2 ** failures);
    const ms = this.queue.addRateLimited(key);
    if (!this.isShutDown) expect(ms, 'backoff').to.be.within(longest / 2, longest);
  }

  forget(key: string): void {
    this.#failures.delete(key);
    this.queue.forget(key);
  }

  /** The worker is done, and looks for the next key. */
  finish(index: number): void {
    const [done] = this.busy.splice(index % Math.max(1, this.busy.length), 1);
    if (done === undefined) return;
    this.queue.done(done);
    void this.work();
  }
}

const step: fc.Arbitrary<(world: World) => void> = fc.oneof(
  fc.tuple(key, priority).map(
    ([k, p]) =>
      (world: World) =>
        world.add(k, p),
  ),
  fc.tuple(key, fc.nat(20)).map(
    ([k, ms]) =>
      (world: World) =>
        world.addAfter(k, ms),
  ),
  key.map((k) => (world: World) => world.fail(k)),
  key.map((k) => (world: World) => world.forget(k)),
  fc.nat(2).map((index) => (world: World) => world.finish(index)),
  fc.integer({ min: 1, max: 300 }).map((ms) => (world: World) => world.clock.advance(ms)),
);
const steps = fc.array(step, { maxLength: 60, size: 'max' });
const jitter = fc.double({ min: 0, max: 1, noNaN: true });

describe('WorkQueue, whatever comes', () => {
  const run = async (world: World, all: ((world: World) => void)[]): Promise<void> => {
    void world.work();
    void world.work();
    for (const one of all) {
      one(world);
      expect(world.queue.length, 'a key more than once').to.be.at.most(4 - world.busy.length);
      await Promise.resolve();
      await Promise.resolve();
    }
  };

  it('gives no key to two workers, keeps each once, backs off within bounds, and loses none', async () => {
    await fc.assert(
      fc.asyncProperty(steps, jitter, async (all, random) => {
        const world = new World(() => random);
        await run(world, all);
        world.clock.advance(2 * MAX_MS);
        await settle();
        while (world.busy.length > 0) {
          world.finish(0);
          await settle();
        }
        expect([...world.owed], 'lost').to.deep.equal([]);
        expect(world.problems).to.deep.equal([]);
        expect([world.queue.length, world.queue.oldestMs, world.clock.pending]).to.deep.equal([0, 0, []]);
        world.queue.shutdown();
      }),
      { numRuns: 300 },
    );
  });

  it('answers every worker once it is shut down, at whatever moment, and leaves no timer', async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, late) => {
        const world = new World(() => 1);
        await run(world, before);
        world.queue.shutdown();
        world.isShutDown = true;
        for (const one of late) one(world);
        while (world.busy.length > 0) world.finish(0);
        await settle();
        expect(world.home).to.equal(2);
        expect([world.queue.length, world.clock.pending]).to.deep.equal([0, []]);
      }),
      { numRuns: 200 },
    );
  });

  it('takes the keys of users first, in order of arrival, and yet a background one of any eight', async () => {
    const move = fc.option(fc.tuple(fc.integer({ min: 0, max: 40 }), priority), { freq: 2 });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 200, size: 'max' }), async (moves) => {
        const queue = new WorkQueue({ clock: new ManualClock() });
        const waiting: Record<Priority, string[]> = { user: [], background: [] };
        let usersInARow = 0;
        for (const one of moves) {
          if (one) {
            const [name, of] = [String(one[0]), one[1]];
            queue.add(name, of);
            const isUp = of === 'user' && waiting.background.includes(name);
            if (isUp) waiting.background.splice(waiting.background.indexOf(name), 1);
            if (isUp || ![...waiting.user, ...waiting.background].includes(name)) waiting[of].push(name);
            continue;
          }
          if (queue.length === 0) continue;
          const taken = (await queue.get())!;
          queue.done(taken);
          const from = waiting.user[0] === taken ? 'user' : 'background';
          expect(waiting[from].shift(), 'out of order').to.equal(taken);
          if (from === 'background' && waiting.user.length > 0) expect(usersInARow).to.be.at.least(7);
          usersInARow = from === 'user' && waiting.background.length > 0 ? usersInARow + 1 : 0;
          expect(usersInARow, 'the background starves').to.be.at.most(7);
        }
        expect(queue.length).to.equal(waiting.user.length + waiting.background.length);
      }),
      { numRuns: 300 },
    );
  });
});
