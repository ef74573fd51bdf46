// When a CustomResourceDefinition is in order: names that fit each other, one stored version, structural schemas.
import { causes, type Cause } from './api-error.js';
import type { Definition, DefinitionVersion } from './custom-kinds.js';
import { isJsonObject } from './objects.js';
import type { Schema } from './schema.js';

export function validateDefinition(definition: Definition, live?: Definition): Cause[] {
  const spec: Partial<Definition['spec']> = definition.spec ?? {};
  const found = requiredCauses(spec);
  if (found.length) return found;
  const { group, names, scope, versions } = spec as Definition['spec'];
  const { name } = definition.metadata;
  if (name !== `${names.plural}.${group}`)
    found.push(causes.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  if (scope !== 'Namespaced' && scope !== 'Cluster')
    found.push(causes.notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  if (versions.filter((version) => version.storage).length !== 1)
    found.push(
      causes.invalid(
        'spec.versions',
        versions.length,
        'must have exactly one version marked as storage version',
      ),
    );
  versions.forEach((version, index) => found.push(...versionCauses(version, `spec.versions[${index}]`)));
  return [...found, ...immutableCauses(definition, live)];
}

function requiredCauses(spec: Partial<Definition['spec']>): Cause[] {
  const found: Cause[] = [];
  if (!spec.group) found.push(causes.required('spec.group'));
  if (!spec.scope) found.push(causes.required('spec.scope'));
  if (!spec.names?.plural) found.push(causes.required('spec.names.plural'));
  if (!spec.names?.kind) found.push(causes.required('spec.names.kind'));
  if (!spec.versions?.length) found.push(causes.required('spec.versions'));
  return found;
}

function immutableCauses({ spec }: Definition, live?: Definition): Cause[] {
  if (!live) return [];
  return (['group', 'scope'] as const)
    .filter((field) => spec[field] !== live.spec[field])
    .map((field) => causes.invalid(`spec.${field}`, spec[field], 'field is immutable'));
}

function versionCauses({ schema }: DefinitionVersion, path: string): Cause[] {
  const root = schema?.openAPIV3Schema;
  const field = `${path}.schema.openAPIV3Schema`;
  if (!root) return [causes.required(field, 'schemas are required')];
  return structuralCauses(root, field);
}

/** A structural schema gives every node a type. */
function structuralCauses(schema: Schema, path: string): Cause[] {
  const isFree = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  const found =
    schema.type || isFree
      ? []
      : [causes.required(`${path}.type`, 'must not be empty for specified object fields')];
  if (typeof schema['$ref'] === 'string')
    found.push(causes.forbidden(`${path}.$ref`, '$ref is not supported'));
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    found.push(...structuralCauses(property, `${path}.properties[${name}]`));
  if (schema.items) found.push(...structuralCauses(schema.items, `${path}.items`));
  if (isJsonObject(schema.additionalProperties))
    found.push(...structuralCauses(schema.additionalProperties, `${path}.additionalProperties`));
  return found;
}
