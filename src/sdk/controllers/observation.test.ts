import { expect } from 'chai';
import type { AnyBackend, Observation, ObservedCondition } from '../authoring/backend.js';
import { done } from '../authoring/outcome.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { settle } from '../runtime/harness.test.js';
import { makeWorld, readyInstance, type World } from './harness.test.js';
import { reconcileInstance } from './instance.js';
import { Observer } from './observation.js';
import { observedInstances } from './observed.js';

const signal = new AbortController().signal;
const EXCEEDED: ObservedCondition = {
  ...{ type: 'QuotaExceeded', status: 'True', reason: 'TooManyKeys', message: 'more than 10 keys' },
};
const WELL: ObservedCondition = {
  ...EXCEEDED,
  status: 'False',
  reason: 'WithinQuota',
  message: 'all is well',
};

/** As it is once a provision has succeeded with the settings of then. */
function instance(name = 'web'): ServiceInstance {
  const ready = readyInstance(name);
  const resolvedPlan = { ...ready.spec.resolvedPlan!, settings: { as: 'applied' } };
  return { ...ready, status: { ...ready.status, applied: { ...ready.status!.applied!, resolvedPlan } } };
}

describe('the look at an instance that is Ready', () => {
  let seen: Observation | undefined;
  let ensured: unknown[];
  let world: World;
  let observer: Observer<ServiceInstance>;

  const start = (backend: Partial<AnyBackend> = {}, object = instance()): void => {
    world = makeWorld({
      observe: async () => seen,
      ensure: async ({ settings }) => {
        ensured.push(settings);
        return done();
      },
      ...backend,
    });
    world.stores.instances.put(object);
  };
  const look = (name = 'web') => reconcileInstance(world, name, signal, observer);
  const conditions = () =>
    (world.stores.instances.get('web')!.status!.conditions ?? []).map(
      ({ type, status }) => `${type} ${status}`,
    );
  const writes = () => world.stores.instances.requests.filter((request) => request.startsWith('replace'));

  beforeEach(() => {
    seen = undefined;
    ensured = [];
    observer = new Observer(observedInstances);
    start();
  });

  it('costs no request where there is nothing to say', async () => {
    expect(await look()).to.equal(undefined);
    expect(world.stores.instances.requests).to.deep.equal([]);
    expect(world.told).to.deep.equal([]);
  });

  it('sees the settings with which it was made, whatever the offering says now', async () => {
    let settings: unknown;
    start({ observe: async (view) => void (settings = view.settings) });
    await look();
    expect(settings).to.deep.equal({ as: 'applied' });
  });

  it('is repeated when the backend wants it', async () => {
    seen = { againAfter: 60 };
    expect(await look()).to.deep.equal({ requeueAfterMs: 60_000 });
  });

  it('writes a condition once, and tells when it changes', async () => {
    seen = { conditions: [WELL] };
    await look();
    await look();
    expect(conditions()).to.deep.equal(['QuotaExceeded False']);
    expect([writes().length, world.told]).to.deep.equal([1, []]);
    seen = { conditions: [EXCEEDED] };
    await look();
    await look();
    expect(conditions()).to.deep.equal(['QuotaExceeded True']);
    expect([writes().length, world.told]).to.deep.equal([2, ['Warning TooManyKeys: more than 10 keys']]);
    seen = { conditions: [WELL] };
    await look();
    expect(world.told.at(-1)).to.equal('Normal WithinQuota: all is well');
    seen = {};
    await look();
    expect(conditions()).to.deep.equal([]);
  });

  it('leaves the conditions alone that tell of the operation', async () => {
    const state = {
      type: 'Ready',
      status: 'True',
      reason: 'R',
      message: '',
      lastTransitionTime: 'then',
    } as const;
    const ready = instance();
    start({}, { ...ready, status: { ...ready.status, conditions: [state] } });
    seen = { conditions: [{ ...EXCEEDED, type: 'Ready', status: 'False' }, EXCEEDED] };
    await look();
    expect(conditions()).to.deep.equal(['Ready True', 'QuotaExceeded True']);
  });

  it('has put right what is not as it was made, with the settings of then', async () => {
    seen = { repair: 'the role is missing' };
    await look();
    expect(ensured).to.deep.equal([{ as: 'applied' }]);
    expect(world.told, 'it was not seen to be right yet').to.deep.equal([
      'Warning Drifted: the role is missing',
    ]);
    seen = undefined;
    await look();
    await look();
    expect(world.told).to.deep.equal([
      'Warning Drifted: the role is missing',
      'Normal Repaired: put right: the role is missing',
    ]);
  });

  it('waits longer and longer where a repair does not help, and forgets that', async () => {
    seen = { repair: 'the role is missing' };
    const waits: number[] = [];
    for (let times = 0; times < 6; times++) {
      const again = await look();
      waits.push((again as { requeueAfterMs: number }).requeueAfterMs);
      world.clock.advance(times % 2 === 0 ? 10 : waits.at(-1)!); // woken early by a change, then in time
    }
    expect(ensured).to.have.length(3);
    expect(waits).to.deep.equal([750, 740, 1500, 1490, 3000, 2990]);
    seen = {};
    await look();
    world.clock.advance(10_001);
    await look();
    seen = { repair: 'the role is missing' };
    expect(await look()).to.deep.equal({ requeueAfterMs: 750 });
  });

  it('is not told to be put right where that failed', async () => {
    seen = { repair: 'the role is missing' };
    start({ ensure: () => Promise.reject(new Error('etcd is down')) });
    expect(await look().catch((error: Error) => error.message)).to.equal('etcd is down');
    expect(world.told).to.deep.equal(['Warning Drifted: the role is missing']);
  });

  for (const [what, change] of [
    ['whose last operation failed', { lastOperation: { state: 'failed' } }],
    ['that was never made', { applied: undefined }],
  ] as const)
    it(`is spared an instance ${what}`, async () => {
      const ready = instance();
      const { lastOperation } = ready.status!;
      const status = {
        ...ready.status,
        ...change,
        lastOperation: { ...lastOperation, ...('lastOperation' in change ? change.lastOperation : {}) },
      };
      start({ observe: () => Promise.reject(new Error('it was asked')) }, {
        ...ready,
        status,
      } as ServiceInstance);
      expect(await look()).to.equal(undefined);
    });

  it('leaves workers for what users wait for', async () => {
    const open: (() => void)[] = [];
    start({ observe: () => new Promise((resolve) => open.push(() => resolve())) });
    const names = Array.from({ length: 20 }, (_, index) => `web-${index}`);
    for (const name of names) world.stores.instances.put(instance(name));
    const looks = names.map((name) => look(name));
    await settle();
    expect(open).to.have.length(8);
    const turnedAway = (await Promise.all(looks.slice(8))) as { requeueAfterMs: number }[];
    expect(turnedAway.every(({ requeueAfterMs }) => requeueAfterMs > 0)).to.equal(true);
    open.forEach((end) => end());
    await Promise.all(looks);
    void look('web-19');
    await settle();
    expect(open).to.have.length(9);
  });

  it('ends in time, and nothing follows before what it had sent took effect', async () => {
    start({
      observe: ({ signal: own }) =>
        new Promise((_, reject) => own.addEventListener('abort', () => reject(own.reason as Error))),
    });
    world.callGraceMs = 5_000;
    let ended: string | undefined;
    void look().catch((error: Error) => (ended = error.message));
    await settle();
    world.clock.advance(30_000);
    await settle();
    expect(ended).to.equal(undefined);
    world.clock.advance(5_000);
    await settle();
    expect(ended).to.equal('the time for this is over');
  });
});
