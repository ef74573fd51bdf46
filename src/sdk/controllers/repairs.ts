// Puts right what is not as it was made: at once the first time, then with pauses that grow where somebody goes on undoing
// it. That it is right again is told when that was seen. Made anew in each term.
import type { EventContent } from '../kube/events.js';
import type { Operable } from '../resources/operations.js';
import { equalJitter } from '../runtime/backoff.js';
import type { Work } from './work.js';

/** How long to wait between repairs… */
const PAUSE = { baseMs: 1_000, maxMs: 8_000 };
/** …and after how long without need of one they are forgotten. */
const HEALTHY_MS = 10_000;

interface Repaired {
  count: number;
  /** When the last one began, and when the next one may. */
  at: number;
  notBefore: number;
  /** What was repaired, and not seen to be right yet. */
  readonly untold: Set<string>;
}

export class Repairs<T extends Operable> {
  readonly #repaired = new Map<string, Repaired>();

  /** For how long none is to be made; 0 where one may be. */
  pauseMs({ context, object }: Work<T>): number {
    const { notBefore = 0 } = this.#repaired.get(object.metadata.name) ?? {};
    return Math.max(0, notBefore - context.clock.now());
  }

  /** Returns after how long the next one may be made. Rejects as `repair` does. */
  async make(work: Work<T>, what: string, repair: () => Promise<unknown>): Promise<number> {
    const { context, object } = work;
    const { name } = object.metadata;
    const { count, untold } = this.#repaired.get(name) ?? { count: 0, untold: new Set<string>() };
    const at = context.clock.now();
    const delayMs = equalJitter(count, { ...PAUSE, random: context.random });
    this.#repaired.set(name, { count: count + 1, at, notBefore: at + delayMs, untold });
    announce(work, { type: 'Warning', reason: 'Drifted', message: what });
    await repair();
    untold.add(what);
    return delayMs;
  }

  /** To be called for what was seen to need no repair. */
  healthy(work: Work<T>): void {
    const { context, object } = work;
    const { name } = object.metadata;
    const repaired = this.#repaired.get(name);
    if (!repaired) return;
    for (const what of repaired.untold) {
      announce(work, { type: 'Normal', reason: 'Repaired', message: `put right: ${what}` });
    }
    repaired.untold.clear();
    if (context.clock.now() - repaired.at > HEALTHY_MS) this.#repaired.delete(name);
  }

  /** To be called for what goes. */
  forget(name: string): void {
    this.#repaired.delete(name);
  }
}

/** What was found, or done, where no operation was under way. */
export function announce<T extends Operable>({ context, object }: Work<T>, event: EventContent): void {
  const { type, reason, message } = event;
  const text = `the ${object.kind} was looked at`;
  context.log[type === 'Warning' ? 'warn' : 'info'](text, { reason, description: message });
  context.events.record(object, event);
}
