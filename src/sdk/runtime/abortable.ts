// Waiting that an AbortSignal can end.
import { setMaxListeners } from 'node:events';
import { type Clock, systemClock } from './clock.js';

/** Calls `fn` once when `signal` fires, at once if it has fired already; returns what ends that. */
export function onAbort(signal: AbortSignal, fn: () => void): () => void {
  if (signal.aborted) {
    fn();
    return () => undefined;
  }
  // A signal as old as the process has many listeners, which is no leak, for all of them are taken off again.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', fn, { once: true });
  return () => signal.removeEventListener('abort', fn);
}

/** Resolves after `ms`, or as soon as `signal` fires; the caller looks at the signal to know which. */
export function sleep(ms: number, signal: AbortSignal, clock: Clock = systemClock): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => {
      release();
      resolve();
    });
    const release = onAbort(signal, () => {
      cancel();
      resolve();
    });
  });
}

/** What `promise` gives; rejects with the signal's reason as soon as it fires. The promise then runs on unobserved. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason as Error));
    void promise.then(resolve, reject).finally(release);
  });
}

/**
 * A controller that also aborts when `parent` does, until `release` is called. `AbortSignal.any` would do, but on a
 * parent as old as the process it leaks in some releases of Node 20.
 */
export function childController(parent: AbortSignal): { controller: AbortController; release: () => void } {
  const controller = new AbortController();
  return { controller, release: onAbort(parent, () => controller.abort(parent.reason)) };
}
