// Validates an object by a structural schema and says what is wrong in the words and field paths of Kubernetes.
// Ajv does the work; this module owns the way there and back.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { causes, type Cause } from './api-error.js';
import { isJsonObject, type JsonObject } from './objects.js';
import type { Schema } from './schema.js';

// Patterns are written for RE2, which the `u` flag would refuse in parts; unknown formats mean nothing.
const ajv = new Ajv({
  strict: false,
  allErrors: true,
  verbose: true,
  unicodeRegExp: false,
  logger: false,
  addUsedSchema: false,
});
addFormats.default(ajv);

const validators = new WeakMap<Schema, ValidateFunction>();

/** The causes why `value` does not fit the schema; none when it fits. */
export function validateBySchema(value: unknown, schema: Schema): Cause[] {
  let validator = validators.get(schema);
  if (!validator) validators.set(schema, (validator = ajv.compile(toJsonSchema(schema))));
  return validator(value) ? [] : (validator.errors ?? []).map(toCause);
}

/** OpenAPI's dialect in the words of JSON schema. */
function toJsonSchema(schema: Schema): JsonObject {
  const result: JsonObject = { ...schema };
  delete result['default'];
  if (schema['x-kubernetes-int-or-string']) {
    result['type'] = ['integer', 'string'];
    delete result['anyOf'];
  }
  toNumericBounds(schema, result);
  for (const word of ['items', 'not', 'additionalProperties'] as const)
    if (isJsonObject(schema[word])) result[word] = toJsonSchema(schema[word]);
  for (const word of ['allOf', 'anyOf', 'oneOf'] as const)
    if (schema[word] && result[word]) result[word] = schema[word].map(toJsonSchema);
  if (schema.properties)
    result['properties'] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, toJsonSchema(property)]),
    );
  if (schema.nullable && !schema.type) delete result['nullable'];
  return result;
}

function toNumericBounds(schema: Schema, result: JsonObject): void {
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[flag] !== 'boolean') continue;
    delete result[flag];
    if (schema[flag] && schema[bound] !== undefined) {
      result[flag] = schema[bound];
      delete result[bound];
    }
  }
}

/** `/spec/plans/0/name` as `spec.plans[0].name`. */
function fieldPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path ? `${path}.${part}` : part), '');
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function toCause(error: ErrorObject): Cause {
  const field = fieldPath(error.instancePath);
  const params = error.params as Record<string, unknown>;
  const value: unknown = error.data;
  switch (error.keyword) {
    case 'required':
      return causes.required(
        field ? `${field}.${String(params['missingProperty'])}` : String(params['missingProperty']),
      );
    case 'enum':
      return causes.notSupported(field, value, params['allowedValues'] as unknown[]);
    case 'type':
      return causes.invalid(
        field,
        typeName(value),
        `${field} in body must be of type ${String(params['type'])}: "${typeName(value)}"`,
      );
    case 'format':
      return causes.invalid(
        field,
        value,
        `${field} in body must be of type ${String(params['format'])}: ${JSON.stringify(value)}`,
      );
    default:
      return causes.invalid(field, sizeOrValue(value), `${field} in body ${boundText(error, params)}`);
  }
}

/** Of a list or a map, the real server shows the size. */
function sizeOrValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : value;
}

function boundText(error: ErrorObject, params: Record<string, unknown>): string {
  const limit = String(params['limit']);
  switch (error.keyword) {
    case 'minLength':
      return `should be at least ${limit} chars long`;
    case 'maxLength':
      return `should be at most ${limit} chars long`;
    case 'minItems':
      return `should have at least ${limit} items`;
    case 'maxItems':
      return `should have at most ${limit} items`;
    case 'minimum':
      return `should be greater than or equal to ${limit}`;
    case 'maximum':
      return `should be less than or equal to ${limit}`;
    case 'exclusiveMinimum':
      return `should be greater than ${limit}`;
    case 'exclusiveMaximum':
      return `should be less than ${limit}`;
    case 'pattern':
      return `should match '${String(params['pattern'])}'`;
    default:
      return error.message ?? 'is not valid';
  }
}
