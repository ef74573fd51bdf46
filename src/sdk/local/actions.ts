// One function for each verb on a resource; those that write are here, and all are found from here.
import { checkEnvelope, type FieldValidation, type WriteRequest } from './admission.js';
import { badRequest, causes, invalid, unsupportedMediaType } from './api-error.js';
import { groupVersion } from './kinds.js';
import { listBody, listPage } from './lists.js';
import { json, parseBody, yaml } from './media-types.js';
import type { DeleteOptions, ObjectDeleter, PropagationPolicy } from './object-deleter.js';
import type { ObjectWriter, Written } from './object-writer.js';
import { isJsonObject, type ApiObject } from './objects.js';
import { patchTypes } from './openapi.js';
import { jsonPatch, mergePatch, strategicPatch } from './patches.js';
import { getObject, listObjects, watchObjects } from './read-actions.js';
import { checkAddress, shown, type Reply, type ResourceRequest } from './resource-request.js';
import type { Store } from './store.js';

export class Actions {
  readonly #store: Store;
  readonly #writer: ObjectWriter;
  readonly #deleter: ObjectDeleter;

  constructor(store: Store, writer: ObjectWriter, deleter: ObjectDeleter) {
    this.#store = store;
    this.#writer = writer;
    this.#deleter = deleter;
  }

  perform(request: ResourceRequest): Reply {
    checkAddress(request);
    switch (request.verb) {
      case 'get':
        return getObject(this.#store, request);
      case 'list':
        return listObjects(this.#store, request);
      case 'watch':
        return { watch: watchObjects(request) };
      case 'create':
        return this.#create(request);
      case 'update':
        return this.#written(request, (write) =>
          this.#writer.update(write, { isPatch: false }, () => parseBody(request.contentType, request.body)),
        );
      case 'patch':
        return this.#patch(request);
      case 'delete':
        return this.#delete(request);
      case 'deletecollection':
        return this.#deleteCollection(request);
    }
  }

  #create(request: ResourceRequest): Reply {
    const body = parseBody(request.contentType, request.body);
    if (!request.kind.answer) return this.#written(request, (write) => this.#writer.create(body, write));
    return { code: 201, body: request.kind.answer(checkEnvelope(body, writeRequest(request))) };
  }

  #patch(request: ResourceRequest): Reply {
    const { kind, contentType: type, body } = request;
    if (!patchTypes(kind).includes(type)) throw unsupportedMediaType(patchTypes(kind));
    if (type === 'application/apply-patch+yaml') return this.#apply(request);
    const patch = json(body);
    const patched = (live: ApiObject) => {
      switch (type) {
        case 'application/json-patch+json':
          return jsonPatch(live, patch);
        case 'application/merge-patch+json':
          return structuredClone(mergePatch(live, patch));
        default:
          return structuredClone(strategicPatch(live, patch, kind.schema));
      }
    };
    return this.#written(request, (write) => this.#writer.update(write, { isPatch: true }, patched));
  }

  #apply(request: ResourceRequest): Reply {
    const { query } = request;
    const config = yaml(request.body);
    if (!query.get('fieldManager')) {
      const options = { group: 'meta.k8s.io', kind: 'PatchOptions' };
      throw invalid(options, '', [causes.required('fieldManager', 'is required for apply patch')]);
    }
    const force = query.get('force') === 'true';
    return this.#written(request, (write) => this.#writer.apply(checkApplied(config, write), write, force));
  }

  #written(request: ResourceRequest, write: (request: WriteRequest) => Written): Reply {
    const prepared = writeRequest(request);
    const { object, created } = write(prepared);
    return { code: created ? 201 : 200, body: shown(request, object), warnings: prepared.warnings };
  }

  #delete(request: ResourceRequest): Reply {
    const { kind, target } = request;
    const name = target.name!;
    const { object, gone } = this.#deleter.delete(kind, target.namespace, name, deleteOptions(request));
    if (!gone) return { code: 200, body: shown(request, object) };
    const group = kind.group ? { group: kind.group } : {};
    const details = { name, ...group, kind: kind.plural, uid: object.metadata.uid };
    const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
    return { code: 200, body };
  }

  #deleteCollection(request: ResourceRequest): Reply {
    const { kind, target, query } = request;
    const page = listPage(this.#store, kind, target.namespace, query);
    const options = deleteOptions(request);
    for (const { metadata } of page.objects)
      this.#deleter.delete(kind, metadata.namespace, metadata.name, options);
    return { code: 200, body: listBody(kind, page) };
  }
}

function writeRequest({ kind, target, query, userAgent }: ResourceRequest): WriteRequest {
  return {
    kind,
    ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    name: target.name ?? '',
    subresource: target.subresource === 'status' ? 'status' : '',
    manager: query.get('fieldManager') || userAgent.split('/')[0] || 'unknown',
    dryRun: query.get('dryRun') === 'All',
    fieldValidation: (query.get('fieldValidation') ?? 'Warn') as FieldValidation,
    warnings: [],
  };
}

/** An applied configuration names its type; at the status subresource it is about the status alone, else not at all. */
function checkApplied(body: unknown, write: WriteRequest): ApiObject {
  const expected = groupVersion(write.kind);
  const given = isJsonObject(body) && typeof body['apiVersion'] === 'string' ? body['apiVersion'] : '';
  if (!isJsonObject(body) || given !== expected)
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${given}, expected: ${expected}`,
    );
  const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
  body['metadata'] = { ...metadata, name: metadata['name'] ?? write.name };
  const object = checkEnvelope(body, write);
  if (!write.kind.hasStatus) return object;
  const { status, ...rest } = object;
  if (!write.subresource) return rest;
  const { namespace } = object.metadata;
  const bare = { name: object.metadata.name, ...(namespace ? { namespace } : {}) };
  const { apiVersion, kind } = object;
  return { apiVersion, kind, metadata: bare, ...(status === undefined ? {} : { status }) };
}

function deleteOptions({ contentType, body, query }: ResourceRequest): DeleteOptions {
  const given = body.length ? parseBody(contentType, body) : {};
  if (!isJsonObject(given)) throw badRequest('the delete options are no object');
  const policy = query.get('propagationPolicy') ?? given['propagationPolicy'];
  const dryRun = query.get('dryRun') === 'All' || (given['dryRun'] as string[] | undefined)?.includes('All');
  return {
    ...(policy ? { propagationPolicy: policy as PropagationPolicy } : {}),
    ...(isJsonObject(given['preconditions']) ? { preconditions: given['preconditions'] } : {}),
    ...(dryRun ? { dryRun } : {}),
  };
}
