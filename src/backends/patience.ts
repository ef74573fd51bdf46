// For how long something has been in the way of an operation. It is remembered in memory only: after a restart, users
// wait a little longer.
export class Patience {
  readonly #stuck = new Map<string, { operationId: string; sinceMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** To be called for what is stuck: whether it has been for so many seconds, in this operation. */
  isOver(name: string, operationId: string, seconds: number): boolean {
    const known = this.#stuck.get(name);
    const { sinceMs } = known?.operationId === operationId ? known : { sinceMs: this.#now() };
    this.#stuck.set(name, { operationId, sinceMs });
    return this.#now() - sinceMs >= seconds * 1000;
  }

  forget(name: string): void {
    this.#stuck.delete(name);
  }
}
