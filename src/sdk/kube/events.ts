// Kubernetes Events about an object, posted in the background. Best effort: a caller never waits for one, never sees one
// fail, and gets by without. Messages are the caller's duty: no secret goes in.
import { errorDetails, type Log } from '../telemetry/log.js';
import type { KubeObject, ResourceClient, ResourceType } from './types.js';

export const EVENTS: ResourceType = { group: '', version: 'v1', kind: 'Event', plural: 'events' };

export interface KubeEvent extends KubeObject {
  involvedObject: { apiVersion: string; kind: string; namespace?: string; name: string; uid?: string };
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  source: { component: string };
  reportingComponent: string;
  firstTimestamp: string;
  lastTimestamp: string;
  count: number;
}

export interface EventContent {
  type: 'Normal' | 'Warning';
  /** In CamelCase, for machines. */
  reason: string;
  message: string;
}

export interface EventRecorderOptions {
  client: Pick<ResourceClient<KubeEvent>, 'create' | 'namespace'>;
  log: Log;
  now?: () => number;
  /** For the names of the events. */
  random?: () => number;
  /** Called for each event that will not be posted: too many were waiting, or the API server did not take it. */
  onDropped?: () => void;
}

const COMPONENT = 'brokersdk';
const REPEAT_AFTER_MS = 10 * 60_000;
const MAX_REMEMBERED = 4096;
const MAX_IN_FLIGHT = 4;
const MAX_WAITING = 256;
const MAX_MESSAGE_LENGTH = 1024;

/** Posts each event once: the same words about the same object are not repeated for ten minutes. */
export class EventRecorder {
  readonly #client: EventRecorderOptions['client'];
  readonly #log: Log;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #onDropped: () => void;
  /** What was said, and when; oldest first. */
  readonly #said = new Map<string, number>();
  readonly #waiting: KubeEvent[] = [];
  readonly #posting = new Set<Promise<void>>();

  constructor(options: EventRecorderOptions) {
    this.#client = options.client;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
    this.#onDropped = options.onDropped ?? (() => undefined);
  }

  /** Returns at once. When too many events wait to be posted, this one is dropped. */
  record(object: KubeObject, content: EventContent): void {
    const key = [
      object.metadata.uid ?? object.metadata.name,
      content.type,
      content.reason,
      content.message,
    ].join('\0');
    if (this.#wasSaid(key)) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#onDropped();
      this.#log.debug('dropped an event: too many are waiting', {
        object: object.metadata.name,
        reason: content.reason,
      });
      return;
    }
    this.#remember(key);
    this.#waiting.push(this.#compose(object, content));
    while (this.#posting.size < MAX_IN_FLIGHT && this.#waiting.length > 0) this.#startPosting();
  }

  /** Resolves when all events recorded so far are posted or have failed. */
  async flush(): Promise<void> {
    while (this.#posting.size > 0) await Promise.all(this.#posting);
  }

  #startPosting(): void {
    const posting = this.#postWaiting().finally(() => this.#posting.delete(posting));
    this.#posting.add(posting);
  }

  async #postWaiting(): Promise<void> {
    for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
      try {
        await this.#client.create(event);
      } catch (error) {
        this.#onDropped();
        this.#log.debug('could not post an event', {
          object: event.involvedObject.name,
          ...errorDetails(error),
        });
      }
    }
  }

  #wasSaid(key: string): boolean {
    const at = this.#said.get(key);
    return at !== undefined && this.#now() - at < REPEAT_AFTER_MS;
  }

  #remember(key: string): void {
    this.#said.delete(key);
    this.#said.set(key, this.#now());
    const [oldest] = this.#said.keys();
    if (this.#said.size > MAX_REMEMBERED && oldest !== undefined) this.#said.delete(oldest);
  }

  /** Eight digits. */
  #hex(): string {
    return Math.floor(this.#random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }

  #compose(object: KubeObject, content: EventContent): KubeEvent {
    const { name, namespace, uid } = object.metadata;
    const at = new Date(this.#now()).toISOString().replace(/\.\d+Z$/, 'Z');
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name.slice(0, 230).replace(/[-.]+$/, '')}.${this.#hex()}${this.#hex()}`,
        namespace: this.#client.namespace,
      },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        namespace: namespace ?? this.#client.namespace,
        name,
        ...(uid === undefined ? {} : { uid }),
      },
      type: content.type,
      reason: content.reason,
      message: content.message.slice(0, MAX_MESSAGE_LENGTH),
      source: { component: COMPONENT },
      reportingComponent: COMPONENT,
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    };
  }
}
