// A class-validator class, seen from two sides: as the JSON schema that the catalog shows, and as a check.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { plainToInstance } from 'class-transformer';
import type * as transformer from 'class-transformer/types/storage.js';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { JSONSchema, targetConstructorToSchema } from 'class-validator-jsonschema';
import type { JsonObject, ParametersClass } from './backend.js';

const DRAFT_04 = 'http://json-schema.org/draft-04/schema#';

// What @Type() says of nested classes; the package does not export it, nor the types of this file.
const { defaultMetadataStorage: types } = createRequire(import.meta.url)(
  'class-transformer/cjs/storage.js',
) as typeof transformer;

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
  const nested = new Map<string, ParametersClass<unknown>>();
  collect(parameters, nested);
  const definitions = Object.fromEntries([...nested].map(([name, target]) => [name, ownSchema(target)]));
  return {
    $schema: DRAFT_04,
    ...ownSchema(parameters),
    ...(nested.size > 0 ? { definitions } : {}),
  };
}

const fieldsOf = (target: ParametersClass<unknown>) =>
  getMetadataStorage().getTargetValidationMetadatas(target, '', false, false);

/** By the class, not by its name: each service may have a class `Parameters`. */
function ownSchema(target: ParametersClass<unknown>): JsonObject {
  if (fieldsOf(target).length === 0) {
    throw new Error(
      `${target.name} has no class-validator decorators: give each field one, @IsString() for example`,
    );
  }
  const options = { refPointerPrefix: '#/definitions/', classTransformerMetadataStorage: types };
  return { ...(targetConstructorToSchema(target, options) as JsonObject), additionalProperties: false };
}

function collect(target: ParametersClass<unknown>, found: Map<string, ParametersClass<unknown>>): void {
  for (const { propertyName } of fieldsOf(target)) {
    const child = types.findTypeMetadata(target, propertyName)?.typeFunction() as
      ParametersClass<unknown> | undefined;
    if (!child || fieldsOf(child).length === 0 || found.get(child.name) === child) continue;
    if (found.has(child.name))
      throw new Error(`two nested classes are named ${child.name}: rename one of them`);
    found.set(child.name, child);
    collect(child, found);
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
