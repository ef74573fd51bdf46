// When an owner's objects were last deleted. Controllers finish what they had begun to make of them (a claim, a Pod), so
// that what is gone now is only certain to be all a moment later.
import type { Clock } from '../runtime/clock.js';
import type { Owner } from './owner.js';
import type { OnChange } from './watched-kinds.js';

const SETTLED_AFTER_MS = 1000;

export class Settling {
  readonly #clock: Clock;
  readonly #deletedAt = new Map<string, number>();
  readonly #timers = new Map<string, () => void>();
  onChange: OnChange = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  deleted(owner: Owner): void {
    this.#deletedAt.set(keyFor(owner), this.#clock.monotonic());
  }

  isSettled(owner: Owner): boolean {
    const at = this.#deletedAt.get(keyFor(owner));
    return at === undefined || this.#clock.monotonic() - at >= SETTLED_AFTER_MS;
  }

  /** Has the owner looked at again when it may be settled. */
  lookLater(owner: Owner): void {
    const key = keyFor(owner);
    this.#timers.get(key)?.();
    const look = (): void => {
      this.#timers.delete(key);
      this.onChange(owner.instance, owner.binding);
    };
    this.#timers.set(key, this.#clock.after(SETTLED_AFTER_MS, look, { background: true }));
  }

  forget(owner: Owner): void {
    const key = keyFor(owner);
    this.#deletedAt.delete(key);
    this.#timers.get(key)?.();
    this.#timers.delete(key);
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}

const keyFor = ({ instance, binding = '' }: Owner): string => `${instance}/${binding}`;
