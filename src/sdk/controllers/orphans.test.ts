import { expect } from 'chai';
import type { HeldInstance } from '../authoring/backend.js';
import { waiting } from '../authoring/outcome.js';
import { makeWorld, readyBinding, readyInstance, type World } from './harness.test.js';
import { Orphans } from './orphans.js';

const signal = new AbortController().signal;

describe('the orphans in a backend', () => {
  let held: HeldInstance[] | Error;
  let removed: string[];
  let woken: string[];
  let destroy: () => Promise<any>;

  beforeEach(() => {
    held = [];
    removed = [];
    woken = [];
    destroy = async () => undefined;
  });

  const setUp = (orphans: 'report' | 'remove' = 'remove'): { world: World; orphans: Orphans } => {
    const world = makeWorld(
      {
        inventory: async () => {
          if (held instanceof Error) throw held;
          return held;
        },
        destroy: async (instance) => {
          removed.push(`instance ${instance.name} ${instance.planId}`);
          return destroy();
        },
        unbind: async ({ name, instance }) => void removed.push(`binding ${name} of ${instance.name}`),
      },
      { orphans },
    );
    const wake = (kind: string, name: string): void => void woken.push(`${kind} ${name}`);
    return { world, orphans: new Orphans(world, wake) };
  };

  it('are told of when two sweeps in a row saw them, and once', async () => {
    const { world, orphans } = setUp('report');
    held = [{ name: 'lost', bindings: ['b'] }];
    await orphans.sweep(signal);
    expect(world.told).to.deep.equal([]);
    await orphans.sweep(signal);
    expect(world.told).to.have.length(1);
    expect(world.told[0]).to.match(
      /^Warning OrphansFound: plan plan: the backend backend .*: instance lost;/,
    );
    await orphans.sweep(signal);
    expect(world.told).to.have.length(1);
    expect(world.stores.instances.requests).to.deep.equal(['read lost']);
    expect(woken).to.deep.equal([]);
  });

  it('are nothing that has a resource, be it seen or not yet', async () => {
    const { world, orphans } = setUp();
    world.stores.instances.put(readyInstance('shown'));
    world.stores.bindings.put(readyBinding('b', 'shown'));
    world.stores.instances.unseen.set('late', readyInstance('late'));
    held = [{ name: 'shown', bindings: ['b'] }, { name: 'late' }];
    for (let sweeps = 0; sweeps < 3; sweeps++) await orphans.sweep(signal);
    expect([world.told, woken]).to.deep.equal([[], []]);
  });

  it('are nothing that came and went between two sweeps', async () => {
    const { world, orphans } = setUp();
    for (const name of ['a', 'b', 'c']) {
      held = [{ name }];
      await orphans.sweep(signal);
    }
    expect(world.told).to.deep.equal([]);
  });

  it('are nothing whose name is none of ours', async () => {
    const { world, orphans } = setUp();
    held = [{ name: 'a/b' }, { name: '' }, { name: '__proto__' }];
    for (let sweeps = 0; sweeps < 2; sweeps++) await orphans.sweep(signal);
    expect([world.told, world.stores.instances.requests]).to.deep.equal([[], []]);
  });

  it('are not known while a backend does not say what it holds', async () => {
    const { world, orphans } = setUp();
    held = [{ name: 'lost' }];
    await orphans.sweep(signal);
    held = new Error('unreachable');
    await orphans.sweep(signal);
    held = [{ name: 'lost' }];
    await orphans.sweep(signal);
    expect(world.told).to.deep.equal([]);
    await orphans.sweep(signal);
    expect(world.told).to.have.length(1);
  });

  it('are removed with their bindings, by those who work on the name', async () => {
    const { world, orphans } = setUp();
    held = [{ name: 'lost', bindings: ['b'] }];
    await orphans.remove('instances', 'lost', signal);
    await orphans.sweep(signal);
    await orphans.sweep(signal);
    expect(woken).to.deep.equal(['instances lost']);
    expect(removed).to.deep.equal([]);
    await orphans.remove('instances', 'lost', signal);
    expect(removed).to.deep.equal(['binding b of lost', 'instance lost plan']);
    expect(world.told.at(-1)).to.match(/^Normal OrphanRemoved: instance lost /);
    await orphans.remove('instances', 'lost', signal);
    expect(removed).to.have.length(2);
  });

  it('are not removed where a resource of their name has come since', async () => {
    const { world, orphans } = setUp();
    held = [{ name: 'back' }];
    await orphans.sweep(signal);
    await orphans.sweep(signal);
    world.stores.instances.unseen.set('back', readyInstance('back'));
    await orphans.remove('instances', 'back', signal);
    expect(removed).to.deep.equal([]);
  });

  it('may be one binding of an instance that is there; a paused one is left alone', async () => {
    const { world, orphans } = setUp();
    const instance = readyInstance('web');
    world.stores.instances.put(instance);
    world.stores.bindings.put(readyBinding('good', 'web'));
    held = [{ name: 'web', bindings: ['good', 'lost'] }];
    await orphans.sweep(signal);
    await orphans.sweep(signal);
    expect(woken).to.deep.equal(['bindings lost']);
    const annotations = { 'sdkbroker.broker.io/pause': 'true' };
    world.stores.instances.put({ ...instance, metadata: { ...instance.metadata, annotations } });
    await orphans.remove('bindings', 'lost', signal);
    expect(removed).to.deep.equal([]);
    world.stores.instances.put(instance);
    await orphans.remove('bindings', 'lost', signal);
    expect(removed).to.deep.equal(['binding lost of web']);
  });

  it('that resist are tried again after the next sweep', async () => {
    const { world, orphans } = setUp();
    held = [{ name: 'lost' }];
    await orphans.sweep(signal);
    const failures = [() => Promise.reject(new Error('no')), async () => waiting('not yet')];
    for (const failure of failures) {
      destroy = failure;
      await orphans.sweep(signal);
      await orphans.remove('instances', 'lost', signal);
    }
    destroy = async () => undefined;
    await orphans.sweep(signal);
    expect(woken).to.have.length(3);
    await orphans.remove('instances', 'lost', signal);
    expect(world.told.filter((told) => told.includes('OrphanRemoved'))).to.have.length(1);
  });

  it('end with the term', async () => {
    const { orphans } = setUp();
    const ending = new AbortController();
    held = [{ name: 'lost' }];
    await orphans.sweep(signal);
    await orphans.sweep(signal);
    destroy = async () => ending.abort(new Error('the term is over'));
    const failure = await orphans
      .remove('instances', 'lost', ending.signal)
      .catch((error: Error) => error.message);
    expect(failure).to.equal('the term is over');
  });
});
