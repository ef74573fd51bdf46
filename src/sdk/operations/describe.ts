// Answers a poll from the resource: about the operation that it names, else about the newest.
import { OsbError } from '../osb/errors.js';
import type { LastOperationAnswer } from '../osb/broker.js';
import type { LastOperationBody } from '../osb/wire.js';
import { stateOf } from '../resources/conditions.js';
import {
  currentOperation,
  findOperation,
  isDeleting,
  isFinal,
  type Operable,
  type OperationRecord,
} from '../resources/operations.js';
import type { OperationContext } from './context.js';

/** Whether the object, as it is here, can answer for the operation. Where not, it may be out of date. */
export function knowsOperation(object: Operable, id: string | undefined): boolean {
  return (
    id === undefined ||
    currentOperation(object, new Date(0)).id === id ||
    findOperation(object, id) !== undefined
  );
}

export function describeOperation(
  context: OperationContext,
  object: Operable,
  id: string | undefined,
): LastOperationAnswer {
  const current = currentOperation(object, context.now());
  const asked = id === undefined || id === current.id ? undefined : findOperation(object, id);
  const record = asked ?? findOperation(object, current.id);
  if (record && isFinal(record)) return { status: 200, body: toBody(record) };
  const isOvertaken = asked ?? (id !== current.id && id === object.spec.operation?.id);
  if (isOvertaken)
    return { status: 200, body: { state: 'failed', description: `overtaken by a ${current.type}` } };
  return {
    status: 200,
    body: {
      state: 'in progress',
      description: progressOf(object, record) ?? `the ${current.type} is in progress`,
    },
    retryAfterSeconds: record?.retryAfterSeconds ?? context.settings.retryAfterSeconds,
  };
}

/** What the conditions tell, unless they still speak of the operation before. */
function progressOf({ status }: Operable, record: OperationRecord | undefined): string | undefined {
  if (!record || stateOf(status?.conditions) !== 'Pending') return undefined;
  return status?.conditions?.find(({ type }) => type === 'Pending')?.message || undefined;
}

function toBody(record: OperationRecord): LastOperationBody {
  return {
    state: record.state,
    ...(record.description ? { description: record.description } : {}),
    ...(record.instanceUsable === undefined ? {} : { instance_usable: record.instanceUsable }),
    ...(record.updateRepeatable === undefined ? {} : { update_repeatable: record.updateRepeatable }),
  };
}

/** What is not there, and which of its operations was asked about. */
export interface Absent {
  kind: 'instance' | 'binding';
  key: string;
  operation: string | undefined;
}

export const namesDeletion = ({ kind, operation }: Absent): boolean =>
  operation?.startsWith(kind === 'instance' ? 'deprovision-' : 'unbind-') ?? false;

/**
 * The answer when the object is gone. An operation id that names a deletion, or a deletion seen lately, is the
 * only trace that is left of it.
 */
export function describeAbsence(context: OperationContext, absent: Absent): LastOperationAnswer {
  const creation = /^(provision|update|bind)-/.test(absent.operation ?? '');
  if (!namesDeletion(absent) && (creation || !context.departed.has(absent.key))) {
    throw new OsbError('NotFound', `there is no service ${absent.kind} with this id`);
  }
  if (context.settings.afterDelete === 'gone') {
    throw new OsbError('Gone', `the service ${absent.kind} is gone`);
  }
  return { status: 200, body: { state: 'succeeded', description: `the service ${absent.kind} is gone` } };
}

export const isBusy = (object: Operable, now: Date): boolean => {
  const record = findOperation(object, currentOperation(object, now).id);
  return isDeleting(object) || !record || !isFinal(record);
};
