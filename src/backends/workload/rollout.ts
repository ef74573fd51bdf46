// Applies manifests, and follows what becomes of them: done, on its way, or given up with the reason.
import {
  type Manifest,
  type OwnedObject,
  type OwnedResources,
  TerminalError,
  type Waiting,
  waiting,
} from '../../sdk/index.js';
import { kindsMadeFrom, OPERATION } from './manifests.js';
import { Patience } from '../patience.js';
import { type Readiness, readinessOf } from './readiness.js';
import type { ObjectCondition } from './readiness-conditions.js';

export interface Rollout {
  /** By which the rollout is told from all others: there is one at a time. */
  readonly name: string;
  readonly operationId: string;
  readonly resources: OwnedResources;
  readonly manifests: readonly Manifest[];
  readonly conditions?: readonly ObjectCondition[];
  readonly patienceSeconds: number;
}

const patience = new Patience();

/** Undefined once all of it is ready. Throws a TerminalError where it does not become so. */
export async function rollOut(rollout: Rollout): Promise<Waiting | undefined> {
  const { resources, manifests, operationId, conditions } = rollout;
  const also = kindsMadeFrom(manifests);
  const failed = failedEarlier(await resources.list(), operationId);
  if (failed.size > 0) {
    const others = manifests.filter(({ kind, metadata }) => kind !== 'Job' || !failed.has(metadata.name));
    await resources.apply(others, { also });
    return waiting('what failed before is removed, to be tried again', { retryAfter: 1 });
  }
  await resources.apply(manifests, { also });
  return concluded(readinessOf(await resources.list(), manifests, conditions), rollout);
}

/** To be called when there is no more to wait for. */
export const forgetRollout = (name: string): void => patience.forget(name);

function concluded(
  readiness: Readiness,
  { name, operationId, patienceSeconds }: Rollout,
): Waiting | undefined {
  if (readiness.state === 'stuck') {
    const { text, isFinal } = readiness;
    if (!isFinal && !patience.isOver(name, operationId, patienceSeconds)) return waiting(text);
    forgetRollout(name);
    throw new TerminalError(text, { updateRepeatable: true });
  }
  forgetRollout(name);
  return readiness.state === 'ready' ? undefined : waiting(readiness.text);
}

/** The names of Jobs that failed in an earlier operation, those that are being deleted for that included. */
function failedEarlier(objects: readonly OwnedObject[], operationId: string): ReadonlySet<string> {
  return new Set(
    objects
      .filter(({ kind, metadata }) => kind === 'Job' && metadata.annotations?.[OPERATION] !== undefined)
      .filter(({ metadata }) => metadata.annotations?.[OPERATION] !== operationId)
      .filter((job) => hasFailed(job) || job.metadata.deletionTimestamp !== undefined)
      .map(({ metadata }) => metadata.name),
  );
}

function hasFailed({ status }: OwnedObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === 'Failed' && status === 'True');
}
