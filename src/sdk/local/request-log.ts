// Every request that reached the server, in order, for tests that count them. The oldest go when there are too many.
import type { Verb } from './targets.js';

export interface RequestEntry {
  verb: Verb;
  path: string;
  /** Group and resource are empty for discovery, health and the like. */
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  /** The HTTP status; undefined while there is no answer, and for ever when the connection was cut. */
  status?: number;
}

const LIMIT = 100_000;

export class RequestLog {
  #entries: RequestEntry[] = [];

  /** Keeps the entry itself, so that its status can be filled in later. */
  add(entry: RequestEntry): RequestEntry {
    this.#entries.push(entry);
    if (this.#entries.length > LIMIT) this.#entries = this.#entries.slice(LIMIT / 2);
    return entry;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Copies of the entries that match in all fields given. */
  snapshot(match: Partial<RequestEntry> = {}): RequestEntry[] {
    const fields = Object.keys(match) as (keyof RequestEntry)[];
    return this.#entries
      .filter((entry) => fields.every((field) => entry[field] === match[field]))
      .map((entry) => ({ ...entry }));
  }
}
