// Remembers, for a while and within bounds, the names of what was deleted, as this replica saw it happen.
export class Departed {
  readonly #times = new Map<string, number>();
  readonly #keepMs: number;
  readonly #limit: number;
  readonly #now: () => number;

  constructor(options: { keepMs?: number; limit?: number; now?: () => number } = {}) {
    this.#keepMs = options.keepMs ?? 60 * 60 * 1000;
    this.#limit = options.limit ?? 10_000;
    this.#now = options.now ?? Date.now;
  }

  add(name: string): void {
    this.#times.delete(name); // so that the newest is last
    this.#times.set(name, this.#now());
    for (const [oldest, time] of this.#times) {
      if (this.#times.size <= this.#limit && time > this.#now() - this.#keepMs) break;
      this.#times.delete(oldest);
    }
  }

  /** It is back: there is an object of that name again. */
  remove(name: string): void {
    this.#times.delete(name);
  }

  has(name: string): boolean {
    const time = this.#times.get(name);
    return time !== undefined && time > this.#now() - this.#keepMs;
  }
}

export const departedInstance = (name: string): string => `instance/${name}`;

/** A binding has departed from its own instance, and from no other. */
export const departedBinding = (instance: string, name: string): string => `binding/${instance}/${name}`;
