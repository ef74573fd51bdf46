import { expect } from 'chai';
import { KubeError } from '../kube/errors.js';
import { Controller, type ReconcileResult } from './controller.js';
import { Calls, ManualClock, MemoryLog, settle } from './harness.test.js';

interface Run {
  key: string;
  signal: AbortSignal;
  finish(result?: ReconcileResult): void;
  fail(error: unknown): void;
}

describe('Controller', () => {
  let clock: ManualClock;
  let log: MemoryLog;
  let runs: Calls<Run>;
  let stop: AbortController;
  let controller: Controller;

  const start = (concurrency: number, graceMs = 0): void => {
    controller = new Controller({
      name: 'test',
      log,
      concurrency,
      graceMs,
      queue: { clock, random: () => 1 },
      reconcile: (key, signal) =>
        new Promise((finish, fail) => runs.put({ key, signal, finish: (result) => finish(result), fail })),
    });
    controller.start(stop.signal);
  };
  beforeEach(() => {
    clock = new ManualClock();
    log = new MemoryLog();
    runs = new Calls();
    stop = new AbortController();
    start(2);
  });

  it('works on as many keys at a time as it may', async () => {
    for (const key of ['a', 'b', 'c']) controller.enqueue(key);
    const [a, b] = [await runs.next(), await runs.next()];
    await settle();
    expect([a.key, b.key, runs.waiting]).to.deep.equal(['a', 'b', 0]);
    a.finish();
    expect((await runs.next()).key).to.equal('c');
  });

  it('works on what a user waits for before the rest, and retries it before the rest', async () => {
    controller.enqueue('a');
    controller.enqueue('b', 'background');
    const [a, b] = [await runs.next(), await runs.next()];
    controller.enqueue('rest', 'background');
    a.fail(new Error('broken'));
    const rest = await runs.next();
    controller.enqueue('more', 'background');
    clock.advance(200); // the retry of a
    b.finish();
    expect((await runs.next()).key).to.equal('a');
    rest.finish();
    expect((await runs.next()).key).to.equal('more');
  });

  it('tells what waits', async () => {
    expect([controller.queue.length, controller.queue.oldestMs]).to.deep.equal([0, 0]);
    for (const key of ['a', 'b', 'c', 'd']) controller.enqueue(key);
    await settle();
    clock.advance(70);
    expect([controller.queue.length, controller.queue.oldestMs]).to.deep.equal([2, 70]);
  });

  it('lets the process have a turn now and then, however many keys there are', async () => {
    const worked: string[] = [];
    const busy = new Controller({
      name: 'test',
      log,
      concurrency: 3,
      queue: { clock },
      reconcile: async (key) => void worked.push(key),
    });
    for (let i = 0; i < 120; i++) busy.enqueue(String(i));
    busy.start(stop.signal);
    await settle();
    expect(worked.length).to.be.within(40, 50);
    clock.advance(0);
    await settle();
    expect(worked.length).to.be.within(80, 100);
    clock.advance(0);
    await settle();
    expect(worked).to.have.length(120);
    await busy.stop();
  });

  it('comes back when asked to', async () => {
    controller.enqueue('a');
    (await runs.next()).finish({ requeueAfterMs: 500 });
    await settle();
    expect(clock.pending).to.deep.equal([500]);
    clock.advance(500);
    expect((await runs.next()).key).to.equal('a');
  });

  it('retries what fails, ever later, and forgets that after a success', async () => {
    const waits: (number | undefined)[] = [];
    controller.enqueue('a');
    for (const outcome of ['fail', 'fail', 'finish', 'fail']) {
      const run = await runs.next();
      if (outcome === 'fail') run.fail(new Error('broken'));
      else run.finish({ requeueAfterMs: 7 });
      await settle();
      waits.push(clock.pending[0]);
      clock.advance(1000);
    }
    expect(waits).to.deep.equal([200, 400, 7, 200]);
    expect(log.at('error', 'warn')).to.deep.equal(Array(3).fill('reconcile failed; trying again'));
  });

  it('retries soon and quietly after a conflict', async () => {
    controller.enqueue('a');
    (await runs.next()).fail(new KubeError('changed', { status: 409, reason: 'Conflict' }));
    await settle();
    expect(clock.pending).to.deep.equal([150]);
    expect(log.at('error', 'warn', 'info')).to.deep.equal([]);
  });

  it('survives a reconcile that throws at once', async () => {
    const thrower = new Controller({
      name: 'test',
      log,
      concurrency: 1,
      queue: { clock },
      reconcile: () => {
        throw new Error('at once');
      },
    });
    thrower.start(stop.signal);
    thrower.enqueue('a');
    await settle();
    expect(clock.pending).to.have.length(1);
    await thrower.stop();
  });

  it('interrupts what is out of date, and runs it again at once', async () => {
    controller.enqueue('a');
    const first = await runs.next();
    controller.interrupt('a');
    expect(first.signal.aborted).to.equal(true);
    await settle();
    expect(runs.waiting, 'two at a time').to.equal(0);
    first.fail(first.signal.reason);
    const second = await runs.next();
    expect(second.signal.aborted).to.equal(false);
    second.finish();
    await settle();
    expect(log.at('error', 'warn')).to.deep.equal([]);
    expect(clock.pending).to.deep.equal([]);
  });

  it('runs an interrupted key again even if it took no notice', async () => {
    controller.enqueue('a');
    const first = await runs.next();
    controller.interrupt('a');
    first.finish();
    expect((await runs.next()).key).to.equal('a');
  });

  describe('with a grace', () => {
    const GRACE_MS = 5000;
    beforeEach(async () => {
      await controller.stop();
      start(2, GRACE_MS);
    });

    it('lets what is interrupted end by itself, and runs it again at once', async () => {
      controller.enqueue('a');
      const first = await runs.next();
      controller.interrupt('a');
      clock.advance(GRACE_MS - 1);
      expect(first.signal.aborted).to.equal(false);
      first.finish();
      await runs.next();
      expect(clock.pending).to.deep.equal([]);
    });

    it('cuts off what does not end by itself, and gives what it had sent the same time before it goes on', async () => {
      controller.enqueue('a');
      const first = await runs.next();
      controller.interrupt('a');
      clock.advance(GRACE_MS);
      expect(first.signal.aborted).to.equal(true);
      first.fail(first.signal.reason);
      await settle();
      clock.advance(GRACE_MS - 1);
      await settle();
      expect(runs.waiting).to.equal(0);
      clock.advance(1);
      expect((await runs.next()).signal.aborted).to.equal(false);
    });

    it('lets what runs end by itself when it is stopped', async () => {
      controller.enqueue('a');
      const run = await runs.next();
      const stopping = controller.stop();
      await settle();
      expect(run.signal.aborted).to.equal(false);
      run.finish();
      await stopping;
      expect(clock.pending).to.deep.equal([]);
    });

    it('has not stopped before what it cut off has had its time', async () => {
      controller.enqueue('a');
      const run = await runs.next();
      let isStopped = false;
      const stopping = controller.stop().then(() => (isStopped = true));
      clock.advance(GRACE_MS);
      run.fail(run.signal.reason);
      await settle();
      expect([run.signal.aborted, isStopped]).to.deep.equal([true, false]);
      clock.advance(GRACE_MS);
      await stopping;
    });

    it('ends at once when its signal fires', async () => {
      controller.enqueue('a');
      const run = await runs.next();
      stop.abort();
      expect(run.signal.aborted).to.equal(true);
      run.fail(run.signal.reason);
      await controller.stop();
    });
  });

  it('takes an interrupt of what does not run for an enqueue', async () => {
    controller.interrupt('a');
    const run = await runs.next();
    expect([run.key, run.signal.aborted]).to.deep.equal(['a', false]);
  });

  it('on stop aborts what runs, waits for it, and takes up nothing more', async () => {
    for (const key of ['a', 'b', 'c']) controller.enqueue(key);
    const [a, b] = [await runs.next(), await runs.next()];
    let stopped = false;
    stop.abort();
    const stopping = controller.stop().then(() => (stopped = true));
    expect([a.signal.aborted, b.signal.aborted]).to.deep.equal([true, true]);
    a.fail(a.signal.reason);
    await settle();
    expect(stopped).to.equal(false);
    b.finish({ requeueAfterMs: 5 });
    await stopping;
    expect([runs.waiting, clock.pending.length]).to.deep.equal([0, 0]);
    expect(log.at('error', 'warn')).to.deep.equal([]);
  });
});
