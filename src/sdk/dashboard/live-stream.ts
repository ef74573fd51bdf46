// One reader of Server-Sent Events. It is told what is true when it can take it, not all that happened: whoever reads
// slowly skips what came in between, and costs no memory. Knows nothing of what is told.
import { Readable } from 'node:stream';
import type { Clock } from '../runtime/clock.js';

/** The next thing to tell. */
export interface Frame {
  /** The event's name; `message` when absent. */
  event?: string;
  data: string;
  /** Nothing comes after it. */
  isLast?: boolean;
}

export interface Feed {
  /** What is true now. */
  look: () => Frame;
  /** Returns what ends the calls. */
  onChange: (listener: () => void) => () => void;
  /** When to look without having been told of a change, in milliseconds since 1970. */
  endsAt: number;
}

/** How soon a browser comes back whose stream has ended. */
const RETRY_MS = 2000;
/** Some proxies end a connection that is silent for a minute. */
const BEAT_MS = 20_000;
/** Who takes nothing for so many beats has gone away, or wants to do harm. */
const MISSED_BEATS = 3;
/** What is kept for a reader at most, beside the newest state. */
const KEPT_BYTES = 16_384;
/** Changes come in flocks. */
const SETTLE_MS = 50;

export class LiveStream {
  readonly body: Readable;
  readonly #feed: Feed;
  readonly #clock: Clock;
  readonly #ends: (() => void)[] = [];
  #cancelBeat = (): void => undefined;
  #cancelSend: (() => void) | undefined;
  /** Whether the reader has room for more. */
  #isWanted = false;
  #isStale = true;
  #isOver = false;
  #missed = 0;
  #said: string | undefined;

  constructor(feed: Feed, clock: Clock, onClose: () => void) {
    this.#feed = feed;
    this.#clock = clock;
    this.body = new Readable({ highWaterMark: KEPT_BYTES, read: () => this.#wanted() });
    this.body.once('close', () => {
      for (const end of this.#ends) end();
      this.#cancelBeat();
      this.#cancelSend?.();
      onClose();
    });
    this.body.once('error', () => undefined); // the reader is told by the end of the connection
    this.#ends.push(feed.onChange(() => this.#changed()));
    this.#scheduleBeat();
  }

  /** Ends it, so that the browser asks again, maybe elsewhere. */
  end(): void {
    if (this.#isWanted) this.#finish();
    else this.body.destroy();
  }

  #wanted(): void {
    this.#isWanted = true;
    this.#missed = 0;
    if (this.#isStale) this.#send();
  }

  #changed(): void {
    this.#isStale = true;
    this.#cancelSend ??= this.#clock.after(SETTLE_MS, () => {
      this.#cancelSend = undefined;
      if (this.#isWanted) this.#send();
    });
  }

  #send(): void {
    const frame = this.#isOver ? undefined : this.#look();
    if (!frame) return;
    this.#isStale = false;
    const text = textOf(frame);
    if (text !== this.#said) this.#push(this.#said === undefined ? `retry: ${RETRY_MS}\n${text}` : text);
    this.#said = text;
    if (frame.isLast) this.#finish();
  }

  #look(): Frame | undefined {
    try {
      return this.#feed.look();
    } catch (error) {
      this.body.destroy(error as Error);
      return undefined;
    }
  }

  #push(text: string): void {
    this.#isWanted = false; // first, since the reader may ask for more at once
    this.body.push(text);
  }

  #finish(): void {
    if (!this.#isOver) this.body.push(null);
    this.#isOver = true;
  }

  #scheduleBeat(): void {
    const { endsAt } = this.#feed;
    const left = endsAt - this.#clock.now();
    const wait = left > 0 ? Math.min(BEAT_MS, left) : BEAT_MS;
    this.#cancelBeat = this.#clock.after(wait, () => this.#beat(), { background: true });
  }

  #beat(): void {
    if (!this.#isWanted && ++this.#missed >= MISSED_BEATS) {
      this.body.destroy();
      return;
    }
    this.#scheduleBeat();
    if (!this.#isWanted) return;
    this.#send();
    if (this.#isWanted && !this.#isOver) this.#push(':\n\n');
  }
}

const textOf = ({ event, data }: Frame): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
