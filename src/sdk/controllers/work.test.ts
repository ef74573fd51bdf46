import { expect } from 'chai';
import type { AnyBackend } from '../authoring/backend.js';
import { done, TerminalError, waiting } from '../authoring/outcome.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { currentOperation, recordProgress } from '../resources/operations.js';
import { deadlineOf, nowOf } from './context.js';
import { instanceOf, makeWorld, readyInstance, type World } from './harness.test.js';
import { reconcileInstance } from './instance.js';
import { Observer } from './observation.js';
import { observedInstances } from './observed.js';
import { failed, inProgress, report, requestOf, type Work } from './work.js';

const signal = new AbortController().signal;
const WEB = 'web';
const labels = { service: 'service', plan: 'plan' };

describe('the work on an operation', () => {
  const reconcile = (world: World) => reconcileInstance(world, WEB, signal, new Observer(observedInstances));
  const shown = (world: World): ServiceInstance => world.stores.instances.get(WEB)!;
  const worldWith = (object: ServiceInstance, backend: Partial<AnyBackend> = {}): World => {
    const world = makeWorld(backend);
    world.stores.instances.put(object);
    return world;
  };
  const deleting = (object: ServiceInstance): ServiceInstance => ({
    ...object,
    metadata: { ...object.metadata, deletionTimestamp: new Date(0).toISOString() },
  });

  describe('is counted once', () => {
    it('when it succeeds, with the time since it was asked for', async () => {
      const world = worldWith(instanceOf(WEB), { ensure: async () => done() });
      world.clock.advance(2_500);
      await reconcile(world);
      await reconcile(world);
      expect(world.ended).to.deep.equal([
        { type: 'provision', outcome: 'succeeded', reason: 'Succeeded', ...labels, seconds: 2.5 },
      ]);
    });

    it('when it fails, and not while it is at work', async () => {
      let outcome: () => Promise<any> = async () => waiting('1 of 2');
      const world = worldWith(instanceOf(WEB), { ensure: () => outcome() });
      await reconcile(world);
      expect(world.ended).to.deep.equal([]);
      outcome = () => Promise.reject(new TerminalError('no'));
      await reconcile(world);
      await reconcile(world);
      expect(world.ended).to.deep.equal([
        { type: 'provision', outcome: 'failed', reason: 'BackendRefused', ...labels, seconds: 0 },
      ]);
    });

    it('when its finalizer is dropped', async () => {
      const world = worldWith(deleting(readyInstance(WEB)));
      await reconcile(world);
      await reconcile(world);
      expect(world.stores.instances.get(WEB)).to.equal(undefined);
      expect(world.ended.map(({ type, outcome }) => [type, outcome])).to.deep.equal([
        ['deprovision', 'succeeded'],
      ]);
    });

    it('when it is overtaken, whether a word of it was stored or not', async () => {
      for (const isStored of [false, true]) {
        let isHeld = true;
        const world = worldWith(instanceOf(WEB), {
          ensure: async () => waiting('at work'),
          destroy: async () => (isHeld ? waiting('at work') : done()),
        });
        if (isStored) await reconcile(world);
        world.stores.instances.put(deleting(shown(world)));
        await reconcile(world);
        isHeld = false;
        await reconcile(world);
        expect(world.ended.map(({ type, reason }) => [type, reason])).to.deep.equal([
          ['provision', 'Overtaken'],
          ['deprovision', 'Succeeded'],
        ]);
      }
    });

    it('when it is abandoned, unless it had failed before', async () => {
      for (const hasFailed of [false, true]) {
        const world = worldWith(deleting(readyInstance(WEB)), {
          destroy: () => Promise.reject(new TerminalError('no')),
        });
        if (hasFailed) await reconcile(world);
        const object = shown(world);
        const annotations = { 'sdkbroker.broker.io/abandon': 'true' };
        world.stores.instances.put({ ...object, metadata: { ...object.metadata, annotations } });
        await reconcile(world);
        const [end] = world.ended;
        expect(world.ended).to.have.length(1);
        expect(end!.reason).to.equal(hasFailed ? 'BackendRefused' : 'Abandoned');
      }
    });
  });

  it('never changes an outcome that was told', async () => {
    const world = worldWith(readyInstance(WEB));
    const object = shown(world);
    const operation = {
      id: `provision-${WEB}`,
      type: 'provision' as const,
      startedAt: nowOf(world).toISOString(),
    };
    const work: Work<ServiceInstance> = {
      context: world,
      store: world.stores.instances,
      object,
      operation,
      instance: object,
      signal,
    };
    for (const progress of [inProgress('Waiting', 'again'), failed('Late', 'a late answer')]) {
      await report(work, progress);
    }
    expect(world.stores.instances.requests).to.deep.equal([]);
    expect(world.ended).to.deep.equal([]);
  });

  it('is asked for by a request, which the log knows', () => {
    const object = instanceOf(WEB);
    const asked = { ...object.spec.operation!, requestId: 'request-1' };
    const named = { ...object, spec: { ...object.spec, operation: asked } };
    expect(requestOf(named, currentOperation(named, new Date(0)))).to.deep.equal({ requestId: 'request-1' });
    const gone = deleting(named);
    expect(requestOf(gone, currentOperation(gone, new Date(0)))).to.deep.equal({});
  });

  describe('may last', () => {
    const HOUR_MS = 3_600_000;
    /** The deadline, in milliseconds from when the operation was asked for. */
    const until = (reason: string | undefined, nowMs: number, leadingSince = 0): number => {
      const world = makeWorld({}, { leadingSince });
      world.clock.advance(nowMs);
      const object = instanceOf(WEB);
      const operation = currentOperation(object, nowOf(world));
      if (reason !== undefined) {
        const { lastOperation } = recordProgress(object, operation, inProgress(reason, ''), nowOf(world));
        object.status = { lastOperation: lastOperation as typeof lastOperation & { type: 'provision' } };
      }
      return deadlineOf(world, object, operation, undefined).getTime();
    };

    it('as long as its plan or the broker allows', () => {
      expect(until('Waiting', 0)).to.equal(HOUR_MS);
      expect(until(undefined, 0)).to.equal(HOUR_MS);
    });

    it('a minute more where its time ran out while no broker was there', () => {
      expect(until('Waiting', 5 * HOUR_MS, 5 * HOUR_MS)).to.equal(5 * HOUR_MS + 60_000);
      expect(until('Waiting', 5 * HOUR_MS + 30_000, 5 * HOUR_MS)).to.equal(5 * HOUR_MS + 60_000);
    });

    it('a minute more where nobody came to it, or it was paused', () => {
      for (const reason of [undefined, 'Paused'])
        expect(until(reason, 5 * HOUR_MS)).to.equal(5 * HOUR_MS + 60_000);
      expect(until('Waiting', 5 * HOUR_MS)).to.equal(HOUR_MS);
    });
  });
});
