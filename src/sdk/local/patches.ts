// The patch formats that are functions of a document and a patch: JSON patch (RFC 6902), merge patch (RFC 7386) and
// strategic merge patch. Server-side apply needs to know more and is in apply.ts.
import { badRequest, unprocessable } from './api-error.js';
import { isJsonObject, type JsonObject } from './objects.js';
import { listKeys, schemaOfField, type Schema } from './schema.js';

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = mergePatch(result[field], value);
  }
  return result;
}

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** Applies a JSON patch; where it does not fit, or a `test` fails, the answer is 422. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  const root = { document: structuredClone(target) };
  for (const operation of patch as Operation[]) applyOperation(root, operation);
  return root.document;
}

function applyOperation(root: { document: unknown }, { op, path, from, value }: Operation): void {
  switch (op) {
    case 'add':
      return insert(root, path, value, false);
    case 'replace':
      return insert(root, path, value, true);
    case 'remove':
      return void take(root, path);
    case 'move':
      return insert(root, path, take(root, from ?? ''), false);
    case 'copy':
      return insert(root, path, structuredClone(valueAt(root.document, partsOf(from ?? ''))), false);
    case 'test':
      if (!isEqual(valueAt(root.document, partsOf(path)), value)) throw unprocessable();
      return;
    default:
      throw unprocessable();
  }
}

function partsOf(pointer: string): string[] {
  if (typeof pointer !== 'string' || (pointer && !pointer.startsWith('/'))) throw unprocessable();
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
}

function valueAt(document: unknown, parts: string[]): unknown {
  let value = document;
  for (const part of parts) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) throw unprocessable();
    value = (value as JsonObject)[part];
  }
  return value;
}

function insert(root: { document: unknown }, path: string, value: unknown, mustExist: boolean): void {
  const parts = partsOf(path);
  const last = parts.pop();
  if (last === undefined) return void (root.document = value);
  const parent = valueAt(root.document, parts);
  if (mustExist) valueAt(parent, [last]);
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!/^(-|\d+)$/.test(last) || index > parent.length) throw unprocessable();
    parent.splice(index, mustExist ? 1 : 0, value);
  } else if (isJsonObject(parent)) parent[last] = value;
  else throw unprocessable();
}

function take(root: { document: unknown }, path: string): unknown {
  const parts = partsOf(path);
  const last = parts.pop();
  if (last === undefined) throw unprocessable();
  const parent = valueAt(root.document, parts);
  const value = valueAt(parent, [last]);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as JsonObject)[last];
  return value;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((v, i) => isEqual(v, b[i]));
  if (!isJsonObject(a) || !isJsonObject(b)) return a === b;
  const fields = Object.keys(a);
  return (
    fields.length === Object.keys(b).length &&
    fields.every((field) => Object.hasOwn(b, field) && isEqual(a[field], b[field]))
  );
}

/** Strategic merge: as a merge patch, but lists whose schema has keys, or is a set, are merged item by item. */
export function strategicPatch(target: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (!isJsonObject(patch)) return patch;
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  retainKeys(result, patch);
  for (const [field, value] of Object.entries(patch)) {
    const [directive, name] = field.split('/') as [string, string | undefined];
    if (directive === '$deleteFromPrimitiveList' && name !== undefined)
      result[name] = asList(result[name]).filter((item) => !asList(value).includes(item));
    if (field.startsWith('$')) continue;
    if (value === null) delete result[field];
    else if (Array.isArray(value))
      result[field] = strategicList(asList(result[field]), value, schemaOfField(schema, field));
    else result[field] = strategicPatch(result[field], value, schemaOfField(schema, field));
  }
  return result;
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function retainKeys(result: JsonObject, patch: JsonObject): void {
  const retained = patch['$retainKeys'];
  if (!Array.isArray(retained)) return;
  for (const field of Object.keys(result)) if (!retained.includes(field)) delete result[field];
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith('$')));
}

function strategicList(target: unknown[], patch: unknown[], schema: Schema | undefined): unknown[] {
  const isReplaced = patch.some((item) => isJsonObject(item) && item['$patch'] === 'replace');
  const plain = patch.filter((item) => !isJsonObject(item) || item['$patch'] !== 'replace');
  if (isReplaced) return plain;
  if (schema?.['x-kubernetes-list-type'] === 'set') return [...new Set([...target, ...plain])];
  const keys = listKeys(schema);
  if (!keys) return plain;
  const result = [...target];
  for (const item of plain as JsonObject[]) {
    const at = result.findIndex((other) => keys.every((key) => (other as JsonObject)[key] === item[key]));
    if (item['$patch'] === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = strategicPatch(result[at], item, schema?.items);
    else result.push(item);
  }
  return result;
}
