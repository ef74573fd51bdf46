// Which change of which resource makes which reconciler look again.
import type { KubeObject } from '../kube/types.js';
import { BINDINGS, SECRET_LABEL, type ServiceInstance } from '../resources/kinds.js';
import { isDeleting, isSettled } from '../resources/operations.js';
import { Controller } from '../runtime/controller.js';
import { reconcileBinding } from './binding.js';
import { BY_INSTANCE, hasFinalizer, type ReconcileContext } from './context.js';
import { reconcileInstance } from './instance.js';
import { reconcileOffering } from './offering.js';

export interface Controllers {
  /** Until `stop`, or until the signal fires. */
  start(signal: AbortSignal): void;
  /** Resolves when no reconcile is running any more. */
  stop(): Promise<void>;
}

const CONCURRENCY = 16;

export function createControllers(context: ReconcileContext): Controllers {
  const { stores, log } = context;
  const controller = (
    name: string,
    reconcile: (
      context: ReconcileContext,
      key: string,
      signal: AbortSignal,
    ) => ReturnType<typeof reconcileOffering>,
  ): Controller => {
    const own = { ...context, log: log.child({ controller: name }) };
    return new Controller({
      name,
      log,
      concurrency: CONCURRENCY,
      reconcile: (key, signal) => reconcile(own, key, signal),
    });
  };
  const instances = controller('instances', reconcileInstance);
  const bindings = controller('bindings', reconcileBinding);
  const offerings = controller('offerings', reconcileOffering);
  const everyOffering = (): void =>
    stores.offerings.list().forEach(({ metadata }) => offerings.enqueue(metadata.name));

  const unsettled = (): void => {
    stores.instances.list().forEach((each) => !isSettled(each) && instances.enqueue(each.metadata.name));
    stores.bindings.list().forEach((each) => !isSettled(each) && bindings.enqueue(each.metadata.name));
  };

  const subscribe = (): (() => void)[] => [
    stores.instances.onChange((name, current, previous) => {
      notify(instances, name, current, previous);
      if (isOpenForBinding(current) !== isOpenForBinding(previous)) {
        stores.bindings.byIndex(BY_INSTANCE, name).forEach(({ metadata }) => bindings.enqueue(metadata.name));
      }
    }),
    stores.bindings.onChange((name, current, previous) => {
      notify(bindings, name, current, previous);
      const owner = (current ?? previous)?.spec.instanceRef.name;
      const isOver = !current || (isDeleting(current) && isSettled(current)); // gone, or its unbind failed
      if (isOver && owner && stores.instances.get(owner)?.metadata.deletionTimestamp)
        instances.enqueue(owner);
    }),
    stores.offerings.onChange((_, current, previous) => {
      if (current?.metadata.generation === previous?.metadata.generation && current && previous) return;
      everyOffering(); // one that goes may free a name that another wants
      unsettled();
    }),
    stores.secrets.onChange((_, current, previous) => {
      const role = (current ?? previous)?.metadata.labels?.[SECRET_LABEL];
      if (role === 'dashboard-client') everyOffering();
      if (role !== 'parameters' || !current) return;
      const [owner] = current.metadata.ownerReferences ?? [];
      if (owner) (owner.kind === BINDINGS.kind ? bindings : instances).enqueue(owner.name);
      else unsettled(); // made with kubectl, and referred to by who knows whom
    }),
  ];

  let unsubscribe: (() => void)[] = [];
  const all = [instances, bindings, offerings];
  return {
    start(signal) {
      unsubscribe = subscribe();
      stores.instances.list().forEach(({ metadata }) => instances.enqueue(metadata.name));
      stores.bindings.list().forEach(({ metadata }) => bindings.enqueue(metadata.name));
      everyOffering();
      all.forEach((each) => each.start(signal));
    },
    async stop() {
      unsubscribe.forEach((end) => end());
      await Promise.all(all.map((each) => each.stop()));
    },
  };
}

/**
 * A change of what is wanted interrupts work on what was wanted before. A change of the status alone is our own
 * doing, and asks for nothing.
 */
function notify(
  controller: Controller,
  name: string,
  current: Readonly<KubeObject> | undefined,
  previous: Readonly<KubeObject> | undefined,
): void {
  if (!current || !previous || current.metadata.uid !== previous.metadata.uid) {
    controller.enqueue(name);
    return;
  }
  const now = current.metadata;
  const before = previous.metadata;
  // Adoption adds a finalizer, and maybe nothing else: the generation then stays.
  const isAdopted = hasFinalizer(current) && !hasFinalizer(previous);
  if (
    isAdopted ||
    now.generation !== before.generation ||
    now.deletionTimestamp !== before.deletionTimestamp
  ) {
    controller.interrupt(name);
  }
}

const isOpenForBinding = (instance: Readonly<ServiceInstance> | undefined): boolean =>
  instance?.status?.applied !== undefined && instance.metadata.deletionTimestamp === undefined;
