// The kinds that are always served: those of the core group, Lease, Event, CustomResourceDefinition and the review.
import { causes, type Cause } from './api-error.js';
import * as schemas from './built-in-schemas.js';
import { AGE_COLUMN, column, NAME_COLUMN } from './columns.js';
import { coreEvents, namedEvents } from './event-kinds.js';
import { ALL_VERBS, type Kind } from './kinds.js';
import { METADATA_SCHEMA } from './metadata.js';
import { isJsonObject, type ApiObject, type JsonObject } from './objects.js';
import type { Schema } from './schema.js';

type Given = Pick<Kind, 'group' | 'version' | 'kind' | 'plural' | 'schema'> & Partial<Kind>;

/** A schema with the fields that every object has. */
export function withObjectFields(schema: Schema): Schema {
  const text = { type: 'string' };
  return {
    ...schema,
    type: 'object',
    properties: { ...schema.properties, apiVersion: text, kind: text, metadata: METADATA_SCHEMA },
  };
}

export function builtIn(given: Given): Kind {
  return {
    listKind: `${given.kind}List`,
    singular: given.kind.toLowerCase(),
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: ALL_VERBS,
    storage: given.group ? `${given.plural}.${given.group}` : given.plural,
    hasStatus: false,
    hasGeneration: false,
    custom: false,
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
    columns: [NAME_COLUMN, AGE_COLUMN],
    ...given,
    schema: withObjectFields(given.schema),
  };
}

const size = (value: unknown) => (isJsonObject(value) ? Object.keys(value).length : 0);
const KEY = /^[-._a-zA-Z0-9]+$/;

function keyCauses(object: ApiObject, fields: string[]): Cause[] {
  const why =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " +
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
  return fields.flatMap((field) =>
    Object.keys((object[field] as JsonObject | undefined) ?? {})
      .filter((key) => !KEY.test(key))
      .map((key) => causes.invalid(`${field}[${key}]`, key, why)),
  );
}

/** An object that was once immutable stays so, with its data. */
function immutableCauses(object: ApiObject, live: ApiObject | undefined, fields: string[]): Cause[] {
  if (live?.['immutable'] !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  return [...fields, 'immutable']
    .filter((field) => JSON.stringify(object[field]) !== JSON.stringify(live[field]))
    .map((field) => causes.forbidden(field, why));
}

function prepareSecret(object: ApiObject, live?: ApiObject): ApiObject {
  const { stringData, ...rest } = object as ApiObject & { stringData?: Record<string, string> };
  const encoded = Object.entries(stringData ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  const data = {
    ...(rest['data'] as JsonObject | undefined),
    ...(Object.fromEntries(encoded) as JsonObject),
  };
  const type = rest['type'] || live?.['type'] || 'Opaque';
  return { ...rest, ...(size(data) || rest['data'] ? { data } : {}), type };
}

const secrets = builtIn({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  schema: schemas.SECRET_SCHEMA,
  selectableFields: ['type'],
  columns: [
    NAME_COLUMN,
    column('Type', (object) => object['type']),
    column('Data', (object) => size(object['data'])),
    AGE_COLUMN,
  ],
  prepare: prepareSecret,
  validate: (object, live) => [
    ...keyCauses(object, ['data']),
    ...immutableCauses(object, live, ['data']),
    ...(live && object['type'] !== live['type']
      ? [causes.invalid('type', object['type'], 'field is immutable')]
      : []),
  ],
});

const configMaps = builtIn({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  schema: schemas.CONFIG_MAP_SCHEMA,
  columns: [
    NAME_COLUMN,
    column('Data', (object) => size(object['data']) + size(object['binaryData'])),
    AGE_COLUMN,
  ],
  validate: (object, live) => [
    ...keyCauses(object, ['data', 'binaryData']),
    ...immutableCauses(object, live, ['data', 'binaryData']),
  ],
});

const namespaces = builtIn({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
  hasStatus: true,
  schema: schemas.NAMESPACE_SCHEMA,
  selectableFields: ['status.phase'],
  columns: [
    NAME_COLUMN,
    column('Status', (object) => (object['status'] as JsonObject | undefined)?.['phase']),
    AGE_COLUMN,
  ],
  prepare: (object, live) => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
    },
    spec: live ? live['spec'] : { finalizers: ['kubernetes'] },
    status: object['status'] ?? { phase: 'Active' },
  }),
  whenMarked: (object) => ({
    ...object,
    status: { ...(object['status'] as JsonObject), phase: 'Terminating' },
  }),
});

const serviceAccounts = builtIn({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  schema: schemas.SERVICE_ACCOUNT_SCHEMA,
  columns: [
    NAME_COLUMN,
    column('Secrets', (object) => (object['secrets'] as unknown[] | undefined)?.length ?? 0),
    AGE_COLUMN,
  ],
});

const leaseSpec = (object: ApiObject) => (object['spec'] ?? {}) as JsonObject;

const leases = builtIn({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: true,
  schema: schemas.LEASE_SCHEMA,
  prepare: (object) => ({ ...object, spec: leaseSpec(object) }),
  columns: [NAME_COLUMN, column('Holder', (object) => leaseSpec(object)['holderIdentity']), AGE_COLUMN],
  validate: (object) =>
    (['leaseDurationSeconds', 'leaseTransitions'] as const).flatMap((field) => {
      const value = leaseSpec(object)[field];
      const least = field === 'leaseDurationSeconds' ? 1 : 0;
      if (typeof value !== 'number' || value >= least) return [];
      const why = least ? 'must be greater than 0' : 'must to greater or equal than 0'; // as it is said
      return [causes.invalid(`spec.${field}`, value, why)];
    }),
});

const accessReviews = builtIn({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
  verbs: ['create'],
  schema: schemas.REVIEW_SCHEMA,
  answer: ({ apiVersion, kind, spec }) => ({
    apiVersion,
    kind,
    metadata: { creationTimestamp: null },
    spec,
    status: { allowed: true },
  }),
});

export const BUILT_IN_KINDS: readonly Kind[] = [
  configMaps,
  builtIn(coreEvents),
  namespaces,
  secrets,
  serviceAccounts,
  builtIn(namedEvents),
  leases,
  accessReviews,
];
