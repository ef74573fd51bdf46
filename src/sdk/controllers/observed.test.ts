import { expect } from 'chai';
import type { AnyBackend, Observation, ObservedCondition } from '../authoring/backend.js';
import { done } from '../authoring/outcome.js';
import { FINALIZER, type ServiceBinding, type ServiceInstance } from '../resources/kinds.js';
import { reconcileBinding } from './binding.js';
import { makeWorld, readyBinding, readyInstance, type World } from './harness.test.js';
import { Observer } from './observation.js';
import { observedBindings } from './observed.js';

const signal = new AbortController().signal;
const LEAKED: ObservedCondition = { type: 'Leaked', status: 'True', reason: 'Found', message: 'it is known' };
const READY = {
  type: 'Ready',
  status: 'True',
  reason: 'R',
  message: '',
  lastTransitionTime: 'then',
} as const;

describe('the look at a binding whose credentials are there', () => {
  let seen: Observation | undefined;
  let calls: string[];
  let world: World;
  let observer: Observer<ServiceBinding>;

  /** As it is once all has succeeded, the provision with the settings of then. */
  const start = (backend: Partial<AnyBackend> = {}): void => {
    calls = [];
    const called =
      (name: string) =>
      async ({ operationId, instance }: { operationId: string; instance: { settings: object } }) =>
        void calls.push(`${name} ${operationId} ${JSON.stringify(instance.settings)}`);
    world = makeWorld({
      bind: async () => expect.fail('it was bound again'),
      observeBinding: async () => seen,
      repairBinding: called('repair'),
      unbind: async () => void calls.push('unbind'),
      ...backend,
    });
    const ready = readyInstance('web');
    const resolvedPlan = { ...ready.spec.resolvedPlan!, settings: { as: 'applied' } };
    change('instances', {
      ...ready,
      status: { ...ready.status, applied: { ...ready.status!.applied!, resolvedPlan } },
    });
    change('bindings', readyBinding('b', 'web'));
  };
  const change = <Kind extends 'instances' | 'bindings'>(
    kind: Kind,
    object: Kind extends 'bindings' ? ServiceBinding : ServiceInstance,
  ): void => void (world.stores[kind].put as (put: object) => object)(object);
  const binding = () => world.stores.bindings.get('b')!;
  const instance = () => world.stores.instances.get('web')!;
  const look = () => reconcileBinding(world, 'b', signal, observer);
  const conditions = () =>
    (binding().status!.conditions ?? []).map(({ type, status }) => `${type} ${status}`);

  beforeEach(() => {
    seen = undefined;
    observer = new Observer(observedBindings);
    start();
  });

  it('costs no request where there is nothing to say', async () => {
    expect(await look()).to.equal(undefined);
    expect(world.stores.bindings.requests).to.deep.equal([]);
    expect(world.told).to.deep.equal([]);
  });

  it('writes a condition beside those of the broker, and tells of it', async () => {
    change('bindings', { ...binding(), status: { ...binding().status, conditions: [READY] } });
    seen = {
      conditions: [LEAKED, { ...LEAKED, type: 'Ready', status: 'False' }, { ...LEAKED, type: 'Expired' }],
    };
    await look();
    await look();
    expect(conditions()).to.deep.equal(['Ready True', 'Leaked True']);
    expect(world.told).to.deep.equal(['Warning Found: it is known']);
    expect(world.stores.bindings.requests).to.deep.equal(['replaceStatus b']);
  });

  it('has put right what is not as bind made it, with the settings of then, and leaves the credentials', async () => {
    seen = { repair: 'the role is missing' };
    expect(await look()).to.deep.equal({ requeueAfterMs: 750 });
    expect(await look()).to.deep.equal({ requeueAfterMs: 750 });
    expect(calls).to.deep.equal(['repair bind-b {"as":"applied"}']);
    seen = undefined;
    await look();
    expect(world.told).to.deep.equal([
      'Warning Drifted: the role is missing',
      'Normal Repaired: put right: the role is missing',
    ]);
    expect([...world.stores.secrets.requests, ...world.stores.bindings.requests]).to.deep.equal([]);
  });

  it('fails where it wants a repair that the backend does not have', async () => {
    start({ repairBinding: undefined as never });
    seen = { repair: 'the role is missing' };
    expect(await look().catch((error: Error) => error.message)).to.equal(
      'the backend backend has no repairBinding',
    );
  });

  it('goes on until the time of the credentials is over, and no longer', async () => {
    seen = { conditions: [LEAKED], againAfter: 60 };
    change('bindings', {
      ...binding(),
      status: { ...binding().status, expiresAt: new Date(100_000).toISOString() },
    });
    expect(await look()).to.deep.equal({ requeueAfterMs: 60_000 });
    world.clock.advance(60_000);
    expect(await look()).to.deep.equal({ requeueAfterMs: 40_000 });
    world.clock.advance(40_000);
    await look();
    expect(calls).to.deep.equal(['unbind']);
    seen = { repair: 'the role is missing' };
    await look();
    expect(calls).to.deep.equal(['unbind']);
    expect(conditions()).to.deep.equal(['Leaked True', 'Expired True']);
  });

  it('follows soon after bind', async () => {
    const waits = async (): Promise<unknown> => {
      const { status: _, ...unbound } = readyBinding('b', 'web');
      change('bindings', unbound);
      return look();
    };
    start({ bind: async () => done({}) });
    expect(await waits()).to.deep.equal({ requeueAfterMs: 1_000 });
    start({ bind: async () => done({}), observeBinding: undefined as never });
    expect(await waits()).to.equal(undefined);
  });

  describe('is spared one', () => {
    beforeEach(() => start({ observeBinding: () => Promise.reject(new Error('it was asked')) }));
    const deleted = { deletionTimestamp: new Date(0).toISOString() };

    it('whose bind failed', async () => {
      const { status } = binding();
      const lastOperation = { ...status!.lastOperation!, state: 'failed' as const };
      change('bindings', { ...binding(), status: { ...status, lastOperation } });
      expect(await look()).to.equal(undefined);
    });

    it('that is being unbound', async () => {
      const metadata = { ...binding().metadata, ...deleted, finalizers: [FINALIZER] };
      change('bindings', { ...binding(), metadata });
      await look();
      expect(calls).to.deep.equal(['unbind']);
    });

    it('whose instance is being deprovisioned', async () => {
      change('instances', { ...instance(), metadata: { ...instance().metadata, ...deleted } });
      expect(await look()).to.equal(undefined);
    });

    it('whose instance is being updated', async () => {
      change('instances', { ...instance(), metadata: { ...instance().metadata, generation: 2 } });
      expect(await look()).to.equal(undefined);
    });

    it('whose instance failed to be updated', async () => {
      const { status } = instance();
      const lastOperation = { ...status!.lastOperation!, state: 'failed' as const };
      change('instances', { ...instance(), status: { ...status, lastOperation } });
      expect(await look()).to.equal(undefined);
    });
  });
});
