// What unbind and deprovision share: one delete, or a second try of one that failed, and the wait for its end.
import { isConflict, isNotFound } from '../kube/errors.js';
import type { Answer } from '../osb/broker.js';
import { OsbError } from '../osb/errors.js';
import type { OperationBody } from '../osb/wire.js';
import {
  currentOperation,
  deletionId,
  findOperation,
  isDeleting,
  isFinal,
  type Operable,
} from '../resources/operations.js';
import type { Store } from '../runtime/store.js';
import type { OperationContext } from './context.js';
import { upToDate } from './lookup.js';
import { newOperation } from './new-operation.js';
import { awaitAbsence, mayBeAsynchronous, type Patience, tooSlow } from './outcome.js';

export async function remove<T extends Operable>(
  context: OperationContext,
  store: Store<T>,
  cached: Readonly<T>,
  request: Patience & { type: 'deprovision' | 'unbind'; requestId: string },
): Promise<Answer<200 | 202, OperationBody>> {
  // A deletion that the cache knows may be over, and another replica may have made a new object of that name.
  const object = await upToDate(store, cached, (shown) => !isDeleting(shown as T));
  if (!object) return { status: 200, body: {} };
  const operationId = isDeleting(object as T)
    ? await resume(context, store, object, request)
    : await begin(store, object);
  if (operationId === undefined) return { status: 200, body: {} };
  const { name, uid } = object.metadata;
  const absent = await awaitAbsence(context, store, { name, uid, operationId }, request);
  if (absent) return { status: 200, body: {}, operationId };
  if (mayBeAsynchronous(request)) return { status: 202, body: { operation: operationId } };
  throw tooSlow(request.type);
}

/** Undefined when nothing held the object, and it is gone. */
async function begin<T extends Operable>(store: Store<T>, object: Readonly<T>): Promise<string | undefined> {
  const { name, uid } = object.metadata;
  try {
    const left = await store.delete(name, uid === undefined ? {} : { uid });
    return left && deletionId(object as T);
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new OsbError('ConcurrencyError', 'it was deleted and made anew while this request was at work');
  }
}

/** The deletion that is at work; one that failed for good is begun again, under an id of its own. */
async function resume<T extends Operable>(
  context: OperationContext,
  store: Store<T>,
  object: Readonly<T>,
  request: { type: 'deprovision' | 'unbind'; requestId: string },
): Promise<string | undefined> {
  const operation = currentOperation(object as T, context.now());
  const record = findOperation(object as T, operation.id);
  if (!record || !isFinal(record)) return operation.id;
  const again = newOperation(context, request.type, request);
  try {
    await store.replace({ ...object, spec: { ...object.spec, operation: again } });
    return again.id;
  } catch (error) {
    if (!(isConflict(error) || isNotFound(error))) throw error;
    const present = await store.read(object.metadata.name);
    if (present?.metadata.uid !== object.metadata.uid) return undefined;
    const begun = currentOperation(present as T, context.now()).id; // by the same request, sent before, for one
    if (begun !== operation.id) return begun;
    throw new OsbError('ConcurrencyError', 'another request is at work on it');
  }
}
