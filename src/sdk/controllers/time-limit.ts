// A signal that also fires when its time is over.
import { childController } from '../runtime/abortable.js';
import type { Clock } from '../runtime/clock.js';

/** What a timer of Node can hold. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface TimeLimit {
  readonly signal: AbortSignal;
  readonly isOver: boolean;
  /** To be called when the work has ended, or the timer stays. */
  release(): void;
}

/** Fires with `parent`, or after `ms`. */
export function timeLimit(clock: Clock, parent: AbortSignal, ms: number): TimeLimit {
  const { controller, release } = childController(parent);
  let isOver = false;
  const cancel = clock.after(Math.min(ms, MAX_TIMER_MS), () => {
    isOver = true;
    controller.abort(new Error('the time for this is over'));
  });
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    release() {
      cancel();
      release();
    },
  };
}
