// What a process uses of the machine, as it tells of itself.

export interface Memory {
  heapUsed: number;
  rss: number;
}

/** After a collection of all garbage, for which node needs `--expose-gc`. */
export async function memory(): Promise<Memory> {
  // Finalizers and weak references of a first collection are garbage for the second.
  for (let times = 0; times < 2; times++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss };
}

/** Microseconds of processor time since the start, in user code and in the kernel. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
