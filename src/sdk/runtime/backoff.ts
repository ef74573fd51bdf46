// How long to wait after some failures in a row.

export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
  random: () => number;
}

/** Full jitter, anything between nothing and the doubled-up wait: many who fail together part again. */
export function fullJitter(failures: number, options: BackoffOptions): number {
  return options.random() * ceiling(failures, options);
}

/** Between half of the doubled-up wait and all of it: for retries that must not come at once. */
export function equalJitter(failures: number, options: BackoffOptions): number {
  return ((1 + options.random()) / 2) * ceiling(failures, options);
}

function ceiling(failures: number, { baseMs, maxMs }: BackoffOptions): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30));
}
