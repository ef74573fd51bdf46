// What the tests of this room share: a clock that is moved by hand, a client whose every call the test answers, a log
// that remembers.
import type { KubeObject, ListPage, ResourceClient, WatchEvent } from '../kube/types.js';
import type { Log } from '../telemetry/log.js';
import type { Clock } from './clock.js';

/** It stands still until it is moved. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; fn: () => void }>();

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** The waits under way, shortest first. */
  get pending(): number[] {
    return [...this.#timers].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /** Moves the time on, and runs what falls due on the way, in order of time. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
    }
    this.#now = until;
  }
}

/** Lets everything run that can run without a timer or input. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** What is put in comes out in order, to those who wait for it. */
export class Calls<T> {
  readonly #items: T[] = [];
  readonly #takers: ((item: T) => void)[] = [];

  put(item: T): void {
    const taker = this.#takers.shift();
    if (taker) taker(item);
    else this.#items.push(item);
  }

  next(): Promise<T> {
    const item = this.#items.shift();
    return item === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(item);
  }

  get waiting(): number {
    return this.#items.length;
  }
}

export interface Thing extends KubeObject {
  spec: { color: string };
}

/** The version is also the name of its state: `thing('a', '3')`. */
export function thing(name: string, resourceVersion: string, more: Partial<Thing['metadata']> = {}): Thing {
  const metadata = { name, resourceVersion, uid: `${name}-1`, ...more };
  return {
    apiVersion: 'example.org/v1',
    kind: 'Thing',
    metadata,
    spec: { color: `color ${resourceVersion}` },
  };
}

export interface PendingCall<A, R> {
  args: A;
  answer(value: R): void;
  fail(error: unknown): void;
}

export interface PendingWatch {
  args: { resourceVersion: string; labelSelector?: string; signal: AbortSignal; onOpen?: () => void };
  emit(type: WatchEvent<Thing>['type'], object: unknown): void;
  end(): void;
  fail(error: unknown): void;
}

type ListOptions = Parameters<ResourceClient<Thing>['list']>[0];

/** Each call waits until the test answers it. */
export class ScriptedClient implements ResourceClient<Thing> {
  readonly type = { group: 'example.org', version: 'v1', kind: 'Thing', plural: 'things' };
  readonly namespace = 'ns';
  readonly lists = new Calls<PendingCall<ListOptions, ListPage<Thing>>>();
  readonly watches = new Calls<PendingWatch>();
  readonly requests = new Calls<PendingCall<{ verb: string; name: string }, Thing | undefined>>();

  list(options?: ListOptions): Promise<ListPage<Thing>> {
    return new Promise((answer, fail) => this.lists.put({ args: options, answer, fail }));
  }

  watch(args: PendingWatch['args'], onEvent: (event: WatchEvent<Thing>) => void): Promise<void> {
    return new Promise((resolve, fail) => {
      args.signal.addEventListener('abort', () => resolve());
      const emit = (type: WatchEvent<Thing>['type'], object: unknown): void =>
        onEvent({ type, object: object as Thing });
      this.watches.put({ args, emit, end: resolve, fail });
    });
  }

  get = (name: string): Promise<Thing | undefined> => this.#request('get', name);
  create = (object: Thing): Promise<Thing> => this.#write('create', object);
  replace = (object: Thing): Promise<Thing> => this.#write('replace', object);
  replaceStatus = (object: Thing): Promise<Thing> => this.#write('replaceStatus', object);
  delete = (name: string): Promise<Thing | undefined> => this.#request('delete', name);

  #request(verb: string, name: string): Promise<Thing | undefined> {
    return new Promise((answer, fail) => this.requests.put({ args: { verb, name }, answer, fail }));
  }

  #write(verb: string, object: Thing): Promise<Thing> {
    return this.#request(verb, object.metadata.name) as Promise<Thing>;
  }
}

export class MemoryLog implements Log {
  readonly lines: { level: string; message: string; details: Record<string, unknown> }[] = [];

  #write(level: string) {
    return (message: string, details: Record<string, unknown> = {}): void => {
      this.lines.push({ level, message, details });
    };
  }

  debug = this.#write('debug');
  info = this.#write('info');
  warn = this.#write('warn');
  error = this.#write('error');
  child = (): Log => this;

  at(...levels: string[]): string[] {
    return this.lines.flatMap(({ level, message }) => (levels.includes(level) ? [message] : []));
  }
}
