import { expect } from 'chai';
import { KubeError } from '../kube/errors.js';
import { ManualClock, MemoryLog, ScriptedClient, settle, thing, type Thing } from './harness.test.js';
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
    const watch = await client.watches.next();
    watch.emit('BOOKMARK', bookmark('8'));
    watch.fail(http(0));
    expect(await backoff()).to.equal(200);
  });

  for (const status of [0, 401, 403, 429, 500, 503]) {
    it(`keeps its place when a watch fails with ${status}`, async () => {
      await answerList('7');
      const watch = await client.watches.next();
      watch.emit('ADDED', thing('a', '8'));
      watch.fail(http(status));
      expect(await backoff()).to.equal(200);
      clock.advance(200);
      expect((await client.watches.next()).args.resourceVersion).to.equal('8');
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
    (await client.watches.next()).end();
    expect(await backoff()).to.equal(400);
  });

  it('takes a long quiet watch for health', async () => {
    await answerList('7');
    (await client.watches.next()).fail(http(0));
    clock.advance((await backoff()) ?? 0);
    const quiet = await client.watches.next();
    clock.advance(60_000);
    quiet.fail(http(0));
    expect(await backoff()).to.equal(200);
  });

  it('lists anew when asked to', async () => {
    await answerList('7');
    const watch = await client.watches.next();
    reflector.relist();
    expect(watch.args.signal.aborted).to.equal(true);
    await answerList('8', 'a');
    expect((await client.watches.next()).args.resourceVersion).to.equal('8');
    expect(log.at('warn')).to.deep.equal([]);
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
