// How much of everything: enough for figures that stay the same, or just enough to see that all of it works.

export interface Scale {
  /** A against B, so many times; rounds that warm up come before and do not count. */
  rounds: number;
  /** Of each round of a timed load. */
  seconds: number;
  /** Provisions of each round. */
  provisions: number;
  /** How many instances at once, and how often. */
  atOnce: readonly (readonly [count: number, times: number])[];
  /** How many instances exist already when the broker starts. */
  existing: readonly number[];
  idleInstances: number;
  idleSeconds: number;
  /** A folder for processor profiles of the broker; none are made without one. */
  profile?: string | undefined;
}

export const FULL: Scale = {
  rounds: 7,
  seconds: 3,
  provisions: 1000,
  atOnce: [
    [1, 15],
    [100, 7],
    [10_000, 1],
  ],
  existing: [1000, 10_000, 50_000],
  idleInstances: 10_000,
  idleSeconds: 60,
};

export const QUICK: Scale = {
  rounds: 2,
  seconds: 1,
  provisions: 200,
  atOnce: [
    [1, 3],
    [100, 1],
    [1000, 1],
  ],
  existing: [200, 1000],
  idleInstances: 500,
  idleSeconds: 5,
};
