// A ServiceOffering as the API server would look at it: by its custom resource definition.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Cause } from '../sdk/local/api-error.js';
import { type Definition, kindsOf } from '../sdk/local/custom-kinds.js';
import { metadataCauses, nameCauses } from '../sdk/local/metadata.js';
import { type ApiObject, isJsonObject } from '../sdk/local/objects.js';
import { fillDefaults, prune, type Schema } from '../sdk/local/schema.js';
import { validateBySchema } from '../sdk/local/schema-validator.js';
import type { ServiceOffering } from '../sdk/resources/kinds.js';
import { suggestion } from '../sdk/settings-nearest.js';

const DEFINITION = new URL('../../crds/serviceofferings.yaml', import.meta.url);
const [KIND] = kindsOf(parse(readFileSync(DEFINITION, 'utf8')) as Definition);

export interface FieldProblem {
  path: string;
  text: string;
}

export interface SchemaCheck {
  problems: FieldProblem[];
  /** As the API server would store it, defaults filled in; absent where a field is of another type than it should. */
  offering?: ServiceOffering;
}

export function checkBySchema(content: unknown): SchemaCheck {
  const { group, version, kind, schema } = KIND!;
  if (!isJsonObject(content)) return { problems: [{ path: '', text: `must be a ${kind}` }] };
  const object = structuredClone(content) as ApiObject;
  const problems = Object.entries({ apiVersion: `${group}/${version}`, kind })
    .filter(([field, value]) => object[field] !== value)
    .map(([path, value]) => ({ path, text: `must be ${value}` }));
  if (problems.length > 0) return { problems };
  object.metadata ??= { name: '' };
  for (const path of prune(object, schema)) problems.push({ path, text: unknownField(path, schema) });
  fillDefaults(object, schema);
  const causes = validateBySchema(object, schema);
  const isTyped = !causes.some(({ message }) => message.includes(' must be of type '));
  if (isTyped) causes.push(...nameCauses(object.metadata.name), ...metadataCauses(object.metadata));
  problems.push(...causes.map(fieldProblem));
  return { problems, ...(isTyped && isJsonObject(object['spec']) ? { offering: asOffering(object) } : {}) };
}

const asOffering = (object: ApiObject): ServiceOffering => object as unknown as ServiceOffering;

/** In the words of the API server, without what is said by the path and the line. */
function fieldProblem({ field = '', message = '', reason }: Cause): FieldProblem {
  if (reason === 'FieldValueRequired') return { path: field, text: 'is missing' };
  const text = message.replace(/^Invalid value: .*? in body /s, '').replace(/: ("[^"]*")$/, ', not $1');
  return { path: field, text };
}

function unknownField(path: string, schema: Schema): string {
  const field = path.split('.').at(-1)!;
  return `is no field of a ServiceOffering${suggestion(field, fieldsOf(schema)) || '; remove it'}`;
}

function fieldsOf({ properties = {}, items }: Schema): string[] {
  const children = [...Object.values(properties), ...(items ? [items] : [])];
  return [...Object.keys(properties), ...children.flatMap(fieldsOf)];
}
