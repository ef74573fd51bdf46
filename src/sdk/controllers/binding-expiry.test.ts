import { expect } from 'chai';
import type { AnyBackend } from '../authoring/backend.js';
import { waiting } from '../authoring/outcome.js';
import type { ServiceBinding } from '../resources/kinds.js';
import { reconcileBinding } from './binding.js';
import { makeWorld, readyBinding, readyInstance, type World } from './harness.test.js';
import { Observer } from './observation.js';
import { observedBindings } from './observed.js';

const DAY_MS = 86_400_000;
const signal = new AbortController().signal;

describe('the expiry of a binding', () => {
  let unbound: string[];
  let world: World;
  const start = (expiresAtMs: number | undefined, backend: Partial<AnyBackend> = {}): void => {
    unbound = [];
    world = makeWorld({ unbind: async ({ name }) => void unbound.push(name), ...backend });
    const binding = readyBinding('b', 'web');
    const expiresAt = expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs).toISOString() };
    world.stores.instances.put(readyInstance('web'));
    world.stores.bindings.put({ ...binding, status: { ...binding.status, ...expiresAt } });
  };
  const reconcile = () => reconcileBinding(world, 'b', signal, new Observer(observedBindings));
  const conditions = (): string[] =>
    ((world.stores.bindings.get('b') as ServiceBinding).status!.conditions ?? []).map(
      ({ type, status }) => `${type} ${status}`,
    );

  it('is awaited, a day at a time', async () => {
    start(3 * DAY_MS);
    expect(await reconcile()).to.deep.equal({ requeueAfterMs: DAY_MS });
    world.clock.advance(2.5 * DAY_MS);
    expect(await reconcile()).to.deep.equal({ requeueAfterMs: DAY_MS / 2 });
    expect(unbound).to.deep.equal([]);
  });

  it('takes the credentials away, once, and says so', async () => {
    start(DAY_MS);
    world.clock.advance(DAY_MS);
    await reconcile();
    expect(await reconcile()).to.equal(undefined);
    expect(unbound).to.deep.equal(['b']);
    expect(conditions()).to.deep.equal(['Expired True']);
    expect(world.told).to.deep.equal([
      'Normal Expired: the time of the credentials is over: they were taken away',
    ]);
  });

  it('is not told while the backend is still at it, or does not answer', async () => {
    start(0, { unbind: async () => waiting('a job runs', { retryAfter: 7 }) });
    expect(await reconcile()).to.deep.equal({ requeueAfterMs: 7_000 });
    start(0, { unbind: () => Promise.reject(new Error('etcd is down')) });
    expect(await reconcile().catch((error: Error) => error.message)).to.equal('etcd is down');
    expect(conditions()).to.deep.equal([]);
  });

  it('is none where the binding has no end', async () => {
    start(undefined);
    expect(await reconcile()).to.equal(undefined);
    expect(world.stores.bindings.requests).to.deep.equal([]);
  });
});
