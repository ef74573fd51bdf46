// Puts right what is not as it was made, and tells it: at once the first time, then with pauses that grow where somebody
// goes on undoing it. Made anew in each term.
import type { EventContent } from '../kube/events.js';
import type { Operable } from '../resources/operations.js';
import { equalJitter } from '../runtime/backoff.js';
import type { Work } from './work.js';

/** How long to wait between repairs… */
const PAUSE = { baseMs: 1_000, maxMs: 8_000 };
/** …and after how long without need of one they are forgotten. */
const HEALTHY_MS = 10_000;

export class Repairs<T extends Operable> {
  readonly #last = new Map<string, { count: number; at: number; notBefore: number }>();

  /** For how long none is to be made; 0 where one may be. */
  pauseMs({ context, object }: Work<T>): number {
    const { notBefore = 0 } = this.#last.get(object.metadata.name) ?? {};
    return Math.max(0, notBefore - context.clock.now());
  }

  /** Returns after how long the next one may be made. Rejects as `repair` does. */
  async make(work: Work<T>, what: string, repair: () => Promise<unknown>): Promise<number> {
    const { context, object } = work;
    const { name } = object.metadata;
    const { count } = this.#last.get(name) ?? { count: 0 };
    const at = context.clock.now();
    const delayMs = equalJitter(count, { ...PAUSE, random: context.random });
    this.#last.set(name, { count: count + 1, at, notBefore: at + delayMs });
    announce(work, { type: 'Warning', reason: 'Drifted', message: what });
    await repair();
    announce(work, { type: 'Normal', reason: 'Repaired', message: `put right: ${what}` });
    return delayMs;
  }

  /** To be called for what needs no repair. */
  healthy({ context, object }: Work<T>): void {
    const { name } = object.metadata;
    const last = this.#last.get(name);
    if (last && context.clock.now() - last.at > HEALTHY_MS) this.#last.delete(name);
  }

  /** To be called for what goes. */
  forget(name: string): void {
    this.#last.delete(name);
  }
}

/** What was found, or done, where no operation was under way. */
export function announce<T extends Operable>({ context, object }: Work<T>, event: EventContent): void {
  const { type, reason, message } = event;
  const text = `the ${object.kind} was looked at`;
  context.log[type === 'Warning' ? 'warn' : 'info'](text, { reason, description: message });
  context.events.record(object, event);
}
