// Typed access to one kind of object, in one namespace or in all, the same for custom resources and core kinds, on the
// thin call of rest.ts. Keeps nothing, retries nothing.
import type { KubeConfig } from '@kubernetes/client-node';
import { type CallDescription, errorOfFailure, isNotFound, KubeError } from './errors.js';
import { type Call, callJson, openStream } from './rest.js';
import {
  type ApplyingClient,
  type ApplyOptions,
  keyOf,
  type KubeObject,
  type ListPage,
  type ObjectMeta,
  type Preconditions,
  type ResourceClient,
  type ResourceType,
  type WatchEvent,
} from './types.js';
import { readEvents } from './watch-stream.js';

// Chosen at random between these, so that the watches of many replicas do not end together.
const WATCH_SECONDS = { from: 240, to: 480 };

/** Who manages the fields that are applied. */
const FIELD_MANAGER = 'brokersdk';

/**
 * A client for the objects of `type` in `namespace`; in all, or of a kind that has none, where that is empty. What the
 * server says about Secrets is kept out of its errors.
 */
export function createResourceClient<T extends KubeObject>(
  config: KubeConfig,
  type: ResourceType,
  namespace: string,
  random: () => number = Math.random,
): ApplyingClient<T> {
  return new RestResourceClient<T>(config, type, namespace, random);
}

class RestResourceClient<T extends KubeObject> implements ApplyingClient<T> {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly #config: KubeConfig;
  readonly #apiVersion: string;
  readonly #root: string;
  readonly #random: () => number;

  constructor(config: KubeConfig, type: ResourceType, namespace: string, random: () => number) {
    this.type = type;
    this.namespace = namespace;
    this.#config = config;
    this.#random = random;
    const { group, version } = type;
    this.#apiVersion = group === '' ? version : `${group}/${version}`;
    this.#root = `${group === '' ? '/api' : '/apis'}/${this.#apiVersion}`;
  }

  async get(name: string): Promise<T | undefined> {
    const call: Call = { ...this.#describe('get', name), method: 'GET', path: this.#pathOf(name) };
    return unlessNotFound(this.#call(call));
  }

  async list(options: Parameters<ResourceClient<T>['list']>[0] = {}): Promise<ListPage<T>> {
    const call: Call = {
      ...this.#describe('list'),
      method: 'GET',
      path: this.#collectionIn(this.namespace),
      query: { ...options },
    };
    const list = (await callJson(this.#config, call)) as {
      metadata?: { resourceVersion?: string; continue?: string };
      items?: T[] | null;
    } | null;
    const resourceVersion = list?.metadata?.resourceVersion;
    if (resourceVersion === undefined) throw errorOfFailure(call, new Error('the answer is not a list'));
    const { kind } = this.type;
    // Items of core lists do not say what they are.
    const items = (list?.items ?? []).map((item) => lean({ ...item, apiVersion: this.#apiVersion, kind }));
    const next = list?.metadata?.continue;
    return { items, resourceVersion, ...(next ? { continue: next } : {}) };
  }

  async create(object: T): Promise<T> {
    const call = this.#describe('create', object.metadata.name);
    return this.#call({
      ...call,
      method: 'POST',
      path: this.#collectionIn(this.#namespaceOf(object)),
      body: object,
    });
  }

  async replace(object: T): Promise<T> {
    const name = keyOf(this, object);
    return this.#call({
      ...this.#describe('replace', name, 'update'),
      method: 'PUT',
      path: this.#pathOf(name),
      body: object,
    });
  }

  async replaceStatus(object: T): Promise<T> {
    const name = keyOf(this, object);
    const path = `${this.#pathOf(name)}/status`;
    return this.#call({
      ...this.#describe('replace status of', name, 'update_status'),
      method: 'PUT',
      path,
      body: object,
    });
  }

