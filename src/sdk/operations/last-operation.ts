// GET .../last_operation of an instance and of a binding (specification: Polling Last Operation).
import type { BindingRequest, InstanceRequest, LastOperationAnswer } from '../osb/broker.js';
import { objectName } from '../resources/names.js';
import type { Operable } from '../resources/operations.js';
import type { Store } from '../runtime/store.js';
import type { OperationContext } from './context.js';
import { departedBinding, departedInstance } from './departed.js';
import {
  type Absent,
  describeAbsence,
  describeOperation,
  knowsOperation,
  namesDeletion,
} from './describe.js';
import { findBinding, findInstance } from './lookup.js';

export async function instanceLastOperation(
  context: OperationContext,
  request: InstanceRequest & { operation?: string },
): Promise<LastOperationAnswer> {
  const instance = await findInstance(context, request.instanceId);
  const key = departedInstance(objectName(request.instanceId));
  const absent = { kind: 'instance' as const, key, operation: request.operation };
  if (!instance) return describeAbsence(context, absent);
  return describe(context, context.stores.instances, instance, absent);
}

export async function bindingLastOperation(
  context: OperationContext,
  request: BindingRequest & { operation?: string },
): Promise<LastOperationAnswer> {
  const binding = await findBinding(context, request.instanceId, request.bindingId);
  const key = departedBinding(objectName(request.instanceId), objectName(request.bindingId));
  const absent = { kind: 'binding' as const, key, operation: request.operation };
  if (!binding) return describeAbsence(context, absent);
  return describe(context, context.stores.bindings, binding, absent);
}

/**
 * An operation that the cache does not know may be one that another replica took in a moment ago. A deletion that the
 * API server's object does not know either has removed an earlier one of this id.
 */
async function describe<T extends Operable>(
  context: OperationContext,
  store: Store<T>,
  cached: Readonly<T>,
  absent: Absent,
): Promise<LastOperationAnswer> {
  const { operation } = absent;
  if (knowsOperation(cached as T, operation)) return describeOperation(context, cached as T, operation);
  const live = ((await store.read(cached.metadata.name)) ?? cached) as T;
  const isOfEarlier = namesDeletion(absent) && !knowsOperation(live, operation);
  return isOfEarlier ? describeAbsence(context, absent) : describeOperation(context, live, operation);
}
