// Load of a given concurrency, and how long each part of it took.

export interface Load {
  /** From the first beginning to the last end. */
  totalMs: number;
  /** Of each task, in order of their ends. */
  latenciesMs: number[];
  perSecond: number;
}

/** Runs `task` with the numbers from 0 to `count - 1`, so many at a time. Rejects with the first failure. */
export async function inParallel(
  count: number,
  concurrency: number,
  task: (index: number) => Promise<unknown>,
): Promise<Load> {
  const latenciesMs: number[] = [];
  let next = 0;
  const startedAt = performance.now();
  const work = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const began = performance.now();
      await task(index);
      latenciesMs.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, work));
  const totalMs = performance.now() - startedAt;
  return { totalMs, latenciesMs, perSecond: (count / totalMs) * 1000 };
}
