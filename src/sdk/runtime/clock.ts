// Time as a dependency, so that tests need not wait for it.

export interface Clock {
  /** Milliseconds since 1970, as far as the machine knows. */
  now(): number;
  /** Milliseconds since some moment; never set, neither back nor forth. It may stand still while a machine sleeps. */
  monotonic(): number;
  /** Calls `fn` once after `ms`; returns what cancels that. A background timer does not keep the process alive. */
  after(ms: number, fn: () => void, options?: { background?: boolean }): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn, options = {}) {
    const timer = setTimeout(fn, ms);
    if (options.background) timer.unref();
    return () => clearTimeout(timer);
  },
};
