// A call of a backend beside operations: within a time of its own, and never while another replica may lead.
import { sleep } from '../runtime/abortable.js';
import type { ReconcileContext } from './context.js';
import { timeLimit } from './time-limit.js';

export interface LimitedCall<T> {
  context: Pick<ReconcileContext, 'clock' | 'callGraceMs' | 'assertLeading'>;
  signal: AbortSignal;
  patienceMs: number;
  call: (signal: AbortSignal) => Promise<T>;
}

/** Rejects as the call does, or where its time is over; what it had sent by then has had the time to take effect. */
export async function limitedCall<T>({ context, signal, patienceMs, call }: LimitedCall<T>): Promise<T> {
  const { clock, callGraceMs } = context;
  context.assertLeading();
  const limit = timeLimit(clock, signal, patienceMs);
  try {
    const answer = await call(limit.signal);
    signal.throwIfAborted();
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    if (limit.isOver && callGraceMs > 0) await sleep(callGraceMs, signal, clock);
    throw error;
  } finally {
    limit.release();
  }
}
