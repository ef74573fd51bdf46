// What is done to every submitted object before it is stored: is it what the address says, does it fit its schema,
// what of it is unknown, and which defaults does it lack. Changes the submitted object in place.
import { badRequest, causes, invalid, type Cause } from './api-error.js';
import { groupVersion, type Kind } from './kinds.js';
import { dropEmpty, metadataCauses, nameCauses } from './metadata.js';
import { isJsonObject, type ApiObject } from './objects.js';
import { fillDefaults, prune } from './schema.js';
import { validateBySchema } from './schema-validator.js';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface WriteRequest {
  kind: Kind;
  namespace?: string;
  /** Empty for a create. */
  name: string;
  subresource: '' | 'status';
  manager: string;
  dryRun: boolean;
  fieldValidation: FieldValidation;
  /** Filled with what the client is to be warned of. */
  warnings: string[];
}

/** Refuses a body that is not an object of the kind, or that contradicts the address. */
export function checkEnvelope(body: unknown, request: WriteRequest): ApiObject {
  const { kind, namespace, name } = request;
  if (!isJsonObject(body))
    throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): not a JSON object`);
  body['metadata'] ??= {};
  if (!isJsonObject(body['metadata'])) throw cannotBeHandled(kind, "field 'metadata' is not an object");
  checkType(body as ApiObject, kind);
  const object = body as ApiObject;
  if (namespace !== undefined) {
    const given = object.metadata.namespace;
    if (given && given !== namespace)
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    object.metadata.namespace = namespace;
  } else delete object.metadata.namespace;
  if (name && !object.metadata.name)
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  if (name && object.metadata.name !== name)
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
    );
  return object;
}

function checkType(object: ApiObject, kind: Kind): void {
  const expected = groupVersion(kind);
  if (!kind.custom) {
    object.apiVersion ||= expected;
    object.kind ||= kind.kind;
  }
  if (!object.kind) throw cannotBeHandled(kind, "Object 'Kind' is missing");
  if (object.apiVersion !== expected)
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${expected})`,
    );
  if (object.kind === kind.kind) return;
  const why = `must be ${kind.kind}`;
  if (!kind.custom) throw cannotBeHandled(kind, `kind ${object.kind} ${why}`);
  throw invalid({ group: kind.group, kind: object.kind }, object.metadata.name, [
    causes.invalid('kind', object.kind, why),
  ]);
}

function cannotBeHandled(kind: Kind, why: string) {
  return badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`);
}

/** Prunes, fills in defaults and validates; returns the object as the kind prepares it for storage. */
export function admit(object: ApiObject, request: WriteRequest, live?: ApiObject): ApiObject {
  const { kind } = request;
  reportUnknown(prune(object, kind.schema), request);
  fillDefaults(object, kind.schema);
  const found = validateBySchema(object, kind.schema);
  // A form that cannot even be decoded is a bad request. The value stays out of the text: it may be secret.
  const malformed = found.find(({ field }) => !kind.custom || field.startsWith('metadata'));
  if (malformed) throw cannotBeHandled(kind, `field '${malformed.field}' has the wrong type or form`);
  dropEmpty(object.metadata);
  const prepared = kind.prepare?.(object, live) ?? object;
  const all: Cause[] = [
    ...(live ? [] : nameCauses(object.metadata.name, kind.storage === 'namespaces')),
    ...metadataCauses(object.metadata, live?.metadata),
    ...found,
    ...(kind.validate?.(prepared, live) ?? []),
  ];
  if (all.length) throw invalid(kind, object.metadata.name, all);
  return prepared;
}

function reportUnknown(paths: string[], { fieldValidation, warnings }: WriteRequest): void {
  if (!paths.length || fieldValidation === 'Ignore') return;
  const texts = paths.map((path) => `unknown field "${path}"`);
  if (fieldValidation === 'Strict') throw badRequest(`strict decoding error: ${texts.join(', ')}`);
  warnings.push(...texts);
}
