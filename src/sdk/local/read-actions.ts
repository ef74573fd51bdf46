// Get, list and watch: from a request that is understood to a reply that is not yet sent.
import { notFound } from './api-error.js';
import { listBody, listPage, numberOf, selectorOf, versionOf } from './lists.js';
import type { ApiObject, JsonObject } from './objects.js';
import { includeOf, shown, type Reply, type ResourceRequest } from './resource-request.js';
import type { Store } from './store.js';
import { fromStored } from './stored-form.js';
import { partialMetadata, table } from './tables.js';
import type { WatchRequest } from './watches.js';

// A real server ends a watch that names no time after half an hour to an hour.
const WATCH_SECONDS = 1800;

export function getObject(store: Store, request: ResourceRequest): Reply {
  const { kind, target } = request;
  const stored = store.get(kind.storage, target.namespace, target.name!);
  if (!stored) throw notFound(kind, target.name!);
  return { code: 200, body: shown(request, fromStored(kind, stored)) };
}

export function listObjects(store: Store, request: ResourceRequest): Reply {
  const { kind, target, query, accepted } = request;
  const page = listPage(store, kind, target.namespace, query);
  if (accepted.form === 'object') return { code: 200, body: listBody(kind, page) };
  if (accepted.form === 'table') {
    const form = { include: includeOf(query), now: new Date(), withColumns: true };
    return { code: 200, body: table(kind, page.objects, page.metadata, form) };
  }
  const items = page.objects.map(partialMetadata);
  const list = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata: page.metadata };
  return { code: 200, body: { ...list, items } };
}

export function watchObjects({ kind, target, query, accepted }: ResourceRequest): WatchRequest {
  const since = versionOf(query);
  const startsWithState = query.get('sendInitialEvents') === 'true';
  const show = {
    object: (object: ApiObject): JsonObject => object,
    table: tableRows(kind, query),
    metadata: partialMetadata,
  };
  return {
    kind,
    ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    selector: selectorOf(kind, query),
    since: since && !startsWithState ? since : undefined,
    bookmarks: query.get('allowWatchBookmarks') === 'true' && accepted.form === 'object',
    marksInitialEvents: startsWithState,
    timeoutSeconds: numberOf(query, 'timeoutSeconds') || WATCH_SECONDS,
    show: show[accepted.form],
  };
}

/** Each event is a table of one row; the first one brings the columns. */
function tableRows(kind: ResourceRequest['kind'], query: URLSearchParams) {
  const include = includeOf(query);
  let withColumns = true;
  return (object: ApiObject): JsonObject => {
    const { resourceVersion } = object.metadata;
    const body = table(kind, [object], { resourceVersion }, { include, now: new Date(), withColumns });
    withColumns = false;
    return body;
  };
}
