// GET .../last_operation of an instance and of a binding (specification: Polling Last Operation).
import type { BindingRequest, InstanceRequest, LastOperationAnswer } from '../osb/broker.js';
import { objectName } from '../resources/names.js';
import type { Operable } from '../resources/operations.js';
import type { ResourceStore } from '../runtime/resource-store.js';
import type { OperationContext } from './context.js';
import { departedBinding, departedInstance } from './departed.js';
import { describeAbsence, describeOperation, knowsOperation } from './describe.js';
import { findBinding, findInstance } from './lookup.js';

export async function instanceLastOperation(
  context: OperationContext,
  request: InstanceRequest & { operation?: string },
): Promise<LastOperationAnswer> {
  const instance = await findInstance(context, request.instanceId);
  const key = departedInstance(objectName(request.instanceId));
  if (!instance) return describeAbsence(context, { kind: 'instance', key, operation: request.operation });
  return describe(context, context.stores.instances, instance, request.operation);
}

export async function bindingLastOperation(
  context: OperationContext,
  request: BindingRequest & { operation?: string },
): Promise<LastOperationAnswer> {
  const binding = await findBinding(context, request.instanceId, request.bindingId);
  const key = departedBinding(objectName(request.instanceId), objectName(request.bindingId));
  if (!binding) return describeAbsence(context, { kind: 'binding', key, operation: request.operation });
  return describe(context, context.stores.bindings, binding, request.operation);
}

/** An operation that the cache does not know may be one that another replica took in a moment ago. */
async function describe<T extends Operable>(
  context: OperationContext,
  store: ResourceStore<T>,
  cached: Readonly<T>,
  operation: string | undefined,
): Promise<LastOperationAnswer> {
  if (knowsOperation(cached as T, operation)) return describeOperation(context, cached as T, operation);
  const live = await store.read(cached.metadata.name);
  return describeOperation(context, (live ?? cached) as T, operation);
}
