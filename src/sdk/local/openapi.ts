// OpenAPI version 3 of what is served, as far as kubectl reads it: schemas for `explain`, and the parameters and
// content types of a patch, by which it knows that the server itself finds unknown fields.
import { createHash } from 'node:crypto';
import type { Kind, KindRegister } from './kinds.js';
import type { JsonObject } from './objects.js';

const pathOf = (group: string, version: string) => (group ? `apis/${group}/${version}` : `api/${version}`);

export function openApiIndex(kinds: KindRegister): JsonObject {
  const paths: JsonObject = {};
  for (const [group, versions] of kinds.groups())
    for (const version of versions) {
      const path = pathOf(group, version);
      const hash = createHash('sha256')
        .update(JSON.stringify(openApiDocument(path, kinds)))
        .digest('hex');
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash.slice(0, 32)}` };
    }
  return { paths };
}

/** The document of one group and version, given as in the index; undefined when it is not served. */
export function openApiDocument(path: string, kinds: KindRegister): JsonObject | undefined {
  const served = kinds.all().filter((kind) => pathOf(kind.group, kind.version) === path);
  if (!served.length) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.32.0' },
    paths: Object.assign({}, ...served.map(pathsOf)) as JsonObject,
    components: {
      schemas: Object.fromEntries(served.map((kind) => [schemaName(kind), schemaOf(kind)])),
    },
  };
}

function schemaName({ group, version, kind }: Kind): string {
  return [...(group || 'core').split('.').reverse(), version, kind].join('.');
}

function typeOf({ group, version, kind }: Kind): JsonObject {
  return { group, version, kind };
}

function schemaOf(kind: Kind): JsonObject {
  return { ...kind.schema, 'x-kubernetes-group-version-kind': [typeOf(kind)] };
}

function pathsOf(kind: Kind): JsonObject {
  const collection = `/${pathOf(kind.group, kind.version)}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`;
  return {
    [collection]: {
      get: operation(kind, 'list'),
      post: { ...operation(kind, 'post'), requestBody: body(kind, ['application/json', 'application/yaml']) },
    },
    [`${collection}/{name}`]: {
      get: operation(kind, 'get'),
      put: { ...operation(kind, 'put'), requestBody: body(kind, ['application/json', 'application/yaml']) },
      patch: { ...operation(kind, 'patch'), requestBody: body(kind, patchTypes(kind)) },
      delete: operation(kind, 'delete'),
    },
  };
}

/** The patch formats of a kind. */
export function patchTypes(kind: Pick<Kind, 'custom'>): string[] {
  return [
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(kind.custom ? [] : ['application/strategic-merge-patch+json']),
    'application/apply-patch+yaml',
  ];
}

function operation(kind: Kind, action: string): JsonObject {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }));
  return {
    operationId: `${action}${kind.kind}`,
    parameters: ['post', 'put', 'patch'].includes(action) ? parameters : [],
    responses: { 200: { description: 'OK', content: body(kind, ['application/json'])['content'] } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': typeOf(kind),
  };
}

function body(kind: Kind, types: string[]): JsonObject {
  const schema = { $ref: `#/components/schemas/${schemaName(kind)}` };
  return { content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}
