// Heeds the annotations with which an operator pauses an operation or asks for another try. What `abandon` means is
// the removals' business.
import type { KubeObject } from '../kube/types.js';
import { hatchProblems, isPaused, wantsRetry, withoutRetry } from '../resources/escape-hatches.js';
import { BINDINGS } from '../resources/kinds.js';
import {
  hasEnded,
  isDeleting,
  isSettled,
  newOperationId,
  type Operable,
  type OperationType,
} from '../resources/operations.js';
import { hasFinalizer, nowOf, PAUSED, type ReconcileContext } from './context.js';
import { inProgress, report, type Work } from './work.js';

/** The work as it goes on; undefined where it does not, or not in this reconcile. */
export async function heed<T extends Operable>(work: Work<T>): Promise<Work<T> | undefined> {
  const { object, operation } = work;
  if (isDeleting(object) && !hasFinalizer(object)) return work;
  if (isPaused(object)) {
    const text = `the ${operation.type} is paused by an operator`;
    if (!isSettled(object)) await report(work, inProgress(PAUSED, text));
    return undefined;
  }
  return wantsRetry(object) ? retry(work) : work;
}

/** Honours the wish and takes it away, in one write. */
async function retry<T extends Operable>(work: Work<T>): Promise<Work<T> | undefined> {
  const { context, store, object, operation } = work;
  const plain = withoutRetry(object);
  if (!hasEnded(object, operation.id)) {
    const tried = await store.replace(plain);
    tellRetry(context, object, `the ${operation.type} is tried at once`);
    return { ...work, object: tried };
  }
  const type = typeOfRetry(object, operation.type);
  if (!type) {
    await store.replace(plain);
    tellRetry(context, object, 'there is nothing to try again: the credentials of a binding are made once');
    return undefined;
  }
  const again = { id: newOperationId(type), type, requestedAt: nowOf(context).toISOString() };
  await store.replace({ ...plain, spec: { ...plain.spec, operation: again } });
  tellRetry(context, object, `the ${type} is tried again, as operation ${again.id}`);
  return undefined; // the write comes back as an event
}

/** What failed is tried again as what it was; what succeeded is ensured once more, where that can be. */
function typeOfRetry(object: Readonly<Operable>, ended: OperationType): OperationType | undefined {
  if (object.status?.lastOperation?.state === 'failed') return ended;
  return object.kind === BINDINGS.kind ? undefined : 'update';
}

function tellRetry({ events, log }: ReconcileContext, object: Readonly<KubeObject>, message: string): void {
  log.info('a retry was requested', { description: message });
  events.record(object, { type: 'Normal', reason: 'RetryRequested', message });
}

/** Says once of each annotation of ours that it means nothing: when it comes, and in each term of a leader. */
export function warnOfHatches(
  { events, log }: ReconcileContext,
  current: Readonly<KubeObject> | undefined,
  previous: Readonly<KubeObject> | undefined,
): void {
  if (!current) return;
  const known = hatchProblems(previous);
  for (const message of hatchProblems(current).filter((problem) => !known.includes(problem))) {
    log.warn('an annotation means nothing', { name: current.metadata.name, problem: message });
    events.record(current, { type: 'Warning', reason: 'InvalidAnnotation', message });
  }
}
