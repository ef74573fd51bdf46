// The Kubernetes API server of a schedule: the embedded one's own parts, driven in process on virtual time. It keeps
// what is stored over every death of a broker. What may befall a request on its way is not known here.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { LEASES } from '../../src/sdk/kube/lease.js';
import type { KubeObject, Preconditions, ResourceType, WatchEvent } from '../../src/sdk/kube/types.js';
import { expired, notFound } from '../../src/sdk/local/api-error.js';
import type { WriteRequest } from '../../src/sdk/local/admission.js';
import { BUILT_IN_KINDS } from '../../src/sdk/local/built-in-kinds.js';
import { type Definition, kindsOf } from '../../src/sdk/local/custom-kinds.js';
import { GarbageCollector } from '../../src/sdk/local/garbage-collector.js';
import { type Kind, KindRegister } from '../../src/sdk/local/kinds.js';
import { ObjectDeleter } from '../../src/sdk/local/object-deleter.js';
import { ObjectWriter } from '../../src/sdk/local/object-writer.js';
import { type ApiObject, withMetadata } from '../../src/sdk/local/objects.js';
import { labelSelector, type Selector } from '../../src/sdk/local/selectors.js';
import { Store, type StoreEvent } from '../../src/sdk/local/store.js';
import type { Ambient } from './ambient.js';
import type { Random } from './random.js';
import type { VirtualTime } from './time.js';
import type { Trace } from './trace.js';

export const NAMESPACE = 'simulated';

export type Verb = 'get' | 'list' | 'create' | 'replace' | 'replaceStatus' | 'delete';

export interface ApiRequest {
  verb: Verb;
  type: ResourceType;
  name?: string;
  object?: KubeObject;
  preconditions?: Preconditions;
  labelSelector?: string | undefined;
}

const WRITES: readonly Verb[] = ['create', 'replace', 'replaceStatus', 'delete'];
export const isWrite = ({ verb }: Pick<ApiRequest, 'verb'>): boolean => WRITES.includes(verb);

/** Events have names by chance. */
export const requestText = ({ verb, type, name = '' }: ApiRequest): string =>
  `${verb} ${type.plural} ${type.kind === 'Event' ? '' : name}`.trim();

/** Where a watch goes: events in order, then the end, with the reason where it is not a clean one. */
export interface WatchSink {
  event(event: WatchEvent<KubeObject>): void;
  end(failure?: 'cut'): void;
}

interface Watch {
  kind: Kind;
  selector: Selector | undefined;
  sink: WatchSink;
}

const BOOKMARK_MS = 60_000;

/** Made once: their validators are compiled once, then. */
const KINDS: Kind[] = [
  ...BUILT_IN_KINDS,
  ...readdirSync('crds').flatMap((file) =>
    kindsOf(parse(readFileSync(`crds/${file}`, 'utf8')) as Definition),
  ),
];

export class ApiServer {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #ambient: Ambient;
  readonly #trace: Trace;
  readonly #store = new Store(10_000);
  readonly #kinds = new KindRegister();
  readonly #writer = new ObjectWriter(this.#store);
  readonly #deleter = new ObjectDeleter(this.#store);
  readonly #watches = new Set<Watch>();
  /** How long the garbage collector may take, at most. */
  readonly #collectWithinMs: number;
  #downUntil = 0;
  #writes = 0;

  constructor(parts: {
    time: VirtualTime;
    random: Random;
    ambient: Ambient;
    trace: Trace;
    collectWithinMs: number;
  }) {
    this.#time = parts.time;
    this.#random = parts.random;
    this.#ambient = parts.ambient;
    this.#trace = parts.trace;
    this.#collectWithinMs = parts.collectWithinMs;
    for (const kind of KINDS) this.#kinds.add(kind);
    const garbage = new GarbageCollector(this.#store, this.#kinds, this.#deleter);
    this.#store.subscribe((event) => {
      if (event.object.kind !== LEASES.kind) this.#writes++;
      garbage.index(event);
      const collect = (): void => this.#ambient.serve(() => garbage.collect(event));
      this.#time.after(this.#random.between(1, this.#collectWithinMs), collect);
      for (const watch of this.#watches) deliver(watch, event);
    });
    const namespaces = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
    this.perform({ verb: 'create', type: namespaces, object: namespace });
  }

  /** How many writes there were, but for those of the Lease, which never end. */
  get writes(): number {
    return this.#writes;
  }

  get isDown(): boolean {
    return this.#time.now < this.#downUntil;
  }

  /** The version of the last write. */
  get version(): number {
    return this.#store.version;
  }

  /** Takes effect at once, or throws an `ApiError`. */
  perform(request: ApiRequest): unknown {
    return this.#ambient.serve(() => this.#perform(request));
  }

