// In which fields two versions of an object differ, by their paths; the values stay out of it, for they may be secret.
import { isJsonObject } from './json.js';

/** What the API server and controllers write by themselves. */
const NOT_COMPARED = new Set([
  'status',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.managedFields',
]);

/** The paths of the fields, as in `spec.ports[0].port`. */
export function differences(one: unknown, other: unknown, path = ''): string[] {
  if (NOT_COMPARED.has(path)) return [];
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length) {
    return one.flatMap((item, index) => differences(item, other[index], `${path}[${index}]`));
  }
  if (isJsonObject(one) && isJsonObject(other)) {
    const fields = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...fields].flatMap((field) => differences(one[field], other[field], inside(path, field)));
  }
  return one === other ? [] : [path];
}

function inside(path: string, field: string): string {
  if (!/^[\w-]+$/.test(field)) return `${path}[${JSON.stringify(field)}]`;
  return path === '' ? field : `${path}.${field}`;
}
