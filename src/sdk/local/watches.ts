// The open watches: each gets the events that concern it, bookmarks in between, and an end. Faults can cut them,
// expire them, or make them fall silent while they stay open.
import type { ServerResponse } from 'node:http';
import { expired } from './api-error.js';
import { DEFINITIONS } from './custom-kinds.js';
import { groupVersion, type Kind } from './kinds.js';
import { withMetadata, type ApiObject, type JsonObject } from './objects.js';
import type { Selector } from './selectors.js';
import type { Store, StoreEvent } from './store.js';
import { fromStored } from './stored-form.js';

export interface WatchRequest {
  kind: Kind;
  namespace?: string;
  selector?: Selector | undefined;
  /** The version to start after; undefined for a start with the present state. */
  since?: number | undefined;
  bookmarks: boolean;
  /** After the present state, a bookmark says that it is complete. */
  marksInitialEvents: boolean;
  timeoutSeconds: number;
  /** How an object is shown: as it is, as a Table, or its metadata. */
  show(object: ApiObject): JsonObject;
}

export interface WatchMatch {
  group?: string;
  resource?: string;
  namespace?: string;
}

interface OpenWatch extends WatchRequest {
  response: ServerResponse;
  isSilent: boolean;
  timers: NodeJS.Timeout[];
}

export class Watches {
  readonly #store: Store;
  readonly #bookmarkIntervalMs: number;
  readonly #open = new Set<OpenWatch>();
  readonly #unsubscribe: () => void;

  constructor(store: Store, bookmarkIntervalMs: number) {
    this.#store = store;
    this.#bookmarkIntervalMs = bookmarkIntervalMs;
    this.#unsubscribe = store.subscribe((event) => this.#deliver(event));
  }

  start(response: ServerResponse, request: WatchRequest): void {
    const watch: OpenWatch = { ...request, response, isSilent: false, timers: [] };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (!this.#sendPast(watch)) return;
    this.#open.add(watch);
    const every = setInterval(() => this.#bookmark(watch), this.#bookmarkIntervalMs);
    const end = setTimeout(() => response.end(), watch.timeoutSeconds * 1000);
    watch.timers.push(every.unref(), end.unref());
    response.once('close', () => {
      this.#open.delete(watch);
      watch.timers.forEach((timer) => clearTimeout(timer));
    });
  }

  /** Cuts the connections; returns how many. */
  drop(match: WatchMatch = {}): number {
    const chosen = this.#matching(match);
    for (const { response } of chosen) response.socket?.destroy();
    return chosen.length;
  }

  /** Ends the watches with an error that tells to list again, and forgets the history. */
  expire(match: WatchMatch = {}): number {
    const chosen = this.#matching(match);
    for (const watch of chosen) {
      const error = expired(`too old resource version: ${this.#store.version - 1} (${this.#store.version})`);
      write(watch, 'ERROR', error.body);
      watch.response.end();
      this.#open.delete(watch);
    }
    this.#store.forget();
    return chosen.length;
  }

  /** The streams stay open, and nothing comes any more. */
  silence(match: WatchMatch = {}): number {
    const chosen = this.#matching(match);
    for (const watch of chosen) watch.isSilent = true;
    return chosen.length;
  }

  /** How many watches are open. */
  count(match: WatchMatch = {}): number {
    return this.#matching(match).length;
  }

  stop(): void {
    this.#unsubscribe();
  }

  #matching({ group, resource, namespace }: WatchMatch): OpenWatch[] {
    return [...this.#open].filter(
      (watch) =>
        (group === undefined || watch.kind.group === group) &&
        (resource === undefined || watch.kind.plural === resource) &&
        (namespace === undefined || watch.namespace === namespace),
    );
  }

  /** The present state, or what came after the version that is asked for; false when that is forgotten. */
  #sendPast(watch: OpenWatch): boolean {
    if (watch.since === undefined) {
      for (const stored of this.#store.list(watch.kind.storage, watch.namespace)) {
        const object = fromStored(watch.kind, stored);
        if (watch.selector?.(object) ?? true) write(watch, 'ADDED', watch.show(object));
      }
      if (watch.marksInitialEvents) this.#bookmark(watch, { 'k8s.io/initial-events-end': 'true' });
      return true;
    }
    const past = this.#store.since(watch.since, watch.kind.storage);
    if (!past) {
      write(watch, 'ERROR', expired(`too old resource version: ${watch.since} (${this.#store.floor})`).body);
      watch.response.end();
      return false;
    }
    for (const event of past) deliver(watch, event);
    return true;
  }

  #deliver(event: StoreEvent): void {
    for (const watch of this.#open) {
      if (watch.kind.storage === event.storage) deliver(watch, event);
      const isUnserved = event.storage === DEFINITIONS && event.type === 'DELETED';
      if (isUnserved && watch.kind.storage === event.object.metadata.name) watch.response.end();
    }
  }

  #bookmark(watch: OpenWatch, annotations?: Record<string, string>): void {
    if (!watch.bookmarks || watch.isSilent) return;
    const metadata = {
      resourceVersion: String(this.#store.version),
      creationTimestamp: null,
      ...(annotations ? { annotations } : {}),
    };
    write(watch, 'BOOKMARK', { kind: watch.kind.kind, apiVersion: groupVersion(watch.kind), metadata });
  }
}

/** To a watch with a selector, an object that begins to match is added and one that ceases to is deleted. */
function deliver(watch: OpenWatch, event: StoreEvent): void {
  if (watch.isSilent) return;
  if (watch.namespace !== undefined && event.object.metadata.namespace !== watch.namespace) return;
  const matches = (stored: ApiObject | undefined) =>
    stored !== undefined && (watch.selector?.(fromStored(watch.kind, stored)) ?? true);
  const before = matches(event.previous);
  const now = event.type !== 'DELETED' && matches(event.object);
  if (now) write(watch, before ? 'MODIFIED' : 'ADDED', watch.show(fromStored(watch.kind, event.object)));
  else if (before) {
    const gone = withMetadata(event.previous!, { resourceVersion: String(event.version) });
    write(watch, 'DELETED', watch.show(fromStored(watch.kind, gone)));
  }
}

function write({ response }: OpenWatch, type: string, object: JsonObject): void {
  if (!response.writableEnded && !response.destroyed) response.write(`${JSON.stringify({ type, object })}\n`);
}