  /** All objects of a kind, as they are stored. */
  objects<T extends KubeObject>(type: ResourceType): T[] {
    return this.#store.list(this.#kindOf(type).storage) as unknown as T[];
  }

  object<T extends KubeObject>(type: ResourceType, name: string): T | undefined {
    return this.#store.get(this.#kindOf(type).storage, NAMESPACE, name) as T | undefined;
  }

  /** Returns what closes the watch. */
  watch(
    type: ResourceType,
    from: { resourceVersion: string; labelSelector?: string | undefined },
    sink: WatchSink,
  ): () => void {
    const kind = this.#kindOf(type);
    const watch: Watch = { kind, selector: labelSelector(from.labelSelector), sink };
    const past = this.#store.since(Number(from.resourceVersion), kind.storage);
    if (!past) {
      sink.event({
        type: 'ERROR',
        object: expired('too old resource version').body as unknown as KubeObject,
      });
      sink.end();
      return () => undefined;
    }
    for (const event of past) deliver(watch, event);
    this.#watches.add(watch);
    this.#bookmarkLater(watch);
    this.#time.after(this.#random.between(240_000, 480_000), () => {
      if (this.#watches.delete(watch)) sink.end();
    });
    return () => this.#watches.delete(watch);
  }

  /** All watches are cut, and nobody is let in for a while. */
  restart(ms: number): void {
    this.#trace.add('api', `restarts, back in ${Math.round(ms)} ms`);
    this.#downUntil = this.#time.now + ms;
    for (const { sink } of this.#watches) sink.end('cut');
    this.#watches.clear();
  }

  /** Every version before the present one is too old from now on. */
  forgetHistory(): void {
    this.#trace.add('api', `forgets what was before version ${this.version}`);
    this.#store.forget();
  }

  #perform({
    verb,
    type,
    name = '',
    object,
    preconditions = {},
    labelSelector: selector,
  }: ApiRequest): unknown {
    const kind = this.#kindOf(type);
    switch (verb) {
      case 'get': {
        const found = this.#store.get(kind.storage, NAMESPACE, name);
        if (!found) throw notFound(kind, name);
        return found;
      }
      case 'list': {
        const isSelected = labelSelector(selector) ?? (() => true);
        const items = this.#store.list(kind.storage, NAMESPACE).filter(isSelected);
        return { items, resourceVersion: String(this.version) };
      }
      case 'create':
        return this.#written(kind, name, '', (write) => this.#writer.create(copy(object), write));
      case 'replace':
      case 'replaceStatus':
        return this.#written(kind, name, verb === 'replace' ? '' : 'status', (write) =>
          this.#writer.update(write, { isPatch: false }, () => copy(object)),
        );
      case 'delete':
        return this.#deleter.delete(kind, NAMESPACE, name, {
          propagationPolicy: 'Background',
          preconditions,
        });
    }
  }

  #written(
    kind: Kind,
    name: string,
    subresource: '' | 'status',
    write: (request: WriteRequest) => { object: ApiObject },
  ): ApiObject {
    const request: WriteRequest = {
      kind,
      name,
      subresource,
      ...(kind.namespaced ? { namespace: NAMESPACE } : {}),
      manager: 'brokersdk',
      dryRun: false,
      fieldValidation: 'Warn',
      warnings: [],
    };
    const { object } = write(request);
    if (request.warnings.length > 0)
      this.#trace.violation('nothing unknown is stored', `${kind.plural}: ${request.warnings.join(', ')}`);
    return object;
  }

  #kindOf({ group, version, plural }: ResourceType): Kind {
    return this.#kinds.find(group, version, plural)!;
  }

  #bookmarkLater(watch: Watch): void {
    this.#time.after(BOOKMARK_MS, () => {
      if (!this.#watches.has(watch)) return;
      const { kind, sink } = watch;
      const metadata = { resourceVersion: String(this.version) } as KubeObject['metadata'];
      sink.event({ type: 'BOOKMARK', object: { apiVersion: kind.version, kind: kind.kind, metadata } });
      this.#bookmarkLater(watch);
    });
  }
}

const copy = (object: unknown): unknown => JSON.parse(JSON.stringify(object)) as unknown;

/** To a watch with a selector, an object that begins to match is added and one that ceases to is deleted. */
function deliver({ kind, selector, sink }: Watch, event: StoreEvent): void {
  if (kind.storage !== event.storage) return;
  const matches = (object: ApiObject | undefined): boolean =>
    object !== undefined && (selector?.(object) ?? true);
  const before = matches(event.previous);
  const now = event.type !== 'DELETED' && matches(event.object);
  const told = (type: WatchEvent<KubeObject>['type'], object: ApiObject): void =>
    sink.event({ type, object: object as unknown as KubeObject });
  if (now) told(before ? 'MODIFIED' : 'ADDED', event.object);
  else if (before) told('DELETED', withMetadata(event.previous!, { resourceVersion: String(event.version) }));
}
