// Lists: selection, pages, and the version that a list is of. A later page shows the state of the first one.
import { badRequest, expired, internal, tooLargeVersion } from './api-error.js';
import { groupVersion, type Kind } from './kinds.js';
import { keyOf, type ApiObject, type JsonObject } from './objects.js';
import { selector } from './selectors.js';
import type { Store } from './store.js';
import { fromStored } from './stored-form.js';

export interface ListPage {
  objects: ApiObject[];
  metadata: JsonObject;
}

interface Continuation {
  rv: number;
  start: string;
}

/** A number of the query, undefined when it is not there. */
export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (!text) return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** The resourceVersion of the query; 0 where any version will do. */
export function versionOf(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion');
  if (!text) return undefined;
  if (!/^\d+$/.test(text))
    throw internal(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

export function selectorOf(kind: Kind, query: URLSearchParams) {
  return selector(kind, {
    labelSelector: query.get('labelSelector') ?? undefined,
    fieldSelector: query.get('fieldSelector') ?? undefined,
  });
}

export function listPage(
  store: Store,
  kind: Kind,
  namespace: string | undefined,
  query: URLSearchParams,
): ListPage {
  const limit = numberOf(query, 'limit') ?? 0;
  const isSelected = selectorOf(kind, query);
  const from = continuation(query.get('continue'));
  const version = from?.rv ?? exactVersion(store, query);
  const stored =
    version === undefined
      ? store.list(kind.storage, namespace)
      : store.listAt(version, kind.storage, namespace);
  if (!stored) throw expired(tooOldText(from !== undefined));
  const rest = from ? stored.filter((object) => keyOf(object) > from.start) : stored;
  const selected = isSelected ? rest.filter((object) => isSelected(fromStored(kind, object))) : rest;
  const page = limit ? selected.slice(0, limit) : selected;
  const objects = page.map((object) => fromStored(kind, object));
  const left = selected.length - objects.length;
  const rv = version ?? store.version;
  const metadata: JsonObject = { resourceVersion: String(rv) };
  if (left) {
    metadata['continue'] = token({ rv, start: keyOf(objects.at(-1)!) });
    if (!isSelected) metadata['remainingItemCount'] = left;
  }
  return { objects, metadata };
}

function tooOldText(isContinued: boolean): string {
  return isContinued
    ? 'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.'
    : 'The resourceVersion for the provided list is too old.';
}

function exactVersion(store: Store, query: URLSearchParams): number | undefined {
  const version = versionOf(query);
  if (version !== undefined && version > store.version) throw tooLargeVersion(version, store.version);
  return query.get('resourceVersionMatch') === 'Exact' ? version : undefined;
}

function token(continuation: Continuation): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...continuation })).toString('base64url');
}

function continuation(text: string | null): Continuation | undefined {
  if (!text) return undefined;
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Continuation;
    if (Number.isInteger(rv) && typeof start === 'string') return { rv, start };
  } catch {
    // Refused below, like any other token that is none.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

/** The list as it is sent. Kinds that are built in leave the type out of the items, as the real server does. */
export function listBody(kind: Kind, { objects, metadata }: ListPage): JsonObject {
  const items = kind.custom ? objects : objects.map(withoutType);
  return { kind: kind.listKind, apiVersion: groupVersion(kind), metadata, items };
}

function withoutType(object: ApiObject): JsonObject {
  const item: JsonObject = { ...object };
  delete item['kind'];
  delete item['apiVersion'];
  return item;
}
