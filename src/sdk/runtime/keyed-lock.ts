// One at a time for each key, in the order of asking.

export class KeyedLock {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `fn` when all earlier ones of the same key have ended, well or not; settles as it does. */
  run<T>(key: string, fn: () => Promise<T>): Promise<T> {
    const previous = this.#last.get(key);
    const result = previous ? previous.then(fn) : fn();
    const ended: Promise<void> = result
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.#last.get(key) === ended) this.#last.delete(key);
      });
    this.#last.set(key, ended);
    return result;
  }

  /** Resolves when all that was asked for so far has ended; undefined when there is nothing to wait for. */
  pending(key: string): Promise<void> | undefined {
    return this.#last.get(key);
  }
}
