// The one place where a body becomes a typed object. Only fields that the class names are taken over, by reference:
// free-form objects stay as they came, and no key of theirs can reach a prototype or a constructor.
import { getMetadataStorage, validateSync } from 'class-validator';
import type { JsonObject } from './broker.js';
import { OsbError } from './errors.js';

/** The body as a `Dto`; throws `BadRequest` naming the first field that breaks a rule, with `prefix` before it. */
export function parse<T extends object>(Dto: new () => T, body: JsonObject, prefix = ''): T {
  const dto = new Dto();
  for (const field of fieldsOf(Dto)) {
    const value = Object.hasOwn(body, field) ? body[field] : undefined;
    if (value !== undefined && value !== null) Object.assign(dto, { [field]: value });
  }
  const [problem] = validateSync(dto, { stopAtFirstError: true });
  const [reason] = Object.values(problem?.constraints ?? {});
  if (reason) throw new OsbError('BadRequest', `${prefix}${reason}`);
  return dto;
}

/** Throws `BadRequest` unless the text field, optional in itself, is there and not empty. */
export function requireText<T extends object>(dto: T, field: keyof T & string): void {
  if (!dto[field]) throw new OsbError('BadRequest', `${field} must be a non-empty string`);
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without the fields that are undefined. */
export function present<T extends object>(fields: T): Present<T> {
  const rest: Present<T> = {};
  for (const field in fields)
    if (fields[field] !== undefined) rest[field] = fields[field] as Present<T>[typeof field];
  return rest;
}

const fieldsByClass = new Map<new () => object, Set<string>>();

function fieldsOf(Dto: new () => object): Set<string> {
  const known = fieldsByClass.get(Dto);
  if (known) return known;
  const rules = getMetadataStorage().getTargetValidationMetadatas(Dto, '', false, false);
  const fields = new Set(rules.map((rule) => rule.propertyName));
  fieldsByClass.set(Dto, fields);
  return fields;
}
