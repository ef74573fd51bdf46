// A request on a resource as the actions see it, what they give back, and whether the kind can do it at all.
import { badRequest, methodNotAllowed, notFound } from './api-error.js';
import type { Kind } from './kinds.js';
import type { Accepted } from './media-types.js';
import type { ApiObject, JsonObject } from './objects.js';
import { partialMetadata, table, type IncludeObject } from './tables.js';
import type { Target, Verb } from './targets.js';
import type { WatchRequest } from './watches.js';

export interface ResourceRequest {
  verb: Verb;
  target: Target;
  kind: Kind;
  query: URLSearchParams;
  accepted: Accepted;
  contentType: string;
  body: Buffer;
  userAgent: string;
}

export interface BodyReply {
  code: number;
  body: JsonObject;
  /** For the client's user, each in a Warning header. */
  warnings?: string[];
}

export type Reply = BodyReply | { watch: WatchRequest };

/** Refuses what the kind cannot do, and namespaces where there are none or one is missing. */
export function checkAddress(request: ResourceRequest): void {
  checkVerb(request);
  const { verb, kind, target } = request;
  const { namespace, name } = target;
  if (['update', 'patch'].includes(verb) && name === undefined) throw badRequest('name must be provided');
  if (!kind.namespaced && namespace !== undefined) throw notFound(kind, name ?? '');
  const isOfOne = name !== undefined || verb === 'create';
  if (kind.namespaced && namespace === undefined && isOfOne)
    throw badRequest('an empty namespace may not be set when a resource name is provided');
}

function checkVerb({ verb, kind, target: { name, subresource } }: ResourceRequest): void {
  const isStatus = subresource === 'status' && kind.hasStatus;
  if (subresource !== undefined && !isStatus) throw notFound(kind, name ?? '');
  const verbs = isStatus ? ['get', 'update', 'patch'] : kind.verbs;
  if (!verbs.includes(verb)) throw methodNotAllowed(kind, verb);
  if (verb === 'create' && name !== undefined) throw methodNotAllowed(kind, verb);
}

export const includeOf = (query: URLSearchParams) =>
  (query.get('includeObject') ?? 'Metadata') as IncludeObject;

/** One object in the form that the client asked for. */
export function shown({ kind, accepted, query }: ResourceRequest, object: ApiObject): JsonObject {
  if (accepted.form === 'metadata') return partialMetadata(object);
  if (accepted.form === 'object') return object;
  const { resourceVersion } = object.metadata;
  const form = { include: includeOf(query), now: new Date(), withColumns: true };
  return table(kind, [object], { resourceVersion }, form);
}
