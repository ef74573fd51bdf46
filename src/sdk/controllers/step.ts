// One call of a backend's function, and what its outcome means for the operation: ended, waiting, or to be repeated.
import type { Removed } from '../authoring/backend.js';
import { type Outcome, TerminalError } from '../authoring/outcome.js';
import { BACKEND_REFUSED, type Operable, type Operation, type Progress } from '../resources/operations.js';
import { errorDetails, type Log } from '../telemetry/log.js';

/** When a backend says that it is waiting, without saying for how long. */
const POLL_MS = 2_000;
const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 60_000;

export type StepResult<T> =
  | { state: 'done'; result: T }
  | { state: 'in progress'; progress: Progress; requeueAfterMs: number }
  | { state: 'failed'; progress: Progress };

export interface Step<T> {
  object: Readonly<Operable>;
  operation: Operation;
  /** From when on the operation counts as failed. */
  deadline: Date;
  now: Date;
  /** Fires when the controller wants the call to end. */
  signal: AbortSignal;
  log: Log;
  call(signal: AbortSignal): Promise<Outcome<T> | Removed>;
}

/** Runs the step. Rejects only when `signal` fired: then nothing is known, and somebody else goes on. */
export async function runStep<T extends object>(step: Step<T>): Promise<StepResult<T>> {
  const left = step.deadline.getTime() - step.now.getTime();
  if (left <= 0) return timedOut(step);
  const timer = AbortSignal.timeout(Math.min(left, 2 ** 31 - 1));
  try {
    const outcome = await step.call(AbortSignal.any([step.signal, timer]));
    step.signal.throwIfAborted();
    if (!outcome || outcome.state === 'done') return { state: 'done', result: (outcome?.result ?? {}) as T };
    const retryAfterSeconds = outcome.retryAfterSeconds;
    return {
      state: 'in progress',
      progress: {
        state: 'in progress',
        reason: 'Waiting',
        description: outcome.text || 'in progress',
        attempts: attemptsOf(step),
        // The status and the platform's Retry-After count in whole seconds.
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterSeconds) }),
      },
      requeueAfterMs: Math.min(retryAfterSeconds === undefined ? POLL_MS : retryAfterSeconds * 1000, left),
    };
  } catch (error) {
    step.signal.throwIfAborted();
    if (timer.aborted) return timedOut(step);
    return error instanceof TerminalError ? refused(step, error) : repeat(step, error, left);
  }
}

function refused<T>({ log, operation }: Step<T>, error: TerminalError): StepResult<T> {
  log.warn(`${operation.type} failed for good`, errorDetails(error));
  return {
    state: 'failed',
    progress: {
      state: 'failed',
      reason: BACKEND_REFUSED,
      description: error.message || 'the service refused',
      instanceUsable: error.instanceUsable,
      updateRepeatable: error.updateRepeatable,
    },
  };
}

function repeat<T>(step: Step<T>, error: unknown, left: number): StepResult<T> {
  const attempts = attemptsOf(step) + 1;
  const ceiling = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(attempts - 1, 16));
  step.log.warn(`${step.operation.type} did not succeed and is tried again`, {
    attempts,
    ...errorDetails(error),
  });
  return {
    state: 'in progress',
    progress: {
      state: 'in progress',
      reason: 'Retrying',
      description: `attempt ${attempts} did not succeed; trying again`,
      attempts,
    },
    requeueAfterMs: Math.min(ceiling * (0.5 + Math.random() / 2), left),
  };
}

function timedOut<T>({ operation, deadline }: Step<T>): StepResult<T> {
  const limit = Math.round((deadline.getTime() - Date.parse(operation.startedAt)) / 1000);
  return {
    state: 'failed',
    progress: {
      state: 'failed',
      reason: 'DeadlineExceeded',
      description: `the ${operation.type} did not end within ${limit} seconds`,
    },
  };
}

/** Failures so far of this very operation, as the status remembers them. */
function attemptsOf<T>({ object, operation }: Step<T>): number {
  const last = object.status?.lastOperation;
  return last?.id === operation.id ? (last.attempts ?? 0) : 0;
}
