// Operations: what was asked of an instance or a binding last, and what became of it.
// An operation that ended never changes again; five ended ones are remembered beside the newest.
import { randomBytes } from 'node:crypto';
import type { KubeObject } from '../kube/types.js';
import { type Condition, seconds, type State, stateConditions } from './conditions.js';

export type OperationType = 'provision' | 'update' | 'deprovision' | 'bind' | 'unbind';
export type OperationState = 'in progress' | 'succeeded' | 'failed';

/** An operation as `status` keeps it. */
export interface OperationRecord {
  id: string;
  type: OperationType;
  state: OperationState;
  /** A word for programs, as in the conditions. */
  reason?: string;
  description?: string;
  startedAt: string;
  finishedAt?: string;
  attempts?: number;
  retryAfterSeconds?: number;
  instanceUsable?: boolean;
  updateRepeatable?: boolean;
}

export interface Operation {
  id: string;
  type: OperationType;
  startedAt: string;
}

/** What instances and bindings have in common. */
export interface Operable extends KubeObject {
  spec: { operation?: { id: string; type: OperationType; requestedAt: string; requestId?: string } };
  status?: {
    observedGeneration?: number;
    conditions?: Condition[];
    lastOperation?: OperationRecord;
    previousOperations?: OperationRecord[];
    applied?: object;
  };
}

const REMEMBERED = 5;

export const isDeleting = (object: Operable): boolean => object.metadata.deletionTimestamp !== undefined;

const isBinding = (object: Operable): boolean => object.kind === 'ServiceBinding';

/** The id of the operation that deletes the object; the same for every asker, so that nothing has to be stored. */
export function deletionId(object: Operable): string {
  return `${isBinding(object) ? 'unbind' : 'deprovision'}-${object.metadata.uid}`;
}

/** A fresh operation id, which names its type. */
export const newOperationId = (type: OperationType): string => `${type}-${randomBytes(12).toString('hex')}`;

/**
 * The newest operation that was asked for, ended or not. Over HTTP it stands in the spec. A deletion, and a change
 * made with kubectl, ask for one without naming it: its id then derives from the object and its generation.
 */
export function currentOperation(object: Operable, now: Date): Operation {
  const asked = object.spec.operation;
  if (isDeleting(object)) {
    const type = isBinding(object) ? 'unbind' : 'deprovision';
    if (asked?.type === type) return { id: asked.id, type, startedAt: asked.requestedAt };
    return { id: deletionId(object), type, startedAt: object.metadata.deletionTimestamp! };
  }
  if (asked && !hasEnded(object, asked.id)) {
    return { id: asked.id, type: asked.type, startedAt: asked.requestedAt };
  }
  return unnamedOperation(object, now);
}

function unnamedOperation(object: Operable, now: Date): Operation {
  const last = object.status?.lastOperation;
  if (last && (isBinding(object) || isObserved(object))) return last;
  const type = isBinding(object) ? 'bind' : object.status?.applied ? 'update' : 'provision';
  // The first one keeps its name when the broker fills in what is missing, which is a generation of its own.
  const generation = last ? (object.metadata.generation ?? 1) : 1;
  return { id: `${type}-${object.metadata.uid}-${generation}`, type, startedAt: seconds(now) };
}

const isObserved = (object: Operable): boolean =>
  object.status?.observedGeneration === object.metadata.generation;

export const isFinal = (record: { state: OperationState }): boolean => record.state !== 'in progress';

/** The record of the operation of that id, if the status remembers it. */
export function findOperation(object: Operable, id: string): OperationRecord | undefined {
  return [object.status?.lastOperation, ...(object.status?.previousOperations ?? [])].find(
    (record) => record?.id === id,
  );
}

/** Has this very operation been told to have ended? */
export function hasEnded(object: Operable, id: string): boolean {
  const record = findOperation(object, id);
  return record !== undefined && isFinal(record);
}

/** Failures so far of this very operation, as the status remembers them. */
export function attemptsOf(object: Operable, { id }: Operation): number {
  const last = object.status?.lastOperation;
  return last?.id === id ? (last.attempts ?? 0) : 0;
}

