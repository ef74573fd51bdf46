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
  /** Of an etcd with this cost of a password, so many lives a round. */
  etcdLives: readonly (readonly [bcryptCost: number, lives: number])[];
  /** Lives one at a time, through the broker and bare each. */
  etcdSteps: number;
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
  etcdLives: [
    [10, 16],
    [4, 48],
  ],
  etcdSteps: 60,
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
  etcdLives: [
    [10, 8],
    [4, 32],
  ],
  etcdSteps: 5,
};
