// Create, update and apply: what a write changes and what it must leave alone, optimistic concurrency, generation,
// and the last finalizer. One call is one version at most; nothing here waits. Deletion is in object-deleter.ts.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { admit, checkEnvelope, type WriteRequest } from './admission.js';
import {
  alreadyExists,
  causes,
  conflict,
  forbidden,
  internal,
  invalid,
  modified,
  notFound,
} from './api-error.js';
import { applyConfig } from './apply.js';
import type { Kind } from './kinds.js';
import { manageUpdate, readManaged, writeManaged } from './managed-fields.js';
import { apiTime, withMetadata, type ApiObject } from './objects.js';
import type { Store } from './store.js';
import { fromStored, isHeld, toStored } from './stored-form.js';

export interface Written {
  object: ApiObject;
  created: boolean;
}

export interface UpdateForm {
  /** The body of a PUT must carry the resourceVersion where the kind asks for it; a patch need not. */
  isPatch: boolean;
  /** The managed fields are already those of the result. */
  isManaged?: boolean;
}

export class ObjectWriter {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  create(body: unknown, request: WriteRequest): Written {
    const object = checkEnvelope(body, request);
    if (object.metadata.resourceVersion)
      throw internal('resourceVersion should not be set on objects to be created');
    return { object: this.#insert(object, request, false), created: true };
  }

  update(request: WriteRequest, form: UpdateForm, change: (live: ApiObject) => unknown): Written {
    const { kind, namespace, name } = request;
    const stored = this.#store.get(kind.storage, namespace, name);
    if (!stored) {
      if (form.isPatch || !kind.allowCreateOnUpdate || request.subresource) throw notFound(kind, name);
      const object = checkEnvelope(change({} as ApiObject), request);
      checkUid(object, undefined, request);
      return { object: this.#insert(object, request, false), created: true };
    }
    const live = fromStored(kind, stored);
    const submitted = checkEnvelope(change(live), request);
    checkVersion(submitted, live, request, form);
    return { object: this.#replace(submitted, live, request, form), created: false };
  }

  /** Server-side apply; creates the object when there is none. */
  apply(config: ApiObject, request: WriteRequest, force: boolean): Written {
    const { kind, namespace, name, subresource } = request;
    const manager = { name: request.manager, operation: 'Apply' as const, subresource };
    const applied = { config, manager, force, schema: kind.schema };
    const stored = this.#store.get(kind.storage, namespace, name);
    if (!stored) {
      if (subresource) throw notFound(kind, name);
      return { object: this.#insert(applyConfig(undefined, applied), request, true), created: true };
    }
    return this.update(request, { isPatch: true, isManaged: true }, (live) => applyConfig(live, applied));
  }

  #insert(submitted: ApiObject, request: WriteRequest, isManaged: boolean): ApiObject {
    const { kind } = request;
    this.#checkNamespace(request);
    const { generateName, name } = submitted.metadata;
    const object = withMetadata(kind.hasStatus ? withoutStatus(submitted) : submitted, {
      name: name || (generateName ? generateName + randomUUID().slice(-5) : ''),
      uid: randomUUID(),
      creationTimestamp: apiTime(),
      generation: kind.hasGeneration ? 1 : undefined,
      resourceVersion: undefined,
      deletionTimestamp: undefined,
      deletionGracePeriodSeconds: undefined,
      managedFields: isManaged ? submitted.metadata.managedFields : undefined,
    });
    const admitted = admit(object, request);
    if (this.#store.get(kind.storage, request.namespace, object.metadata.name))
      throw alreadyExists(kind, object.metadata.name);
    const managed = isManaged ? admitted : this.#managed(admitted, undefined, request);
    return request.dryRun ? managed : this.#put(kind, managed);
  }

  #replace(submitted: ApiObject, live: ApiObject, request: WriteRequest, form: UpdateForm): ApiObject {
    const { kind, subresource, dryRun } = request;
    const merged = withServerFields(submitted, live, request);
    const admitted = admit(structuredClone(merged), request, live);
    const managed = form.isManaged ? admitted : this.#managed(admitted, live, request);
    const next = withGeneration(managed, live, kind, subresource);
    if (isDeepStrictEqual(next, live)) return live;
    if (dryRun) return next;
    if (next.metadata.deletionTimestamp && !isHeld(next)) {
      this.#store.remove(kind.storage, toStored(kind, next));
      return next;
    }
    return this.#put(kind, next);
  }

  #put(kind: Kind, object: ApiObject): ApiObject {
    return fromStored(kind, this.#store.put(kind.storage, toStored(kind, object)));
  }

  #managed(object: ApiObject, live: ApiObject | undefined, request: WriteRequest): ApiObject {
    const { managedFields: given } = object.metadata;
    const base = live && given ? object : live;
    const managed = readManaged(base);
    const manager = { name: request.manager, operation: 'Update' as const, subresource: request.subresource };
    manageUpdate(managed, manager, { before: live, after: object, schema: request.kind.schema });
    return withMetadata(object, { managedFields: writeManaged(managed) });
  }

  #checkNamespace({ kind, namespace }: WriteRequest): void {
    if (namespace === undefined) return;
    const found = this.#store.get('namespaces', undefined, namespace);
    if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace);
    if (!found.metadata.deletionTimestamp) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(kind, '', why, [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ]);
  }
}