  async apply(object: KubeObject, { force = false, dryRun = false }: ApplyOptions = {}): Promise<T> {
    const name = keyOf(this, object);
    const query = { fieldManager: FIELD_MANAGER, force, ...(dryRun ? { dryRun: 'All' } : {}) };
    return this.#call({
      ...this.#describe('apply', name, 'patch'),
      method: 'PATCH',
      path: this.#pathOf(name),
      query,
      body: object,
      contentType: 'application/apply-patch+yaml', // JSON is YAML
    });
  }

  async merge(object: KubeObject): Promise<T> {
    const name = keyOf(this, object);
    return this.#call({
      ...this.#describe('merge', name, 'patch'),
      method: 'PATCH',
      path: this.#pathOf(name),
      query: { fieldManager: FIELD_MANAGER },
      body: object,
      contentType: 'application/merge-patch+json',
    });
  }

  async delete(name: string, preconditions: Preconditions = {}): Promise<T | undefined> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    };
    const call: Call = {
      ...this.#describe('delete', name),
      method: 'DELETE',
      path: this.#pathOf(name),
      body,
    };
    const answer = await unlessNotFound(this.#call(call));
    // Some kinds are answered for as they were when they went, unmarked.
    return answer?.metadata?.deletionTimestamp && !isRemoved(answer) ? answer : undefined;
  }

  async watch(
    { signal, onOpen, ...options }: Parameters<ResourceClient<T>['watch']>[0],
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<void> {
    const spread = this.#random() * (WATCH_SECONDS.to - WATCH_SECONDS.from);
    const timeoutSeconds = Math.floor(WATCH_SECONDS.from + spread);
    const query = { ...options, watch: true, allowWatchBookmarks: true, timeoutSeconds };
    const call: Call = {
      ...this.#describe('watch'),
      method: 'GET',
      path: this.#collectionIn(this.namespace),
      query,
    };
    try {
      const body = await openStream(this.#config, call, signal);
      onOpen?.();
      await readEvents(call, body, (event: WatchEvent<T>) => {
        if (signal.aborted) return;
        onEvent(event.type === 'ERROR' ? event : { type: event.type, object: lean(event.object) });
      });
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof KubeError ? error : errorOfFailure(call, error);
    }
  }

  async #call(call: Call): Promise<T> {
    return lean((await callJson(this.#config, call)) as T);
  }

  #pathOf(key: string): string {
    const slash = this.namespace === '' ? key.indexOf('/') : -1;
    const namespace = slash < 0 ? this.namespace : key.slice(0, slash);
    return `${this.#collectionIn(namespace)}/${segment(key.slice(slash + 1))}`;
  }

  #namespaceOf({ metadata }: KubeObject): string {
    return this.namespace === '' ? (metadata.namespace ?? '') : this.namespace;
  }

  #collectionIn(namespace: string): string {
    const { plural } = this.type;
    const scope = namespace === '' ? '' : `/namespaces/${segment(namespace)}`;
    return `${this.#root}${scope}/${segment(plural)}`;
  }

  #describe(words: string, name = '', verb = words): CallDescription & Pick<Call, 'verb' | 'kind'> {
    const { group, kind, plural } = this.type;
    const confidential = group === '' && kind === 'Secret';
    return { call: [words, plural, name].filter(Boolean).join(' '), confidential, verb, kind };
  }
}

/**
 * The object without the record of who manages which field, which is often larger than the rest. The API server keeps
 * it when a replace comes without it.
 */
function lean<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = (object?.metadata ?? {}) as ObjectMeta & { managedFields?: unknown };
  return managedFields === undefined ? object : { ...object, metadata };
}

async function unlessNotFound<R>(answer: Promise<R>): Promise<R | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * True for an object that the API answers with for the last time: marked for deletion with nothing that holds it.
 * A replace that takes away the last finalizer is answered so.
 */
export function isRemoved(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  return Boolean(deletionTimestamp) && !finalizers?.length && !deletionGracePeriodSeconds;
}

/** One segment of a path; refuses what would make it another path, such as that of the whole collection. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name)) {
    throw new TypeError(`${JSON.stringify(name)} cannot be the name of an object`);
  }
  return encodeURIComponent(name);
}
