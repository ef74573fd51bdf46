// One call of a backend's function, and what its outcome means for the operation: ended, waiting, or to be repeated.
import type { Removed } from '../authoring/backend.js';
import { type Outcome, TerminalError } from '../authoring/outcome.js';
import {
  attemptsOf,
  BACKEND_REFUSED,
  type Operable,
  type Operation,
  type Progress,
} from '../resources/operations.js';
import { sleep } from '../runtime/abortable.js';
import { equalJitter } from '../runtime/backoff.js';
import { errorDetails } from '../telemetry/log.js';
import type { ReconcileContext } from './context.js';
import { timeLimit } from './time-limit.js';

/** When a backend says that it is waiting, without saying for how long. */
const POLL_MS = 2_000;
const RETRY = { baseMs: 500, maxMs: 60_000 };

export type StepResult<T> =
  | { state: 'done'; result: T }
  | { state: 'in progress'; progress: Progress; requeueAfterMs: number }
  | { state: 'failed'; progress: Progress };

export interface Step<T> {
  context: Pick<
    ReconcileContext,
    'clock' | 'random' | 'maxAttempts' | 'callGraceMs' | 'assertLeading' | 'log'
  >;
  object: Readonly<Operable>;
  operation: Operation;
  /** From when on the operation counts as failed. */
  deadline: Date;
  /** Fires when the controller wants the call to end. */
  signal: AbortSignal;
  call(signal: AbortSignal): Promise<Outcome<T> | Removed>;
}

/** Runs the step. Rejects only when `signal` fired: then nothing is known, and somebody else goes on. */
export async function runStep<T extends object>(step: Step<T>): Promise<StepResult<T>> {
  const { clock, assertLeading } = step.context;
  assertLeading(); // the timers of a process that slept ring late
  const left = step.deadline.getTime() - clock.now();
  if (left <= 0) return timedOut(step);
  const limit = timeLimit(clock, step.signal, left);
  try {
    const outcome = await step.call(limit.signal);
    step.signal.throwIfAborted();
    return concluded(outcome, left);
  } catch (error) {
    step.signal.throwIfAborted();
    if (limit.isOver) return cutOff(step);
    return error instanceof TerminalError ? refused(step, error) : repeat(step, error, left);
  } finally {
    limit.release();
  }
}

/** What the call had sent may still take effect: the failure, after which all of it may be removed, is told later. */
async function cutOff<T>(step: Step<T>): Promise<StepResult<T>> {
  const { clock, callGraceMs } = step.context;
  if (callGraceMs > 0) await sleep(callGraceMs, step.signal, clock);
  step.signal.throwIfAborted();
  return timedOut(step);
}

function concluded<T extends object>(outcome: Outcome<T> | Removed, left: number): StepResult<T> {
  if (!outcome || outcome.state === 'done') return { state: 'done', result: (outcome?.result ?? {}) as T };
  const { text, retryAfterSeconds } = outcome;
  return {
    state: 'in progress',
    progress: {
      state: 'in progress',
      reason: 'Waiting',
      description: text || 'in progress',
      // The status and the platform's Retry-After count in whole seconds.
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterSeconds) }),
    },
    requeueAfterMs: Math.min(retryAfterSeconds === undefined ? POLL_MS : retryAfterSeconds * 1000, left),
  };
}

function refused<T>({ context, operation }: Step<T>, error: TerminalError): StepResult<T> {
  context.log.warn(`${operation.type} failed for good`, errorDetails(error));
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
  const { log, random, maxAttempts } = step.context;
  const { type } = step.operation;
  const attempts = attemptsOf(step.object, step.operation) + 1;
  const isLast = maxAttempts > 0 && attempts >= maxAttempts;
  log.warn(`${type} did not succeed and is ${isLast ? 'given up' : 'tried again'}`, {
    attempts,
    ...errorDetails(error),
  });
  if (isLast) {
    const description = `the ${type} did not succeed in ${attempts} attempts`;
    return {
      state: 'failed',
      progress: { state: 'failed', reason: 'AttemptsExceeded', description, attempts },
    };
  }
  return {
    state: 'in progress',
    progress: {
      state: 'in progress',
      reason: 'Retrying',
      description: `attempt ${attempts} did not succeed; trying again`,
      attempts,
    },
    requeueAfterMs: Math.min(equalJitter(attempts - 1, { ...RETRY, random }), left),
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