/** The operation that ends unfinished with the first word of this newer one. */
export function overtakenBy(object: Operable, operation: Operation): Operation | undefined {
  const last = object.status?.lastOperation;
  const asked = object.spec.operation;
  if (last?.id === operation.id) return undefined;
  if (last && !isFinal(last)) return last;
  if (!asked || asked.id === operation.id || findOperation(object, asked.id)) return undefined;
  return { id: asked.id, type: asked.type, startedAt: asked.requestedAt };
}

/** Has all that was asked for ended, one way or the other? */
export function isSettled(object: Operable): boolean {
  const last = object.status?.lastOperation;
  if (!last || !isFinal(last)) return false;
  return currentOperation(object, new Date(0)).id === last.id;
}

/** The reason of a failure that the backend declared, in a `TerminalError`. */
export const BACKEND_REFUSED = 'BackendRefused';

/** What to write about an operation. */
export interface Progress {
  state: OperationState;
  /** A word for programs: the conditions' reason. */
  reason: string;
  /** Text for the user. */
  description: string;
  attempts?: number;
  retryAfterSeconds?: number;
  instanceUsable?: boolean | undefined;
  updateRepeatable?: boolean | undefined;
}

const CONDITION: Record<OperationState, State> = {
  'in progress': 'Pending',
  succeeded: 'Ready',
  failed: 'Failed',
};

/** The operation's part of the status, after `progress`: its record, the conditions, and the operations before it. */
export function recordProgress(
  object: Operable,
  operation: Operation,
  progress: Progress,
  now: Date,
): Required<Pick<NonNullable<Operable['status']>, 'observedGeneration' | 'conditions' | 'lastOperation'>> & {
  previousOperations?: OperationRecord[];
} {
  const last = object.status?.lastOperation;
  const generation = object.metadata.generation ?? 1;
  const earlier = last && last.id !== operation.id ? [ended(last, operation, now)] : [];
  const previous = remembered(
    [...earlier, ...(object.status?.previousOperations ?? [])],
    object.spec.operation?.id,
  );
  return {
    observedGeneration: generation,
    conditions: stateConditions(object.status?.conditions, {
      state: CONDITION[progress.state],
      reason: progress.reason,
      message: progress.description,
      generation,
      now,
    }),
    lastOperation: toRecord(operation, { attempts: attemptsOf(object, operation), ...progress }, now),
    ...(previous.length > 0 ? { previousOperations: previous } : {}),
  };
}

/** The newest; the one that stands in the spec is always among them, or it would seem to be still wanted. */
function remembered(records: OperationRecord[], asked: string | undefined): OperationRecord[] {
  const kept = records.slice(0, REMEMBERED);
  const left = records.slice(REMEMBERED).find(({ id }) => id === asked);
  return left ? [...kept.slice(0, -1), left] : kept;
}

function toRecord(operation: Operation, progress: Progress, now: Date): OperationRecord {
  const failed = progress.state === 'failed';
  const usable = failed && (operation.type === 'update' || operation.type === 'deprovision');
  return {
    id: operation.id,
    type: operation.type,
    state: progress.state,
    reason: progress.reason,
    description: progress.description,
    startedAt: operation.startedAt,
    ...(progress.state === 'in progress' ? {} : { finishedAt: seconds(now) }),
    ...(progress.attempts ? { attempts: progress.attempts } : {}),
    ...(progress.retryAfterSeconds ? { retryAfterSeconds: progress.retryAfterSeconds } : {}),
    ...(usable && progress.instanceUsable !== undefined ? { instanceUsable: progress.instanceUsable } : {}),
    ...(failed && operation.type === 'update' && progress.updateRepeatable !== undefined
      ? { updateRepeatable: progress.updateRepeatable }
      : {}),
  };
}

/** An operation that a newer one overtook before it ended has failed. */
function ended(record: OperationRecord, by: Operation, now: Date): OperationRecord {
  if (isFinal(record)) return record;
  const { retryAfterSeconds: _, ...rest } = record;
  return {
    ...rest,
    state: 'failed',
    reason: 'Overtaken',
    description: `overtaken by a ${by.type}`,
    finishedAt: seconds(now),
  };
}
