// How far a reflector can be trusted: when it last heard of the API server, and for how long following it has failed.
import type { Clock } from './clock.js';

export interface Freshness {
  /** The objects were listed once at least. */
  synced: boolean;
  /** Since the last sign of life of the API server, or since the beginning if there was none. At rest it stays below some 90 seconds. */
  contactAgoMs: number;
  /** For how long listing and watching have failed; 0 while a watch is sound. */
  failingForMs: number;
}

/** A server that opens a watch and ends it at once is not sound. */
const OPEN_AND_SOUND_AFTER_MS = 1000;

export class Liveness {
  readonly #clock: Clock;
  #isSynced = false;
  #contactAt: number;
  #failingSince: number | undefined;
  /** Of the watch under way. */
  #openedAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#contactAt = clock.monotonic();
  }

  /** The API server answered something. */
  heard(): void {
    this.#contactAt = this.#clock.monotonic();
  }

  listed(): void {
    this.#isSynced = true;
  }

  watchOpened(): void {
    this.heard();
    this.#openedAt = this.#clock.monotonic();
  }

  watchDelivered(): void {
    this.heard();
    this.#failingSince = undefined;
  }

  watchEnded(): void {
    if (this.#isOpenAndSound()) this.#failingSince = undefined;
    this.#openedAt = undefined;
  }

  failed(): void {
    this.#failingSince ??= this.#clock.monotonic();
  }

  freshness(): Freshness {
    const now = this.#clock.monotonic();
    const isFailing = this.#failingSince !== undefined && !this.#isOpenAndSound();
    return {
      synced: this.#isSynced,
      contactAgoMs: now - this.#contactAt,
      failingForMs: isFailing ? now - (this.#failingSince ?? now) : 0,
    };
  }

  #isOpenAndSound(): boolean {
    return (
      this.#openedAt !== undefined && this.#clock.monotonic() - this.#openedAt >= OPEN_AND_SOUND_AFTER_MS
    );
  }
}
