import { expect } from 'chai';
import { done, waiting } from '../authoring/outcome.js';
import { settle } from '../runtime/harness.test.js';
import { createControllers } from './controllers.js';
import { instanceOf, makeWorld, readyBinding, readyInstance, type World } from './harness.test.js';

const RESYNC_MS = 600_000;

describe('a term of the controllers', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  const start = async (world: World) => {
    const controllers = createControllers(world);
    const term = new AbortController();
    controllers.start(term.signal);
    ends.push(() => controllers.stop());
    await settle();
    return { controllers, term };
  };
  const requestsOf = ({ stores }: World): string[] =>
    Object.values(stores).flatMap((store: { requests: string[] }) => store.requests);
  const clear = ({ stores }: World): void =>
    Object.values(stores).forEach((store: { requests: string[] }) => store.requests.splice(0));

  it('takes up what has not ended first, however much there is besides', async () => {
    const seen: string[] = [];
    const world = makeWorld({
      ensure: async ({ name }) => {
        seen.push(name);
        return done();
      },
    });
    const waited: number[] = [];
    world.metrics.queueWaited = (_, ms) => void waited.push(ms);
    for (let i = 0; i < 100; i++) world.stores.instances.put(readyInstance(`ready-${i}`));
    world.stores.instances.put(instanceOf('last'));
    const controllers = createControllers(world);
    ends.push(() => controllers.stop());
    controllers.start(new AbortController().signal);
    expect(controllers.queues().instances!.length).to.be.greaterThan(0);
    await settle();
    expect(seen).to.deep.equal(['last']);
    while (controllers.queues().instances!.length > 0) {
      world.clock.advance(0); // the controllers give way to others now and then
      await settle();
    }
    expect(controllers.queues()).to.deep.include({ instances: { length: 0, oldestMs: 0 } });
    expect(waited).to.have.length.of.at.least(101);
  });

  it('looks at everything again and again, which costs no request where all is settled', async () => {
    const world = makeWorld();
    world.stores.instances.put(readyInstance('web'));
    world.stores.bindings.put(readyBinding('b', 'web'));
    await start(world);
    clear(world);
    for (let times = 0; times < 3; times++) {
      world.clock.advance(RESYNC_MS);
      await settle();
    }
    expect(requestsOf(world)).to.deep.equal([]);
  });

  it('finds by itself what no event told of', async () => {
    const seen: string[] = [];
    const world = makeWorld({
      ensure: async ({ name }) => {
        seen.push(name);
        return waiting('for ever', { retryAfter: 3600 });
      },
    });
    world.stores.instances.put(instanceOf('web'));
    await start(world);
    expect(seen).to.deep.equal(['web']);
    world.clock.advance(RESYNC_MS * 0.9);
    await settle();
    expect(seen).to.deep.equal(['web']);
    world.clock.advance(RESYNC_MS * 0.2);
    await settle();
    expect(seen).to.deep.equal(['web', 'web']);
  });

  it('looks at a binding when something of its own changes, and when its instance was updated', async () => {
    let looks = 0;
    const world = makeWorld({ observeBinding: async () => void looks++ });
    const ready = readyInstance('web');
    const { resolvedPlan } = ready.spec;
    const status = {
      ...ready.status,
      applied: { ...ready.status!.applied!, ...(resolvedPlan && { resolvedPlan }) },
    };
    world.stores.instances.put({ ...ready, status });
    world.stores.bindings.put(readyBinding('b', 'web'));
    const { controllers } = await start(world);
    looks = 0;
    controllers.ownedChanged('web', 'b');
    await settle();
    expect(looks).to.equal(1);
    world.stores.instances.put({ ...ready, status, metadata: { ...ready.metadata, generation: 2 } });
    await settle();
    expect(world.stores.instances.get('web')!.status!.lastOperation).to.include({
      ...{ type: 'update', state: 'succeeded' },
    });
    expect(looks).to.equal(2);
  });

  it('does nothing more when it is over', async () => {
    const world = makeWorld();
    const { controllers, term } = await start(world);
    clear(world);
    term.abort(new Error('another replica leads'));
    world.stores.instances.put(instanceOf('late'));
    world.clock.advance(RESYNC_MS * 2);
    await settle();
    expect(requestsOf(world)).to.deep.equal([]);
    await controllers.stop();
    expect(world.clock.pending).to.deep.equal([]);
  });

  it('warns once of an annotation that means nothing', async () => {
    const world = makeWorld();
    const object = readyInstance('web');
    object.metadata.annotations = { 'sdkbroker.broker.io/pause': 'yes' };
    world.stores.instances.put(object);
    await start(world);
    world.stores.instances.put(structuredClone(object));
    await settle();
    const warnings = world.told.filter((told) => told.includes('InvalidAnnotation'));
    expect(warnings).to.have.length(1);
  });
});
