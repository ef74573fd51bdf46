// The streams that are open on this replica: so many, and so many for one instance, so that the holder of one link
// cannot keep out those of others.
import type { Readable } from 'node:stream';
import type { Clock } from '../runtime/clock.js';
import { type Feed, LiveStream } from './live-stream.js';

export const MAX_STREAMS = 256;
export const MAX_STREAMS_OF_ONE = 16;

export class Streams {
  readonly #clock: Clock;
  readonly #open = new Set<LiveStream>();
  readonly #byKey = new Map<string, number>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined where there are too many already, or no more are wanted. `onClose` is called at the end of this one. */
  open(key: string, feed: Feed, onClose: () => void): Readable | undefined {
    const ofKey = this.#byKey.get(key) ?? 0;
    if (this.#isClosed || this.#open.size >= MAX_STREAMS || ofKey >= MAX_STREAMS_OF_ONE) return undefined;
    this.#byKey.set(key, ofKey + 1);
    const stream = new LiveStream(feed, this.#clock, () => {
      this.#open.delete(stream);
      this.#forget(key);
      onClose();
    });
    this.#open.add(stream);
    return stream.body;
  }

  /** Ends all of them; none can be opened after. */
  close(): void {
    this.#isClosed = true;
    for (const stream of [...this.#open]) stream.end();
  }

  #forget(key: string): void {
    const left = (this.#byKey.get(key) ?? 1) - 1;
    if (left > 0) this.#byKey.set(key, left);
    else this.#byKey.delete(key);
  }
}
