// Sets of field paths, as `metadata.managedFields` keeps them (FieldsV1), and the leaves of an object as such paths.
// A path is its elements joined by a NUL: `f:name` for a field, `k:{…}` for an item by its keys, `v:…` for a value.
import { isJsonObject, type JsonObject } from './objects.js';
import { listKeys, schemaOfField, type Schema } from './schema.js';

export type FieldPath = string;

const SEPARATOR = '\0';

export const elementsOf = (path: FieldPath): string[] => path.split(SEPARATOR);

const join = (path: FieldPath, element: string): FieldPath =>
  path ? `${path}${SEPARATOR}${element}` : element;

/** Whether `inner` is `outer` or lies below it. */
export function isWithin(inner: FieldPath, outer: FieldPath): boolean {
  return inner === outer || inner.startsWith(outer + SEPARATOR);
}

export function itemKey(item: unknown, keys: string[]): string {
  const fields = isJsonObject(item) ? item : {};
  return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, fields[key] ?? null])))}`;
}

export const valueKey = (value: unknown): string => `v:${JSON.stringify(value)}`;

/** Every leaf of a value with what it holds; a list counts as one leaf unless its schema says that it is merged. */
export function leavesOf(
  value: unknown,
  schema: Schema | undefined,
  path: FieldPath = '',
  leaves = new Map<FieldPath, string>(),
): Map<FieldPath, string> {
  const isGranular = schema?.['x-kubernetes-map-type'] !== 'atomic';
  if (isJsonObject(value) && Object.keys(value).length && isGranular) {
    for (const [field, inner] of Object.entries(value))
      leavesOf(inner, schemaOfField(schema, field), join(path, `f:${field}`), leaves);
  } else if (Array.isArray(value) && value.length && isMerged(schema)) {
    for (const item of value as unknown[]) addItem(item, schema, path, leaves);
  } else leaves.set(path, JSON.stringify(value));
  return leaves;
}

function isMerged(schema: Schema | undefined): schema is Schema {
  return listKeys(schema) !== undefined || schema?.['x-kubernetes-list-type'] === 'set';
}

function addItem(item: unknown, schema: Schema, path: FieldPath, leaves: Map<FieldPath, string>): void {
  const keys = listKeys(schema);
  const itemPath = join(path, keys ? itemKey(item, keys) : valueKey(item));
  leaves.set(itemPath, 'item');
  if (keys) leavesOf(item, schema.items, itemPath, leaves);
}

export function toFieldsV1(paths: Iterable<FieldPath>): JsonObject {
  const root: JsonObject = {};
  const members = new Set(paths);
  for (const path of [...members].sort()) {
    let node = root;
    const elements = elementsOf(path);
    elements.forEach((element, depth) => {
      const isNew = !Object.hasOwn(node, element);
      if (isNew) node[element] = {};
      const inner = node[element] as JsonObject;
      const isAncestor = depth < elements.length - 1;
      if (isAncestor && members.has(elements.slice(0, depth + 1).join(SEPARATOR))) inner['.'] ??= {};
      node = inner;
    });
  }
  return root;
}

export function fromFieldsV1(
  fields: JsonObject,
  path: FieldPath = '',
  paths = new Set<FieldPath>(),
): Set<FieldPath> {
  for (const [element, inner] of Object.entries(fields)) {
    if (element === '.') continue;
    const innerPath = join(path, element);
    if (!isJsonObject(inner) || !Object.keys(inner).length || '.' in inner) paths.add(innerPath);
    if (isJsonObject(inner)) fromFieldsV1(inner, innerPath, paths);
  }
  return paths;
}

/** Removes what a path names from a value, in place, and maps and lists that are empty thereby. */
export function removePath(value: unknown, elements: string[], schema: Schema | undefined): void {
  const [element, ...rest] = elements;
  if (element === undefined) return;
  if (Array.isArray(value)) {
    const index = value.findIndex((item) => isElement(item, element, schema));
    if (index < 0) return;
    if (rest.length) removePath(value[index], rest, schema?.items);
    else value.splice(index, 1);
    return;
  }
  const field = element.slice(2);
  if (!isJsonObject(value) || !Object.hasOwn(value, field)) return;
  if (rest.length) removePath(value[field], rest, schemaOfField(schema, field));
  const inner = value[field];
  const isEmpty = typeof inner === 'object' && inner !== null && Object.keys(inner).length === 0;
  if (!rest.length || isEmpty) delete value[field];
}

function isElement(item: unknown, element: string, schema: Schema | undefined): boolean {
  const keys = listKeys(schema);
  return element === (keys ? itemKey(item, keys) : valueKey(item));
}
