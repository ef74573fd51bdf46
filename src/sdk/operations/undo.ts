// Takes back what a synchronous request began and that did not end well in time (specification: 4xx and 5xx leave
// nothing behind). The controller may be about to end it all the same: of the two, the first write counts.
import { isConflict } from '../kube/errors.js';
import { OsbError } from '../osb/errors.js';
import type { ServiceInstance } from '../resources/kinds.js';
import {
  findOperation,
  isDeleting,
  isFinal,
  type Operable,
  recordProgress,
} from '../resources/operations.js';
import type { Store } from '../runtime/store.js';
import type { OperationContext } from './context.js';
import { newOperation } from './new-operation.js';
import { confirmedTarget, withTarget } from './update-target.js';

const TRIES = 5;

/** Deletes what a provision or a bind made. Where that succeeded in the meantime, it stays, and is handed back. */
export async function takeBack<T extends Operable>(
  store: Store<T>,
  { name, uid, operationId }: { name: string; uid: string | undefined; operationId: string },
): Promise<Readonly<T> | undefined> {
  return untilNoConflict(async () => {
    const object = await store.read(name);
    if (!object || object.metadata.uid !== uid || isDeleting(object as T)) return undefined;
    if (findOperation(object as T, operationId)?.state === 'succeeded') return object;
    const { resourceVersion } = object.metadata;
    await store.delete(name, {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    });
    return undefined;
  });
}

/** Makes the instance what is confirmed of it. Where the update succeeded in the meantime, it is handed back. */
export async function undoUpdate(
  context: OperationContext,
  { name, operationId }: { name: string; operationId: string },
  request: { requestId: string },
): Promise<Readonly<ServiceInstance> | undefined> {
  const { stores, catalog } = context;
  return untilNoConflict(async () => {
    const instance = await stores.instances.read(name);
    if (!instance || isDeleting(instance) || instance.spec.operation?.id !== operationId) return undefined;
    if (findOperation(instance, operationId)?.state === 'succeeded') return instance;
    const target = confirmedTarget(instance);
    const plan =
      catalog.find(instance.spec.serviceId, target.planId)?.resolved ??
      instance.status?.applied?.resolvedPlan;
    if (!plan) return undefined;
    const failed = await recordFailure(context, instance, operationId);
    await stores.instances.replace(
      withTarget(failed, target, plan, { operation: newOperation(context, 'update', request) }),
    );
    return undefined;
  });
}

/** First of all the update ends as failed, for whoever else asks for it: what follows is another operation. */
async function recordFailure(
  { stores, now }: OperationContext,
  instance: Readonly<ServiceInstance>,
  operationId: string,
): Promise<Readonly<ServiceInstance>> {
  const record = findOperation(instance, operationId);
  if (record && isFinal(record)) return instance;
  const startedAt = instance.spec.operation!.requestedAt;
  const progress = recordProgress(
    instance,
    { id: operationId, type: 'update', startedAt },
    { state: 'failed', reason: 'TakenBack', description: 'the update did not end within its request' },
    now(),
  );
  const status = { ...instance.status, ...progress } as NonNullable<ServiceInstance['status']>;
  return stores.instances.replaceStatus({ ...instance, status });
}

async function untilNoConflict<R>(attempt: () => Promise<R>): Promise<R> {
  for (let tries = TRIES; tries > 0; tries--) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  // Not a 4xx: something is left, and the platform must know.
  throw new OsbError('Unavailable', 'the request did not end in time and could not be taken back');
}
