// A class-validator class, seen from two sides: as the JSON schema that the catalog shows, and as a check.
import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { JSONSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { JsonObject, ParametersClass } from './backend.js';

const DRAFT_04 = 'http://json-schema.org/draft-04/schema#';
const POINTER = '#/definitions/';

/**
 * Marks a parameter, a string, as secret: it is kept in a Secret, never in a custom resource, and never shown again.
 * Stands beside the parameter's other decorators.
 */
export const WriteOnly = (): ((target: object, property: string) => void) => JSONSchema({ writeOnly: true });

/**
 * The class as a JSON schema of draft 4, which every platform knows, complete in itself. Unknown parameters are
 * refused, so that a typing error does not pass for a default.
 */
export function schemaOf(parameters: ParametersClass<unknown>): JsonObject {
  const all = validationMetadatasToSchemas({ refPointerPrefix: POINTER }) as Record<string, JsonObject>;
  const own = all[parameters.name];
  if (!own || getMetadataStorage().getTargetValidationMetadatas(parameters, '', false, false).length === 0) {
    throw new Error(
      `${parameters.name} has no class-validator decorators: give each field one, @IsString() for example`,
    );
  }
  const definitions: Record<string, JsonObject> = {};
  collect(own, all, definitions);
  return {
    $schema: DRAFT_04,
    ...own,
    additionalProperties: false,
    ...(Object.keys(definitions).length > 0 ? { definitions } : {}),
  };
}

function collect(schema: unknown, all: Record<string, JsonObject>, found: Record<string, JsonObject>): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    const name = key === '$ref' && typeof value === 'string' ? value.slice(POINTER.length) : undefined;
    const target = name === undefined ? undefined : all[name];
    if (name !== undefined && target && !found[name]) {
      found[name] = target;
      collect(target, all, found);
    } else collect(value, all, found);
  }
}

/** The same schema with nothing required: what an update may carry. */
export function partial(schema: JsonObject): JsonObject {
  const { required: _, ...rest } = schema;
  return rest;
}

export interface Checked<T> {
  value?: T;
  /** One sentence for each fault, with the path of the field. */
  problems: string[];
}

/** Turns plain JSON into an instance of the class, defaults filled in, or says what is wrong with it. */
export function check<T extends object>(target: ParametersClass<T>, plain: JsonObject): Checked<T> {
  let value: T;
  try {
    value = plainToInstance(target, plain);
  } catch {
    // class-transformer stumbles over fields like `constructor` in free-form objects.
    return { problems: ['a field has a name that is not allowed'] };
  }
  const problems = validateSync(value).flatMap((error) => sentences(error, ''));
  return problems.length > 0 ? { problems } : { value, problems };
}

function sentences(error: ValidationError, parent: string): string[] {
  const path = parent ? `${parent}.${error.property}` : error.property;
  const own = Object.values(error.constraints ?? {}).map((text) =>
    text.startsWith(error.property) ? path + text.slice(error.property.length) : `${path}: ${text}`,
  );
  return [...own, ...(error.children ?? []).flatMap((child) => sentences(child, path))];
}
