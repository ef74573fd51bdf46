// Which change of which resource makes which reconciler look again.
import type { KubeObject, OwnerReference, Secret } from '../kube/types.js';
import { asksAnew, isAbandoned } from '../resources/escape-hatches.js';
import { BINDINGS, SECRET_LABEL, type ServiceInstance } from '../resources/kinds.js';
import { isDeleting, isSettled } from '../resources/operations.js';
import { ownerOf } from '../resources/own-secrets.js';
import type { Controller } from '../runtime/controller.js';
import type { Priority } from '../runtime/work-queue.js';
import { BY_INSTANCE, hasFinalizer, type ReconcileContext } from './context.js';
import { warnOfHatches } from './escape-hatches.js';

export interface ControllersByKind {
  instances: Controller;
  bindings: Controller;
  offerings: Controller;
}

/** Follows the stores. Returns what ends that. */
export function wakeOnChange(context: ReconcileContext, controllers: ControllersByKind): () => void {
  const { stores } = context;
  const { instances, bindings, offerings } = controllers;
  const everyOffering = (): void =>
    stores.offerings.list().forEach(({ metadata }) => offerings.enqueue(metadata.name));
  const catalogChanged = (): void => {
    everyOffering(); // one that goes may free a name that another wants
    wakeUnsettled(context, controllers);
  };
  const ends = [
    stores.instances.onChange((name, current, previous) => {
      warnOfHatches(context, current, previous);
      notify(instances, name, current, previous);
      const priority = priorityOfBindings(current, previous);
      if (!priority) return;
      for (const { metadata } of stores.bindings.byIndex(BY_INSTANCE, name)) {
        bindings.enqueue(metadata.name, priority);
      }
    }),
    stores.bindings.onChange((name, current, previous) => {
      warnOfHatches(context, current, previous);
      notify(bindings, name, current, previous);
      const owner = (current ?? previous)?.spec.instanceRef.name;
      const isOver = !current || (isDeleting(current) && isSettled(current)); // gone, or its unbind failed
      if (isOver && owner && stores.instances.get(owner)?.metadata.deletionTimestamp)
        instances.enqueue(owner);
    }),
    stores.offerings.onChange((_, current, previous) => {
      if (current?.metadata.generation === previous?.metadata.generation && current && previous) return;
      catalogChanged();
    }),
    stores.configMaps.onChange(catalogChanged),
    stores.secrets.onChange((name, current, previous) => {
      const injured = ownerWithout(context, name, current);
      if (injured) {
        const kind = injured.kind === BINDINGS.kind ? 'bindings' : 'instances';
        wakeOne(context, controllers, kind, injured.name);
      }
      const role = (current ?? previous)?.metadata.labels?.[SECRET_LABEL];
      if (role === 'dashboard-client' || role === 'backend') everyOffering();
      if (role === 'backend') wakeUnsettled(context, controllers);
      if (role !== 'parameters' || !current) return;
      const [owner] = current.metadata.ownerReferences ?? [];
      if (owner) (owner.kind === BINDINGS.kind ? bindings : instances).enqueue(owner.name);
      else wakeUnsettled(context, controllers); // made with kubectl, and referred to by who knows whom
    }),
  ];
  return () => ends.forEach((end) => end());
}

/** Whose Secret lacks something, or is not the version that a binding's status tells of. */
function ownerWithout(
  { lostSecrets }: ReconcileContext,
  name: string,
  current: Readonly<Secret> | undefined,
): OwnerReference | undefined {
  const loss = lostSecrets.find(name);
  if (loss) return ownerOf(loss.secret);
  return current && lostSecrets.isUntold(name) ? ownerOf(current) : undefined;
}

/** What has not ended is what users wait for. */
export function wakeUnsettled({ stores }: ReconcileContext, controllers: ControllersByKind): void {
  for (const kind of ['instances', 'bindings'] as const) {
    for (const each of stores[kind].list()) {
      if (!isSettled(each)) controllers[kind].enqueue(each.metadata.name);
    }
  }
}

/** At once where somebody waits for it. */
export function wakeOne(
  { stores }: ReconcileContext,
  controllers: ControllersByKind,
  kind: 'instances' | 'bindings',
  name: string,
): void {
  const object = stores[kind].get(name);
  if (object) controllers[kind].enqueue(name, isSettled(object) ? 'background' : 'user');
}

/** Everything, from the caches, behind all that somebody waits for. */
export function wakeAll({ stores }: ReconcileContext, controllers: ControllersByKind): void {
  for (const kind of ['offerings', 'instances', 'bindings'] as const) {
    for (const { metadata } of stores[kind].list()) controllers[kind].enqueue(metadata.name, 'background');
  }
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
  // Adoption adds a finalizer, and maybe nothing else: the generation then stays, as it does for annotations.
  const isAdopted = hasFinalizer(current) && !hasFinalizer(previous);
  if (
    isAdopted ||
    asksAnew(current, previous) ||
    now.generation !== before.generation ||
    now.deletionTimestamp !== before.deletionTimestamp
  ) {
    controller.interrupt(name);
  }
}

/** Bindings wait for their instance, are abandoned with it, and must not outlive it; settled, it has them looked after. */
function priorityOfBindings(
  current: Readonly<ServiceInstance> | undefined,
  previous: Readonly<ServiceInstance> | undefined,
): Priority | undefined {
  const isUrgent =
    !current ||
    isOpenForBinding(current) !== isOpenForBinding(previous) ||
    isAbandoned(current) !== isAbandoned(previous);
  if (isUrgent) return 'user';
  return isSettled(current) && previous && !isSettled(previous) ? 'background' : undefined;
}

const isOpenForBinding = (instance: Readonly<ServiceInstance> | undefined): boolean =>
  instance?.status?.applied !== undefined && instance.metadata.deletionTimestamp === undefined;
