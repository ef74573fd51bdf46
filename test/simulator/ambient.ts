// Takes the place of the machine's time and chance for as long as a schedule runs: ids come from the seed, the embedded
// API server reads virtual time, and whoever else asks for real time or a real timer has forgotten to take it as a
// dependency, and is told so.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { Random } from './random.js';

const REAL = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  random: Math.random,
  timeout: AbortSignal.timeout.bind(AbortSignal),
  randomBytes: crypto.randomBytes,
  randomUUID: crypto.randomUUID,
};

export class Ambient {
  readonly #random: Random;
  readonly #now: () => number;
  /** Only within the API server is virtual time to be had without asking a clock. */
  #isServing = false;
  /** Uses of real time, with the places in the code. */
  readonly misuses: string[] = [];

  constructor(random: Random, now: () => number) {
    this.#random = random;
    this.#now = now;
  }

  /** Runs a piece of the API server. */
  serve<T>(fn: () => T): T {
    const before = this.#isServing;
    this.#isServing = true;
    try {
      return fn();
    } finally {
      this.#isServing = before;
    }
  }

  install(): void {
    const time = (): number => (this.#isServing ? this.#now() : this.#refuse('Date', this.#now()));
    class VirtualDate extends REAL.Date {
      constructor(...args: [] | [number | string | Date]) {
        if (args.length === 0) super(time());
        else super(...args);
      }

      static override now(): number {
        return time();
      }
    }
    globalThis.Date = VirtualDate as DateConstructor;
    Math.random = () => this.#refuse('Math.random', this.#random.next());
    const timer = (name: string): never => this.#refuse(name, undefined) as never;
    globalThis.setTimeout = (() => timer('setTimeout')) as unknown as typeof setTimeout;
    globalThis.setInterval = () => timer('setInterval');
    AbortSignal.timeout = () => this.#refuse('AbortSignal.timeout', new AbortController().signal);
    crypto.randomBytes = (size: number) => Buffer.from(this.#random.hex(size), 'hex');
    crypto.randomUUID = () => {
      const hex = this.#random.hex(16);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
    };
    syncBuiltinESMExports();
  }

  restore(): void {
    globalThis.Date = REAL.Date;
    Math.random = REAL.random;
    globalThis.setTimeout = REAL.setTimeout;
    globalThis.setInterval = REAL.setInterval;
    AbortSignal.timeout = REAL.timeout;
    crypto.randomBytes = REAL.randomBytes;
    crypto.randomUUID = REAL.randomUUID;
    syncBuiltinESMExports();
  }

  #refuse<T>(name: string, value: T): T {
    const place = new Error().stack?.split('\n').find((line) => /\/src\//.test(line));
    this.misuses.push(`${name} is asked for${place ?? ' by somebody'}`);
    return value;
  }
}
