// Server-side apply: merges what a manager wants into what there is, takes away what it no longer wants, and finds
// the fields that others manage with other values.
import { applyConflict, badRequest, type Cause } from './api-error.js';
import { elementsOf, isWithin, itemKey, removePath, type FieldPath } from './field-set.js';
import {
  dropVanished,
  entryOf,
  isSameManager,
  managedLeaves,
  readManaged,
  writeManaged,
  type Managed,
  type Manager,
} from './managed-fields.js';
import { apiTime, isJsonObject, withMetadata, type ApiObject, type JsonObject } from './objects.js';
import { listKeys, schemaOfField, type Schema } from './schema.js';

export interface ApplyRequest {
  config: ApiObject;
  manager: Manager;
  force: boolean;
  schema: Schema;
}

/** The object after the apply, managed fields and all. `live` is undefined when there is none yet. */
export function applyConfig(live: ApiObject | undefined, request: ApplyRequest): ApiObject {
  const { config, manager, schema } = request;
  if (config.metadata.managedFields?.length) throw badRequest('metadata.managedFields must be nil');
  const base: ApiObject = structuredClone(
    live ?? { apiVersion: config.apiVersion, kind: config.kind, metadata: { name: config.metadata.name } },
  );
  const managed = readManaged(live);
  const wanted = managedLeaves(config, schema);
  settleConflicts(managed, wanted, managedLeaves(base, schema), request);
  const merged = mergeApplied(base, config, schema) as ApiObject;
  const mine = entryOf(managed, manager, config.apiVersion);
  removeUnwanted(merged, mine, { managed, wanted, schema });
  if (!isSameSet(mine.paths, wanted)) mine.time = apiTime();
  mine.paths = new Set(wanted.keys());
  mine.apiVersion = config.apiVersion;
  dropVanished(managed, managedLeaves(merged, schema));
  return withMetadata(merged, { managedFields: writeManaged(managed) });
}

function isSameSet(paths: Set<FieldPath>, wanted: Map<FieldPath, string>): boolean {
  return paths.size === wanted.size && [...paths].every((path) => wanted.has(path));
}

function settleConflicts(
  managed: Managed[],
  wanted: Map<FieldPath, string>,
  present: Map<FieldPath, string>,
  { manager, force }: ApplyRequest,
): void {
  const found: Cause[] = [];
  for (const other of managed) {
    if (isSameManager(other.manager, manager)) continue;
    for (const path of other.paths) {
      const value = wanted.get(path);
      if (value === undefined || value === present.get(path)) continue;
      if (force) other.paths.delete(path);
      else
        found.push({
          reason: 'FieldManagerConflict',
          message: conflictText(other),
          field: shownPath(path),
        });
    }
  }
  if (found.length) throw applyConflict(found);
}

function conflictText({ manager, apiVersion, time }: Managed): string {
  const by = `conflict with "${manager.name}"`;
  return manager.operation === 'Update' ? `${by} using ${apiVersion} at ${time}` : by;
}

/** `.spec.conditions[type="Ready"].status`. */
function shownPath(path: FieldPath): string {
  return elementsOf(path)
    .map((element) => {
      if (element.startsWith('f:')) return `.${element.slice(2)}`;
      if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
      const keys = Object.entries(JSON.parse(element.slice(2)) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}

function removeUnwanted(
  merged: ApiObject,
  mine: Managed,
  context: { managed: Managed[]; wanted: Map<FieldPath, string>; schema: Schema },
): void {
  const kept = [
    ...context.wanted.keys(),
    ...context.managed.filter((entry) => entry !== mine).flatMap((entry) => [...entry.paths]),
  ];
  const unwanted = [...mine.paths].filter((path) => !kept.some((other) => isWithin(other, path)));
  // An item before its fields: without its keys it could not be found.
  for (const path of unwanted.sort()) removePath(merged, elementsOf(path), context.schema);
}

function mergeApplied(base: unknown, config: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(config) && Array.isArray(base)) return mergeLists(base, config, schema);
  const isAtomic = schema?.['x-kubernetes-map-type'] === 'atomic';
  if (!isJsonObject(config) || !isJsonObject(base) || isAtomic) return config;
  const merged: JsonObject = { ...base };
  for (const [field, value] of Object.entries(config))
    merged[field] = mergeApplied(base[field], value, schemaOfField(schema, field));
  return merged;
}

function mergeLists(base: unknown[], config: unknown[], schema: Schema | undefined): unknown[] {
  const keys = listKeys(schema);
  const idOf = (item: unknown) => (keys ? itemKey(item, keys) : JSON.stringify(item));
  if (!keys && schema?.['x-kubernetes-list-type'] !== 'set') return config;
  const merged = new Map(base.map((item) => [idOf(item), item]));
  for (const item of config)
    merged.set(idOf(item), mergeApplied(merged.get(idOf(item)), item, schema!.items));
  return [...merged.values()];
}
