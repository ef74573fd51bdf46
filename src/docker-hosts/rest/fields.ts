// The fields of a body, by their names in any letter case: clients of before are served by a decoder that takes them all.
import type { JsonObject } from '../../sdk/index.js';
import { OsbError } from '../../sdk/osb/errors.js';

export type Fields<Name extends string> = Partial<Record<Name, unknown>>;

/**
 * The fields of these names that the body has; null, an empty text and an empty object count as absent. Throws
 * `BadRequest` for a field of another name, and for one that is given twice.
 */
export function readFields<Name extends string>(body: JsonObject, names: readonly Name[]): Fields<Name> {
  const fields: Fields<Name> = {};
  const given = new Set<Name>();
  for (const [key, value] of Object.entries(body)) {
    const name = names.find((each) => each.toLowerCase() === key.toLowerCase());
    if (name === undefined) {
      throw new OsbError('BadRequest', `the fields are ${names.join(', ')}: there is no "${key}"`);
    }
    if (given.has(name)) throw new OsbError('BadRequest', `${name} must be given only once`);
    given.add(name);
    if (!isAbsent(value)) fields[name] = value;
  }
  return fields;
}

/** The field as text; throws `BadRequest` where it is none. */
export function textOf<Name extends string>(fields: Fields<Name>, name: Name): string | undefined {
  const value: unknown = fields[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new OsbError('BadRequest', `${name} must be a text`);
}

/** The field as an object; throws `BadRequest` where it is none. */
export function objectOf<Name extends string>(fields: Fields<Name>, name: Name): JsonObject | undefined {
  const value = fields[name];
  if (value !== undefined && (typeof value !== 'object' || Array.isArray(value))) {
    throw new OsbError('BadRequest', `${name} must be an object`);
  }
  return value as JsonObject | undefined;
}

/** Throws `BadRequest` where the body names something else than the path. */
export function checkSame(name: string, value: string | undefined, inPath: string): void {
  if (value !== undefined && value !== inPath) {
    throw new OsbError('BadRequest', `${name} must be the one of the path, or be left out`);
  }
}

function isAbsent(value: unknown): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0;
}
