// The controllers of one term of leadership: made when it begins, stopped when it ends, and never used again.
import { childController, onAbort, sleep } from '../runtime/abortable.js';
import { Controller } from '../runtime/controller.js';
import { errorDetails } from '../telemetry/log.js';
import { reconcileBinding } from './binding.js';
import type { Again, ReconcileContext } from './context.js';
import { warnOfHatches } from './escape-hatches.js';
import { reconcileInstance } from './instance.js';
import { reconcileOffering } from './offering.js';
import { Observer } from './observation.js';
import { observedBindings, observedInstances } from './observed.js';
import { Orphans } from './orphans.js';
import { type ControllersByKind, wakeAll, wakeOne, wakeOnChange, wakeUnsettled } from './wake.js';

export interface Controllers {
  /** Until `stop`; ends at once when the signal fires. To be called once, when the stores have fresh lists. */
  start(signal: AbortSignal): void;
  /** Takes up nothing more, gives what is under way its grace, and resolves when no reconcile is running any more. */
  stop(): Promise<void>;
  /** Something that an instance, or one of its bindings, owns has changed. */
  ownedChanged(instance: string, binding: string | undefined): void;
  /** What waits, by controller. */
  queues(): Record<string, { length: number; oldestMs: number }>;
}

const CONCURRENCY = 16;

export function createControllers(context: ReconcileContext): Controllers {
  const { stores } = context;
  const orphans = new Orphans(context, (kind, name) => controllers[kind].enqueue(name, 'background'));
  const instances = new Observer(observedInstances);
  const bindings = new Observer(observedBindings);
  const controllers: ControllersByKind = {
    instances: controller(context, 'instances', (own, key, signal) =>
      stores.instances.get(key)
        ? reconcileInstance(own, key, signal, instances)
        : orphans.remove('instances', key, signal),
    ),
    bindings: controller(context, 'bindings', (own, key, signal) =>
      stores.bindings.get(key)
        ? reconcileBinding(own, key, signal, bindings)
        : orphans.remove('bindings', key, signal),
    ),
    offerings: controller(context, 'offerings', reconcileOffering),
  };
  const all = Object.values(controllers) as Controller[];
  const ending = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  return {
    start(signal) {
      const { controller: looking, release } = childController(signal);
      onAbort(ending.signal, () => looking.abort(ending.signal.reason));
      onAbort(looking.signal, wakeOnChange(context, controllers));
      for (const each of [...stores.instances.list(), ...stores.bindings.list()]) {
        warnOfHatches(context, each, undefined);
      }
      wakeUnsettled(context, controllers);
      wakeAll(context, controllers);
      all.forEach((each) => each.start(signal));
      running = resync(context, controllers, orphans, looking.signal).finally(release);
    },
    async stop() {
      ending.abort(new Error('the controllers stop'));
      await Promise.all([...all.map((each) => each.stop()), running]);
    },
    ownedChanged: (instance, binding) => {
      wakeOne(context, controllers, 'instances', instance);
      if (binding !== undefined) wakeOne(context, controllers, 'bindings', binding);
    },
    queues: () =>
      Object.fromEntries(
        Object.entries(controllers).map(([name, { queue }]: [string, Controller]) => [
          name,
          { length: queue.length, oldestMs: queue.oldestMs },
        ]),
      ),
  };
}

function controller(
  context: ReconcileContext,
  name: string,
  reconcile: (context: ReconcileContext, key: string, signal: AbortSignal) => Promise<Again>,
): Controller {
  const { log, clock, random, metrics } = context;
  const own = { ...context, log: log.child({ controller: name }) };
  return new Controller({
    name,
    log,
    concurrency: CONCURRENCY,
    graceMs: context.callGraceMs,
    reconcile: (key, signal) => reconcile(own, key, signal),
    queue: { clock, random, onTake: (waitedMs) => metrics.queueWaited?.(name, waitedMs) },
  });
}

/** Looks for orphans now, and at everything again and again. Never rejects. */
async function resync(
  context: ReconcileContext,
  controllers: ControllersByKind,
  orphans: Orphans,
  signal: AbortSignal,
): Promise<void> {
  let sweeping: Promise<void> | undefined;
  const sweep = (): void => {
    sweeping ??= orphans
      .sweep(signal)
      .catch((error: unknown) => {
        if (!signal.aborted) context.log.warn('could not look for orphans', errorDetails(error));
      })
      .finally(() => (sweeping = undefined));
  };
  while (!signal.aborted) {
    sweep();
    await sleep(context.resyncMs * (0.9 + 0.2 * context.random()), signal, context.clock);
    if (!signal.aborted) wakeAll(context, controllers);
  }
  await sweeping;
}