function checkVersion(submitted: ApiObject, live: ApiObject, request: WriteRequest, form: UpdateForm): void {
  const { kind, name } = request;
  const { resourceVersion, uid } = submitted.metadata;
  if (uid && uid !== live.metadata.uid) {
    if (form.isPatch) throw invalid(kind, name, [causes.invalid('metadata.uid', uid, 'field is immutable')]);
    checkUid(submitted, live, request);
  }
  if (!resourceVersion) {
    if (form.isPatch || kind.allowUnconditionalUpdate) return;
    const cause = causes.invalid('metadata.resourceVersion', undefined, 'must be specified for an update');
    cause.message = 'Invalid value: 0x0: must be specified for an update';
    throw invalid({ group: kind.group, kind: kind.plural }, name, [cause]);
  }
  if (!/^\d+$/.test(resourceVersion))
    throw internal(`strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
  if (resourceVersion !== live.metadata.resourceVersion) throw modified(kind, name);
}

/** Who names a uid means that very object, and none that is made in its place. */
function checkUid(submitted: ApiObject, live: ApiObject | undefined, { kind, name }: WriteRequest): void {
  const { uid } = submitted.metadata;
  const present = live?.metadata.uid ?? '';
  if (!uid || uid === present) return;
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${present}`;
  throw conflict(kind, name, why);
}

/** The submitted object where it may speak, the live one where it may not. */
function withServerFields(submitted: ApiObject, live: ApiObject, request: WriteRequest): ApiObject {
  const { kind, subresource } = request;
  const {
    uid,
    creationTimestamp,
    generation,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    resourceVersion,
  } = live.metadata;
  const ofTheServer = {
    uid,
    creationTimestamp,
    generation,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    resourceVersion,
  };
  const managedFields = submitted.metadata.managedFields ?? live.metadata.managedFields;
  const given = { ...ofTheServer, ...(managedFields ? { managedFields } : {}) };
  if (subresource === 'status') return withMetadata(withStatusOf(live, submitted), given);
  return withMetadata(kind.hasStatus ? withStatusOf(submitted, live) : submitted, given);
}

function withoutStatus(object: ApiObject): ApiObject {
  const result = { ...object };
  delete result['status'];
  return result;
}

function withStatusOf(object: ApiObject, other: ApiObject): ApiObject {
  const result = withoutStatus(object);
  if (other['status'] !== undefined) result['status'] = other['status'];
  return result;
}

function withGeneration(next: ApiObject, live: ApiObject, kind: Kind, subresource: string): ApiObject {
  if (!kind.hasGeneration || subresource === 'status') return next;
  const content = (object: ApiObject) => ({
    ...(kind.hasStatus ? withoutStatus(object) : object),
    metadata: {},
  });
  if (isDeepStrictEqual(content(next), content(live))) return next;
  return withMetadata(next, { generation: (live.metadata.generation ?? 0) + 1 });
}
