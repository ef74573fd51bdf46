// Finds the resource that a request speaks of: in the cache, or, where that knows nothing, at the API server,
// since another replica may have made it a moment ago.
import { type KubeObject } from '../kube/types.js';
import { instanceIdOf } from '../authoring/facts.js';
import { OsbError } from '../osb/errors.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { objectName } from '../resources/names.js';
import type { Store } from '../runtime/store.js';
import type { OperationContext } from './context.js';

export async function findInstance(
  { stores }: OperationContext,
  instanceId: string,
): Promise<Readonly<ServiceInstance> | undefined> {
  const instance = await find(stores.instances, objectName(instanceId));
  return instance && instanceIdOf(instance) === instanceId ? instance : undefined;
}

/** From the cache alone, for who is about to create: the API server itself then says what was there already. */
export function cachedInstance(
  { stores }: OperationContext,
  instanceId: string,
): Readonly<ServiceInstance> | undefined {
  const instance = stores.instances.get(objectName(instanceId));
  return instance && instanceIdOf(instance) === instanceId ? instance : undefined;
}

/** A binding is only found under its own instance. `suits` as for `upToDate`. */
export async function findBinding(
  { stores }: OperationContext,
  instanceId: string,
  bindingId: string,
  suits: (binding: Readonly<ServiceBinding>) => boolean = () => true,
): Promise<Readonly<ServiceBinding> | undefined> {
  const cached = await find(stores.bindings, objectName(bindingId));
  const binding = await upToDate(stores.bindings, cached, suits);
  return binding?.spec.instanceRef.name === objectName(instanceId) ? binding : undefined;
}

async function find<T extends KubeObject>(store: Store<T>, name: string): Promise<Readonly<T> | undefined> {
  return store.get(name) ?? (await store.read(name));
}

/**
 * The object as the cache shows it where that suits, else as the API server has it: what another replica has told a
 * platform may not have come here yet, and a refusal must not rest on that.
 */
export async function upToDate<T extends KubeObject>(
  store: Store<T>,
  cached: Readonly<T> | undefined,
  suits: (object: Readonly<T>) => boolean,
): Promise<Readonly<T> | undefined> {
  return cached && !suits(cached) ? store.read(cached.metadata.name) : cached;
}

/** `suits` as for `upToDate`; the caller checks again what it gets. */
export async function existingInstance(
  context: OperationContext,
  instanceId: string,
  suits: (instance: Readonly<ServiceInstance>) => boolean = () => true,
): Promise<Readonly<ServiceInstance>> {
  const cached = await findInstance(context, instanceId);
  const instance = await upToDate(context.stores.instances, cached, suits);
  if (!instance) throw new OsbError('NotFound', 'there is no service instance with this id');
  return instance;
}

/** While a plan change is at work, or after one that failed, either plan is the instance's. */
export const plansOf = ({ spec, status }: Readonly<ServiceInstance>): (string | undefined)[] => [
  spec.planId,
  status?.applied?.planId,
];
