import { expect } from 'chai';
import { KubeError } from '../kube/errors.js';
import {
  ManualClock,
  MemoryLog,
  type PendingWatch,
  ScriptedClient,
  settle,
  thing,
  type Thing,
} from './harness.test.js';
import { Reflector } from './reflector.js';

const http = (status: number, retryAfterSeconds?: number): KubeError =>
  new KubeError(`HTTP ${status}`, { status, retryAfterSeconds });
const bookmark = (resourceVersion: string): object => ({ kind: 'Thing', metadata: { resourceVersion } });

describe('Reflector', () => {
  let client: ScriptedClient;
  let clock: ManualClock;
  let log: MemoryLog;
  let told: string[];
  let stop: AbortController;
  let reflector: Reflector<Thing>;
  let running: Promise<void>;

  beforeEach(() => {
    client = new ScriptedClient();
    clock = new ManualClock();
    log = new MemoryLog();
    told = [];
    stop = new AbortController();
    const target = {
      listBegins: () => void told.push('list begins'),
      replace: (things: Thing[]) => void told.push(`replace ${things.map((o) => o.metadata.name).join()}`),
      apply: (type: string, o: Thing) =>
        void told.push(`${type} ${o.metadata.name} ${o.metadata.resourceVersion}`),
    };
    reflector = new Reflector({ client, target, log, clock, labelSelector: 'a=b', random: () => 1 });
    running = reflector.run(stop.signal);
  });
  afterEach(async () => {
    stop.abort();
    await running;
    expect(clock.pending, 'timers left').to.deep.equal([]);
  });

  const answerList = async (resourceVersion: string, ...names: string[]): Promise<void> => {
    const items = names.map((name) => thing(name, '1'));
    (await client.lists.next()).answer({ items, resourceVersion });
  };
  /** The question whether the server is behind the version that is watched from. */
  const answerProbe = async (resourceVersion: string): Promise<void> => {
    const probe = await client.lists.next();
    expect(probe.args).to.deep.equal({ limit: 1, labelSelector: 'a=b' });
    probe.answer({ items: [thing('a', '1')], resourceVersion });
  };
  /** Waits until the reflector waits, and says for how long. */
  const backoff = async (): Promise<number | undefined> => {
    await settle();
    return clock.pending[0];
  };

  it('lists in pages, then watches from the version of the list', async () => {
    const first = await client.lists.next();
    expect(first.args).to.deep.equal({ limit: 500, labelSelector: 'a=b' });
    first.answer({ items: [thing('a', '1')], resourceVersion: '7', continue: 'next' });
    const second = await client.lists.next();
    expect(second.args).to.deep.equal({ limit: 500, labelSelector: 'a=b', continue: 'next' });
    second.answer({ items: [thing('b', '2')], resourceVersion: '8' });
    await reflector.synced;
    const watch = await client.watches.next();
    expect(watch.args).to.deep.include({ resourceVersion: '8', labelSelector: 'a=b' });
    watch.emit('ADDED', thing('c', '9'));
    watch.emit('DELETED', thing('a', '10'));
    expect(told).to.deep.equal(['list begins', 'replace a,b', 'ADDED c 9', 'DELETED a 10']);
  });

  it('keeps of a page what its target has already', async () => {
    const [held, replaced] = [thing('held', '1'), [] as Readonly<Thing>[][]];
    const target = {
      listBegins: () => undefined,
      listed: () => held,
      replace: (things: Readonly<Thing>[]) => void replaced.push(things),
      apply: () => undefined,
    };
    stop.abort();
    await running;
    await client.lists.next();
    stop = new AbortController();
    running = new Reflector<Thing>({ client, target, log, clock }).run(stop.signal);
    await answerList('7', 'a');
    await settle();
    expect(replaced[0]?.[0]).to.equal(held);
  });

  it('watches again from the last version, bookmarks included, when a watch ends', async () => {
    await answerList('7');
    const watch = await client.watches.next();
    watch.emit('ADDED', thing('a', '8'));
    watch.emit('BOOKMARK', bookmark('900'));
    watch.end();
    expect((await client.watches.next()).args.resourceVersion).to.equal('900');
    expect(told).to.deep.equal(['list begins', 'replace ', 'ADDED a 8']);
    expect(log.at('warn', 'error')).to.deep.equal([]);
  });

  for (const [name, breakWatch] of [
    ['on connect', (w: Awaited<ReturnType<typeof client.watches.next>>) => w.fail(http(410))],
    ['in the stream', (w: Awaited<ReturnType<typeof client.watches.next>>) => w.emit('ERROR', { code: 410 })],
  ] as const) {
    it(`lists again at once after 410 ${name}, but backs off when that goes on`, async () => {
      await answerList('7', 'a');
      breakWatch(await client.watches.next());
      await answerList('20', 'b');
      const watch = await client.watches.next();
      expect(watch.args.resourceVersion).to.equal('20');
      expect(told).to.deep.equal(['list begins', 'replace a', 'list begins', 'replace b']);
      breakWatch(watch);
      expect(await backoff()).to.equal(400);
      clock.advance(400);
      await answerList('30');
    });
  }

  it('lists again after any other failure within the stream, with backoff', async () => {
    await answerList('7');
    (await client.watches.next()).emit('ERROR', { code: 500 });
    expect(await backoff()).to.equal(200);
    clock.advance(200);
    await answerList('8');
  });

  it('backs off from failing lists, ever longer, and is never stopped by them', async () => {
    for (const wait of [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]) {
      (await client.lists.next()).fail(http(500));
      expect(await backoff()).to.equal(wait);
      clock.advance(wait);
    }
    await answerList('7');
    (await client.watches.next()).fail(http(0));
    expect(await backoff(), 'a list alone is no sign of health').to.equal(30_000);
    clock.advance(30_000);
    await answerProbe('7');
    const watch = await client.watches.next();
    watch.emit('BOOKMARK', bookmark('8'));
    watch.fail(http(0));
    expect(await backoff()).to.equal(200);
  });

  for (const status of [401, 403, 429]) {
    it(`goes on asking when its lists are answered with ${status}`, async () => {
      for (const wait of [200, 400]) {
        (await client.lists.next()).fail(http(status));
        expect(await backoff()).to.equal(wait);
        clock.advance(wait);
      }
      await answerList('7', 'a');
      await reflector.synced;
    });
  }

  for (const status of [0, 401, 403, 429, 500, 503]) {
    it(`keeps its place when a watch fails with ${status}`, async () => {
      await answerList('7');
      const watch = await client.watches.next();
      watch.emit('ADDED', thing('a', '8'));
      watch.fail(http(status));
      expect(await backoff()).to.equal(200);
      clock.advance(200);
      if (status === 0) await answerProbe('8');
      expect((await client.watches.next()).args.resourceVersion).to.equal('8');
      expect(told).to.deep.equal(['list begins', 'replace ', 'ADDED a 8']);
    });
  }

  for (const error of [http(400), http(504), new TypeError('a bug')]) {
    it(`lists again when a watch fails with ${error.message}`, async () => {
      await answerList('7');
      (await client.watches.next()).fail(error);
      clock.advance((await backoff()) ?? 0);
      await answerList('8');
    });
  }

  it('honours Retry-After, within reason', async () => {
    (await client.lists.next()).fail(http(429, 9));
    expect(await backoff()).to.equal(9000);
    clock.advance(9000);
    (await client.lists.next()).fail(http(429, 1e6));
    expect(await backoff()).to.equal(120_000);
  });

  it('begins again when a list expires between two pages', async () => {
    (await client.lists.next()).answer({ items: [thing('a', '1')], resourceVersion: '7', continue: 'x' });
    (await client.lists.next()).fail(http(410));
    const again = await client.lists.next();
    expect(again.args).to.not.have.property('continue');
    again.answer({ items: [], resourceVersion: '9' });
    await reflector.synced;
    expect(told).to.deep.equal(['list begins', 'list begins', 'replace ']);
  });

  it('gives up on a watch that falls silent, and takes nothing from it any more', async () => {
    await answerList('7');
    const silent = await client.watches.next();
    clock.advance(80_000);
    silent.emit('BOOKMARK', bookmark('8'));
    clock.advance(80_000);
    expect(silent.args.signal.aborted).to.equal(false);
    clock.advance(10_000);
    expect(silent.args.signal.aborted).to.equal(true);
    await answerProbe('9');
    const next = await client.watches.next();
    expect(next.args.resourceVersion).to.equal('8');
    silent.emit('ADDED', thing('late', '9'));
    expect(told).to.deep.equal(['list begins', 'replace ']);
  });

  it('does not spin when each watch ends at once', async () => {
    await answerList('7');
    (await client.watches.next()).end();
    expect(await backoff()).to.equal(200);
    clock.advance(200);
    await answerProbe('7');
    (await client.watches.next()).end();
    expect(await backoff()).to.equal(400);
  });

  it('takes a long quiet watch for health', async () => {
    await answerList('7');
    (await client.watches.next()).fail(http(0));
    clock.advance((await backoff()) ?? 0);
    await answerProbe('7');
    const quiet = await client.watches.next();
    clock.advance(60_000);
    quiet.fail(http(0));
    expect(await backoff()).to.equal(200);
  });

  it('stays with a quiet server that sends no bookmarks', async () => {
    await answerList('7');
    for (let i = 0; i < 3; i++) {
      const quiet = await client.watches.next();
      quiet.args.onOpen?.();
      clock.advance(90_000);
      await answerProbe(String(7 + i));
    }
    expect((await client.watches.next()).args.resourceVersion).to.equal('7');
    expect(reflector.freshness().failingForMs).to.equal(0);
    expect(log.at('info', 'warn')).to.deep.equal([]);
  });

  for (const [name, breakWatch] of [
    ['falls silent', (w: PendingWatch) => (w.args.onOpen?.(), clock.advance(90_000))],
    ['breaks', (w: PendingWatch) => w.fail(http(0))],
  ] as const) {
    it(`lists anew when a watch ${name} and the server has another history since`, async () => {
      await answerList('7', 'a');
      breakWatch(await client.watches.next());
      clock.advance((await backoff()) ?? 0);
      await answerProbe('5');
      await answerList('5', 'b');
      expect((await client.watches.next()).args.resourceVersion).to.equal('5');
      expect(log.at('warn')).to.include('the API server has another history; listing anew');
    });
  }

  it('does not mind versions that are no numbers', async () => {
    await answerList('abc');
    (await client.watches.next()).fail(http(0));
    clock.advance((await backoff()) ?? 0);
    await answerProbe('aaa');
    expect((await client.watches.next()).args.resourceVersion).to.equal('abc');
  });

  it('goes on asking when the question whether the server is behind fails', async () => {
    await answerList('7');
    (await client.watches.next()).fail(http(0));
    clock.advance((await backoff()) ?? 0);
    (await client.lists.next()).fail(http(503));
    clock.advance((await backoff()) ?? 0);
    await answerProbe('7');
    expect((await client.watches.next()).args.resourceVersion).to.equal('7');
  });

  it('leaves a watch behind that does not let go', async () => {
    const stuck: AbortSignal[] = [];
    client.watch = ({ signal }) => {
      stuck.push(signal);
      return new Promise(() => undefined);
    };
    await answerList('7');
    for (const wait of [200, 200]) {
      await settle();
      expect(stuck.at(-1)?.aborted).to.equal(false);
      clock.advance(90_000);
      expect(await backoff(), 'so long a wait is failure enough').to.equal(wait);
      clock.advance(wait);
      await answerProbe('7');
      expect(stuck.at(-1)?.aborted).to.equal(true);
    }
    expect(reflector.freshness().failingForMs).to.be.above(90_000);
    await settle();
    expect(stuck).to.have.length(3);
  });

  describe('what comes again', () => {
    let watch: PendingWatch;
    beforeEach(async () => {
      await answerList('7');
      watch = await client.watches.next();
      watch.emit('ADDED', thing('a', '8'));
      watch.emit('MODIFIED', thing('a', '9'));
      told.length = 0;
    });

    it('is not told twice, and does not set the place back', async () => {
      watch.emit('ADDED', thing('a', '8'));
      watch.emit('MODIFIED', thing('a', '9'));
      watch.emit('DELETED', thing('a', '10'));
      watch.emit('MODIFIED', thing('a', '9'));
      watch.emit('DELETED', thing('a', '10'));
      watch.end();
      const next = await client.watches.next();
      expect(next.args.resourceVersion).to.equal('10');
      next.emit('DELETED', thing('a', '10'));
      next.emit('ADDED', thing('a', '11'));
      expect(told).to.deep.equal(['DELETED a 10', 'ADDED a 11']);
    });

    it('is news after a list: another history may tell of other things by the same versions', async () => {
      watch.emit('ERROR', { code: 410 });
      await answerList('2');
      watch = await client.watches.next();
      watch.emit('MODIFIED', thing('a', '9'));
      expect(told).to.deep.equal(['list begins', 'replace ', 'MODIFIED a 9']);
    });

    it('is remembered for a good while, and not for ever', () => {
      for (let i = 10; i < 2000; i++) watch.emit('MODIFIED', thing('b', String(i)));
      told.length = 0;
      watch.emit('MODIFIED', thing('b', '1500'));
      watch.emit('MODIFIED', thing('b', '10'));
      expect(told).to.deep.equal(['MODIFIED b 10']);
    });
  });

  describe('asked to refresh', () => {
    let done: string[];
    const refresh = (name: string): void => void reflector.refresh().then(() => done.push(name));
    beforeEach(() => (done = []));

    it('ends its watch, lists anew, and says when that is taken in', async () => {
      await answerList('7');
      const watch = await client.watches.next();
      refresh('first');
      refresh('second');
      expect(watch.args.signal.aborted).to.equal(true);
      await settle();
      expect(done).to.deep.equal([]);
      await answerList('8', 'a');
      expect((await client.watches.next()).args.resourceVersion).to.equal('8');
      expect(done).to.deep.equal(['first', 'second']);
      expect(log.at('warn')).to.deep.equal([]);
    });

    it('does not count a list that was under way', async () => {
      const under = await client.lists.next();
      refresh('one');
      under.answer({ items: [thing('a', '1')], resourceVersion: '7' });
      const next = await client.lists.next();
      await reflector.synced;
      refresh('another');
      next.answer({ items: [], resourceVersion: '8' });
      await answerList('9');
      await client.watches.next();
      expect(done).to.deep.equal(['one', 'another']);
      expect(client.lists.waiting).to.equal(0);
    });

    it('keeps who asked waiting for as long as the API server fails', async () => {
      refresh('first');
      (await client.lists.next()).answer({ items: [], resourceVersion: '7' });
      (await client.lists.next()).fail(http(503));
      refresh('second');
      clock.advance((await backoff()) ?? 0);
      const page = await client.lists.next();
      page.answer({ items: [], resourceVersion: '8', continue: 'x' });
      (await client.lists.next()).fail(http(0));
      clock.advance((await backoff()) ?? 0);
      expect(done).to.deep.equal([]);
      await answerList('9');
      await client.watches.next();
      expect(done).to.deep.equal(['first', 'second']);
    });
  });

  describe('freshness', () => {
    it('tells of the first list, and of the last sign of life', async () => {
      const list = await client.lists.next();
      clock.advance(5);
      expect(reflector.freshness()).to.deep.equal({ synced: false, contactAgoMs: 5, failingForMs: 0 });
      list.answer({ items: [], resourceVersion: '7', continue: 'x' });
      const page = await client.lists.next();
      clock.advance(6);
      expect(reflector.freshness()).to.deep.equal({ synced: false, contactAgoMs: 6, failingForMs: 0 });
      page.answer({ items: [], resourceVersion: '7' });
      const watch = await client.watches.next();
      clock.advance(7);
      expect(reflector.freshness()).to.deep.equal({ synced: true, contactAgoMs: 7, failingForMs: 0 });
      watch.args.onOpen?.();
      clock.advance(8);
      expect(reflector.freshness().contactAgoMs).to.equal(8);
      watch.emit('BOOKMARK', bookmark('8'));
      expect(reflector.freshness().contactAgoMs).to.equal(0);
    });

    it('tells for how long list and watch have failed, until a watch is open for a moment', async () => {
      const failingForMs = (): number => reflector.freshness().failingForMs;
      (await client.lists.next()).fail(http(0));
      clock.advance((await backoff()) ?? 0);
      await answerList('7');
      const short = await client.watches.next();
      expect(failingForMs(), 'a list alone does not follow').to.equal(200);
      short.args.onOpen?.();
      clock.advance(500);
      expect(failingForMs()).to.equal(700);
      short.fail(http(0));
      clock.advance((await backoff()) ?? 0);
      await answerProbe('7');
      const next = await client.watches.next();
      next.args.onOpen?.();
      clock.advance(1000);
      expect(failingForMs()).to.equal(0);
      next.fail(http(0));
      await backoff();
      expect(failingForMs(), 'a new failure').to.equal(0);
      clock.advance(1600);
      expect(failingForMs()).to.equal(1600);
      await answerProbe('7');
      (await client.watches.next()).emit('BOOKMARK', bookmark('8'));
      expect(failingForMs()).to.equal(0);
    });
  });

  it('lists anew after some hours, at the end of a watch', async () => {
    await answerList('7');
    for (let hours = 0; hours < 10; hours++) {
      const watch = await client.watches.next();
      for (let i = 0; i < 60; i++) {
        clock.advance(60_000);
        watch.emit('BOOKMARK', bookmark('8'));
      }
      watch.end();
    }
    await answerList('9');
  });

  it('ends when its signal fires, even while a list is unanswered or it backs off', async () => {
    const list = await client.lists.next();
    stop.abort();
    await running;
    list.fail(http(500)); // nobody listens any more, and that is no unhandled rejection
    stop = new AbortController();
    running = reflector.run(stop.signal);
    (await client.lists.next()).fail(http(500));
    await backoff();
    stop.abort();
    await running;
    expect(log.at('warn')).to.have.length(1);
  });
});
