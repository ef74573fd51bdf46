// Who manages which fields of an object: kept after every write, so that server-side apply knows what to remove
// and whom it would override.
import { fromFieldsV1, isWithin, leavesOf, toFieldsV1, type FieldPath } from './field-set.js';
import { apiTime, type ApiObject, type JsonObject, type ManagedFieldsEntry } from './objects.js';
import type { Schema } from './schema.js';

export interface Manager {
  name: string;
  operation: 'Apply' | 'Update';
  subresource: string;
}

export interface Managed {
  manager: Manager;
  apiVersion: string;
  time: string;
  paths: Set<FieldPath>;
}

// Fields that the server owns, or that name the object; nobody manages them.
const OF_THE_SERVER = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
];

/** The leaves of an object that can be managed. */
export function managedLeaves(object: JsonObject, schema: Schema): Map<FieldPath, string> {
  const content: JsonObject = { ...object };
  delete content['apiVersion'];
  delete content['kind'];
  const metadata: JsonObject = { ...(object['metadata'] as JsonObject | undefined) };
  for (const field of OF_THE_SERVER) delete metadata[field];
  if (Object.keys(metadata).length) content['metadata'] = metadata;
  else delete content['metadata'];
  const leaves = leavesOf(content, schema);
  leaves.delete('');
  return leaves;
}

export function readManaged(object: ApiObject | undefined): Managed[] {
  return (object?.metadata.managedFields ?? []).map((entry) => ({
    manager: { name: entry.manager, operation: entry.operation, subresource: entry.subresource ?? '' },
    apiVersion: entry.apiVersion,
    time: entry.time,
    paths: fromFieldsV1(entry.fieldsV1 ?? {}),
  }));
}

export function writeManaged(managed: Managed[]): ManagedFieldsEntry[] | undefined {
  const entries = managed
    .filter(({ paths }) => paths.size)
    .map(({ manager, apiVersion, time, paths }) => ({
      manager: manager.name,
      operation: manager.operation,
      apiVersion,
      time,
      fieldsType: 'FieldsV1' as const,
      fieldsV1: toFieldsV1(paths),
      ...(manager.subresource ? { subresource: manager.subresource } : {}),
    }));
  return entries.length ? entries : undefined;
}

export function isSameManager(a: Manager, b: Manager): boolean {
  return a.name === b.name && a.operation === b.operation && a.subresource === b.subresource;
}

/** The entry of a manager, made when it is not there yet. */
export function entryOf(managed: Managed[], manager: Manager, apiVersion: string): Managed {
  let entry = managed.find((other) => isSameManager(other.manager, manager));
  if (!entry) managed.push((entry = { manager, apiVersion, time: apiTime(), paths: new Set() }));
  return entry;
}

/** Forgets every path that the object no longer has. */
export function dropVanished(managed: Managed[], leaves: Map<FieldPath, string>): void {
  const present = [...leaves.keys()];
  for (const { paths } of managed)
    for (const path of paths)
      if (!leaves.has(path) && !present.some((leaf) => isWithin(leaf, path))) paths.delete(path);
}

/** The managers after an update: what it changed is its own now, and what is gone is nobody's. */
export function manageUpdate(
  managed: Managed[],
  manager: Manager,
  change: { before: ApiObject | undefined; after: ApiObject; schema: Schema },
): void {
  const before = change.before ? managedLeaves(change.before, change.schema) : new Map<FieldPath, string>();
  const after = managedLeaves(change.after, change.schema);
  const changed = [...after].filter(([path, value]) => before.get(path) !== value).map(([path]) => path);
  for (const other of managed) for (const path of changed) other.paths.delete(path);
  if (changed.length) {
    const entry = entryOf(managed, manager, change.after.apiVersion);
    entry.time = apiTime();
    for (const path of changed) entry.paths.add(path);
  }
  dropVanished(managed, after);
}
