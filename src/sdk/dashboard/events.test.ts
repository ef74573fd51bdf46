import { expect } from 'chai';
import { KubeError } from '../kube/errors.js';
import type { KubeEvent } from '../kube/events.js';
import { EVENTS } from '../kube/events.js';
import { ManualClock, settle } from '../runtime/harness.test.js';
import type { Log } from '../telemetry/log.js';
import { type EventClient, InstanceEvents } from './events.js';

const eventAbout = (uid: string, name: string): KubeEvent => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name, resourceVersion: name },
  involvedObject: { apiVersion: 'v1', kind: 'ServiceInstance', name: 'web', uid },
  type: 'Normal',
  reason: 'Provisioning',
  message: 'at work',
  source: { component: 'x' },
  reportingComponent: 'x',
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: '2026-01-01T00:00:00Z',
  count: 1,
});

describe('the events about instances', () => {
  let clock: ManualClock;
  let warnings: string[];
  let asked: (string | undefined)[];
  let watching: { tell: (event: KubeEvent) => void; signal: AbortSignal } | undefined;
  const nothing = (): undefined => undefined;
  const log: Log = {
    debug: nothing,
    info: nothing,
    warn: (message) => warnings.push(message),
    error: (message) => warnings.push(message),
    child: () => log,
  };

  beforeEach(() => {
    clock = new ManualClock();
    warnings = [];
    asked = [];
    watching = undefined;
  });

  const eventsFrom = (list: EventClient['list']): InstanceEvents =>
    new InstanceEvents({
      client: {
        type: EVENTS,
        list: (options) => {
          asked.push(options?.fieldSelector);
          return list(options);
        },
        watch: ({ signal }, onEvent) =>
          new Promise((resolve) => {
            watching = { tell: (object) => onEvent({ type: 'ADDED', object }), signal };
            signal.addEventListener('abort', () => resolve());
          }),
      },
      log,
      clock,
      random: () => 0.5,
    });

  const page = async () => ({
    items: [eventAbout('one', 'a'), eventAbout('two', 'b')],
    resourceVersion: '1',
  });

  it('are followed by one watch while somebody looks, and forgotten a while after', async () => {
    const events = eventsFrom(page);
    expect(events.of('one')).to.equal(undefined);
    expect(asked).to.deep.equal([]);
    const [leave, leaveToo] = [events.use(), events.use()];
    await events.ready();
    expect(events.of('one')!.map(({ metadata }) => metadata.name)).to.deep.equal(['a']);
    expect(events.of('three')).to.deep.equal([]);
    await settle();
    const about: string[] = [];
    const forget = events.onChange((uid) => about.push(uid));
    watching!.tell(eventAbout('one', 'c'));
    expect([about, events.of('one')!.length]).to.deep.equal([['one'], 2]);
    forget();
    leave();
    leave(); // counts once
    clock.advance(61_000);
    expect(events.of('one')).to.have.lengthOf(2);
    leaveToo();
    clock.advance(30_000);
    events.use()();
    clock.advance(59_000);
    expect(events.of('one')).to.have.lengthOf(2);
    clock.advance(1000);
    expect(watching!.signal.aborted).to.equal(true);
    expect(events.of('one')).to.equal(undefined);
    expect(asked).to.deep.equal(['involvedObject.kind=ServiceInstance']);
  });

  it('are not known where the broker may not read them, which is said once', async () => {
    const events = eventsFrom(async () => {
      throw new KubeError('list events: 403', { status: 403, reason: 'Forbidden' });
    });
    events.use();
    events.use();
    await events.ready();
    await settle();
    expect(events.of('one')).to.equal(undefined);
    expect(asked).to.have.lengthOf(1);
    expect(warnings)
      .to.have.lengthOf(1)
      .and.match(/may not list and watch them/);
  });

  it('do not keep a page waiting when the API server does not answer', async () => {
    const events = eventsFrom(() => new Promise(() => undefined));
    events.use();
    let isReady = false;
    const ready = events.ready().then(() => (isReady = true));
    await settle();
    expect(isReady).to.equal(false);
    clock.advance(2000);
    await ready;
    expect(events.of('one')).to.equal(undefined);
    events.close();
  });
});
