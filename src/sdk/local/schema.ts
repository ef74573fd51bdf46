// Structural schemas: their shape, and what the server does to an object by them before it validates: it drops
// unknown fields and fills in defaults. Validation itself is in schema-validator.ts.
import { isJsonObject, type JsonObject } from './objects.js';

export interface Schema {
  type?: string;
  description?: string;
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  nullable?: boolean;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
  exclusiveMinimum?: boolean | number;
  exclusiveMaximum?: boolean | number;
  minimum?: number;
  maximum?: number;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  [keyword: string]: unknown;
}

/** The schema of a field, undefined where the schema does not say. */
export function schemaOfField(schema: Schema | undefined, field: string): Schema | undefined {
  const property = schema?.properties && Object.hasOwn(schema.properties, field);
  if (property) return schema.properties![field];
  return isJsonObject(schema?.additionalProperties) ? schema.additionalProperties : undefined;
}

/** Whether a list is merged item by item, and by which fields; undefined for a list that is replaced whole. */
export function listKeys(schema: Schema | undefined): string[] | undefined {
  return schema?.['x-kubernetes-list-type'] === 'map' ? schema['x-kubernetes-list-map-keys'] : undefined;
}

function keepsUnknown(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
}

/** Removes from `value`, in place, what the schema does not know, and returns the paths of what was removed. */
export function prune(value: unknown, schema: Schema, path = ''): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((item, index) => prune(item, items, `${path}[${index}]`)) : [];
  }
  if (!isJsonObject(value)) return [];
  return Object.keys(value).flatMap((field) => {
    const fieldPath = path ? `${path}.${field}` : field;
    const fieldSchema = schemaOfField(schema, field);
    if (fieldSchema) return prune(value[field], fieldSchema, fieldPath);
    if (keepsUnknown(schema) || isOfEmbeddedResource(schema, field)) return [];
    delete value[field];
    return [fieldPath];
  });
}

function isOfEmbeddedResource(schema: Schema, field: string): boolean {
  return (
    schema['x-kubernetes-embedded-resource'] === true && ['apiVersion', 'kind', 'metadata'].includes(field)
  );
}

/** Fills in defaults, in place. A null where none may be is as good as absent. */
export function fillDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    for (const item of value) if (schema.items) fillDefaults(item, schema.items);
    return;
  }
  if (!isJsonObject(value)) return;
  dropNulls(value, schema);
  for (const [field, { default: preset }] of Object.entries(schema.properties ?? {}))
    if (preset !== undefined && value[field] === undefined) value[field] = structuredClone(preset);
  for (const field of Object.keys(value)) {
    const fieldSchema = schemaOfField(schema, field);
    if (fieldSchema) fillDefaults(value[field], fieldSchema);
  }
}

function dropNulls(value: JsonObject, schema: Schema): void {
  for (const field of Object.keys(value)) {
    if (value[field] !== null) continue;
    const fieldSchema = schemaOfField(schema, field);
    if (fieldSchema && !fieldSchema.nullable && !keepsUnknown(fieldSchema)) delete value[field];
  }
}
