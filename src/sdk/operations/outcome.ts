// Waits, within a request's patience, for what the controller makes of a write.
import { OsbError } from '../osb/errors.js';
import type { KubeObject } from '../kube/types.js';
import {
  BACKEND_REFUSED,
  findOperation,
  isFinal,
  type Operable,
  type OperationRecord,
} from '../resources/operations.js';
import type { Store } from '../runtime/store.js';
import type { OperationContext } from './context.js';

/** What a request may do with its time. */
export interface Patience {
  acceptsIncomplete: boolean;
  /** Whether an asynchronous answer is possible at all here. */
  asyncAllowed?: boolean;
  signal: AbortSignal;
}

export const mayBeAsynchronous = ({ acceptsIncomplete, asyncAllowed = true }: Patience): boolean =>
  acceptsIncomplete && asyncAllowed;

/** 0 where the request is not to wait at all, even for what is there already. */
function timeoutMs({ settings }: OperationContext, patience: Patience): number {
  return mayBeAsynchronous(patience) ? settings.patienceMs : settings.synchronousLimitMs;
}

export interface Ended<T> {
  object: Readonly<T>;
  record: OperationRecord;
}

/** The operation's end, or undefined when it did not come in time. A resource that vanished meanwhile is a conflict. */
export async function awaitEnd<T extends Operable>(
  context: OperationContext,
  store: Store<T>,
  what: { name: string; operationId: string },
  patience: Patience,
): Promise<Ended<T> | undefined> {
  const ended = (object: Readonly<T> | undefined): boolean => {
    if (!object || object.metadata.deletionTimestamp) return true;
    const record = findOperation(object as T, what.operationId);
    return record !== undefined && isFinal(record);
  };
  const limit = timeoutMs(context, patience);
  if (limit === 0) return undefined;
  const waited = await store.waitFor(what.name, ended, { timeoutMs: limit, signal: patience.signal });
  if (!waited.met) return undefined;
  const object = waited.object;
  const record = object && findOperation(object as T, what.operationId);
  if (!object || !record || !isFinal(record)) {
    throw new OsbError('ConcurrencyError', 'it was deleted while this request was at work');
  }
  return { object, record };
}

/** Whether the resource of that name and uid went away in time. A deletion that failed for good is thrown. */
export async function awaitAbsence<T extends Operable>(
  context: OperationContext,
  store: Store<T>,
  what: { name: string; uid: string | undefined; operationId: string },
  patience: Patience,
): Promise<boolean> {
  const failure = (object: Readonly<T> | undefined): OperationRecord | undefined => {
    const record = object && findOperation(object as T, what.operationId);
    return record?.state === 'failed' ? record : undefined;
  };
  const gone = (object: Readonly<KubeObject> | undefined): boolean => object?.metadata.uid !== what.uid;
  const limit = timeoutMs(context, patience);
  if (limit === 0) return false;
  const waited = await store.waitFor(what.name, (object) => gone(object) || failure(object) !== undefined, {
    timeoutMs: limit,
    signal: patience.signal,
  });
  if (!waited.met) return false;
  const record = failure(waited.object);
  if (!gone(waited.object) && record && !mayBeAsynchronous(patience)) throw failedError(record);
  return gone(waited.object);
}

/**
 * The answer to a synchronous request whose work failed. An update that the backend refused is impossible in the
 * instance's present state (specification: Updating, 422); anything else may have left something behind.
 */
export function failedError(record: OperationRecord): OsbError {
  const name = record.type === 'update' && record.reason === BACKEND_REFUSED ? 'Unprocessable' : 'Internal';
  return new OsbError(name, record.description ?? `the ${record.type} failed`, {
    instanceUsable: record.instanceUsable,
    updateRepeatable: record.updateRepeatable,
  });
}

/** The answer to a synchronous request whose work did not end in time. */
export const tooSlow = (what: string): OsbError =>
  new OsbError(
    'Unavailable',
    `the ${what} did not end within the request; try it with accepts_incomplete=true`,
  );
