// Typed access to one kind of object in one namespace, the same for custom resources and core kinds, on the thin call
// of rest.ts. Keeps nothing, retries nothing.
import type { KubeConfig } from '@kubernetes/client-node';
import { errorOfFailure, isNotFound, KubeError } from './errors.js';
import { type Call, callJson, openStream } from './rest.js';
import type { KubeObject, ListPage, ResourceClient, ResourceType, WatchEvent } from './types.js';
import { readEvents } from './watch-stream.js';

// Chosen at random between these, so that the watches of many replicas do not end together.
const WATCH_SECONDS = { from: 240, to: 480 };

/** A client for the objects of `type` in `namespace`. What the server says about Secrets is kept out of its errors. */
export function createResourceClient<T extends KubeObject>(
  config: KubeConfig,
  type: ResourceType,
  namespace: string,
): ResourceClient<T> {
  const confidential = type.group === '' && type.kind === 'Secret';
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const collection = `${root}/namespaces/${segment(namespace)}/${segment(type.plural)}`;

  const describe = (verb: string, name = ''): { call: string; confidential: boolean } => ({
    call: [verb, type.plural, name].filter(Boolean).join(' '),
    confidential,
  });
  const pathOf = (name: string): string => `${collection}/${segment(name)}`;
  const put = async (verb: string, path: string, object: T): Promise<T> =>
    (await callJson(config, {
      ...describe(verb, object.metadata.name),
      method: 'PUT',
      path,
      body: object,
    })) as T;

  return {
    type,
    namespace,

    async get(name) {
      try {
        return (await callJson(config, { ...describe('get', name), method: 'GET', path: pathOf(name) })) as T;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    async list(options = {}) {
      const call: Call = { ...describe('list'), method: 'GET', path: collection, query: { ...options } };
      const list = (await callJson(config, call)) as {
        metadata?: { resourceVersion?: string; continue?: string };
        items?: T[] | null;
      } | null;
      const version = list?.metadata?.resourceVersion;
      if (version === undefined) throw errorOfFailure(call, new Error('the answer is not a list'));
      // Items of core lists do not say what they are.
      const items = (list?.items ?? []).map((item) => ({ ...item, apiVersion, kind: type.kind }));
      const next = list?.metadata?.continue;
      return { items, resourceVersion: version, ...(next ? { continue: next } : {}) } satisfies ListPage<T>;
    },

    async create(object) {
      const call = describe('create', object.metadata.name);
      return (await callJson(config, { ...call, method: 'POST', path: collection, body: object })) as T;
    },

    replace: async (object) => put('replace', pathOf(object.metadata.name), object),

    replaceStatus: async (object) =>
      put('replace status of', `${pathOf(object.metadata.name)}/status`, object),

    async delete(name, options = {}) {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
      };
      try {
        const call: Call = { ...describe('delete', name), method: 'DELETE', path: pathOf(name), body };
        const answer = (await callJson(config, call)) as T;
        return answer.kind !== 'Status' && !isRemoved(answer) ? answer : undefined;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    async watch({ signal, ...options }, onEvent) {
      const timeoutSeconds = Math.floor(
        WATCH_SECONDS.from + Math.random() * (WATCH_SECONDS.to - WATCH_SECONDS.from),
      );
      const query = { ...options, watch: true, allowWatchBookmarks: true, timeoutSeconds };
      const call: Call = { ...describe('watch'), method: 'GET', path: collection, query };
      try {
        const body = await openStream(config, call, signal);
        await readEvents(call, body, (event: WatchEvent<T>) => {
          if (!signal.aborted) onEvent(event);
        });
      } catch (error) {
        if (signal.aborted) return;
        throw error instanceof KubeError ? error : errorOfFailure(call, error);
      }
    },
  };
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
