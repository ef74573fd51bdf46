// JSON schemas for kubeconform, on this machine and for no network: of Kubernetes' own kinds from the OpenAPI
// descriptions that hack/tools.sh brings, of ours from crds/. Strict: a field that is not described is refused.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Manifest } from './manifests.js';
import { ROOT } from './tools.js';

interface Schema {
  [key: string]: any;
  $ref?: string;
  properties?: Record<string, Schema>;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}
type Definitions = Record<string, Schema>;

/** Where kubeconform finds the schema of a kind. It calls the group of the core `v1`. */
export const SCHEMA_LOCATION = '{{.Group}}/{{.ResourceAPIVersion}}/{{.ResourceKind}}.json';

const fileOf = (group: string, version: string, kind: string): string =>
  join(group === '' ? version : group, version, `${kind.toLowerCase()}.json`);

const openApiFile = (kubernetes: string): string => join(ROOT, '.local/openapi', `${kubernetes}.json`);

/** What is wrong where the description of a version is missing. */
export function missingOpenApi(...versions: string[]): string | undefined {
  const missing = versions.filter((version) => !existsSync(openApiFile(version)));
  if (missing.length === 0) return undefined;
  return `no OpenAPI description of Kubernetes ${missing.join(' and ')} in .local/openapi: \`make tools\` brings it`;
}

/** Writes the schemas of the kinds that these manifests are of, as far as that version of Kubernetes knows them. */
export function writeSchemas(folder: string, kubernetes: string, manifests: readonly Manifest[]): void {
  const { definitions } = JSON.parse(readFileSync(openApiFile(kubernetes), 'utf8')) as {
    definitions: Definitions;
  };
  const wanted = new Set(manifests.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`));
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      if (!wanted.has([group, version, kind].filter(Boolean).join('/'))) continue;
      write(join(folder, fileOf(group, version, kind)), {
        $ref: `#/definitions/${name}`,
        definitions: closure(definitions, name),
      });
    }
  }
  writeOwnSchemas(folder);
}

function writeOwnSchemas(folder: string): void {
  for (const file of readdirSync(join(ROOT, 'crds'))) {
    const { spec } = parse(readFileSync(join(ROOT, 'crds', file), 'utf8')) as Manifest;
    for (const { name, schema } of spec.versions) {
      const root = schema.openAPIV3Schema as Schema;
      root.properties = {
        ...root.properties,
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { type: 'object', additionalProperties: true },
      };
      write(join(folder, fileOf(spec.group, name, spec.names.kind)), strict(root));
    }
  }
}

function write(file: string, schema: Schema): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema }));
}

/** The definition and all that it refers to. */
function closure(definitions: Definitions, name: string, found: Definitions = {}): Definitions {
  if (name in found) return found;
  const definition = definitions[name];
  if (!definition) throw new Error(`the OpenAPI description refers to ${name} and does not have it`);
  found[name] = strict(definition);
  for (const [, next] of JSON.stringify(definition).matchAll(/"#\/definitions\/([^"]+)"/g))
    closure(definitions, next!, found);
  return found;
}

/** No field that is not described, and the two types that Kubernetes writes as a text or as a number. */
function strict(schema: Schema): Schema {
  const { description: _, ...rest } = schema;
  if (schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true)
    return { type: ['string', 'integer'] };
  const result: Schema = {};
  for (const [key, value] of Object.entries(rest)) result[key] = key === 'properties' ? value : inner(value);
  if (!schema.properties) return result;
  result.properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, property]) => [name, strict(property)]),
  );
  if (schema['x-kubernetes-preserve-unknown-fields'] !== true) result.additionalProperties ??= false;
  return result;
}

function inner(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inner);
  return typeof value === 'object' && value !== null ? strict(value) : value;
}
