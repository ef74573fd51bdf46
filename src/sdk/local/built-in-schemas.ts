// The schemas of the kinds that are built in. They say the form only, so that what does not fit cannot be decoded;
// rules beyond the form are with the kinds.
import type { Schema } from './schema.js';

const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer', format: 'int32' };
const flag: Schema = { type: 'boolean' };
const time: Schema = { type: 'string', format: 'date-time' };
// Micro times have exactly six digits; anything else the real server cannot parse.
const microTime: Schema = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}(Z|[+-]\\d\\d:\\d\\d)$',
};
const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const object = (properties: Record<string, Schema>, description = ''): Schema => ({
  type: 'object',
  properties,
  ...(description ? { description } : {}),
});
const base64: Schema = { type: 'string', format: 'byte' };

const conditions: Schema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: object({ type: text, status: text, reason: text, message: text, lastTransitionTime: time }),
};

const reference = object({
  kind: text,
  namespace: text,
  name: text,
  uid: text,
  apiVersion: text,
  resourceVersion: text,
  fieldPath: text,
});

const namedReferences: Schema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: reference,
};

export const CONFIG_MAP_SCHEMA = object(
  { data: mapOf(text), binaryData: mapOf(base64), immutable: flag },
  'Configuration data for others to read.',
);

export const SECRET_SCHEMA = object(
  {
    data: mapOf(base64),
    stringData: { ...mapOf(text), description: 'Write-only; stored in data.' },
    type: text,
    immutable: flag,
  },
  'Secret data, each value in base64.',
);

export const NAMESPACE_SCHEMA = object(
  { spec: object({ finalizers: listOf(text) }), status: object({ phase: text, conditions }) },
  'A scope for names.',
);

export const SERVICE_ACCOUNT_SCHEMA = object(
  {
    secrets: namedReferences,
    imagePullSecrets: listOf(object({ name: text })),
    automountServiceAccountToken: flag,
  },
  'An identity for processes.',
);

export const LEASE_SCHEMA = object(
  {
    spec: object({
      holderIdentity: text,
      leaseDurationSeconds: integer,
      acquireTime: microTime,
      renewTime: microTime,
      leaseTransitions: integer,
    }),
  },
  'A claim that expires when it is not renewed.',
);

const eventSource = object({ component: text, host: text });

export const CORE_EVENT_SCHEMA = object(
  {
    involvedObject: reference,
    reason: text,
    message: text,
    source: eventSource,
    firstTimestamp: { ...time, nullable: true },
    lastTimestamp: { ...time, nullable: true },
    count: integer,
    type: text,
    eventTime: { ...microTime, nullable: true },
    series: object({ count: integer, lastObservedTime: microTime }),
    action: text,
    related: reference,
    reportingComponent: text,
    reportingInstance: text,
  },
  'A report of something that happened.',
);

export const EVENT_SCHEMA = object(
  {
    regarding: reference,
    reason: text,
    note: text,
    deprecatedSource: eventSource,
    deprecatedFirstTimestamp: { ...time, nullable: true },
    deprecatedLastTimestamp: { ...time, nullable: true },
    deprecatedCount: integer,
    type: text,
    eventTime: { ...microTime, nullable: true },
    series: object({ count: integer, lastObservedTime: microTime }),
    action: text,
    related: reference,
    reportingController: text,
    reportingInstance: text,
  },
  'A report of something that happened.',
);

const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const names = object({
  plural: text,
  singular: text,
  shortNames: listOf(text),
  kind: text,
  listKind: text,
  categories: listOf(text),
});

export const DEFINITION_SCHEMA = object(
  {
    spec: object({
      group: text,
      names,
      scope: text,
      versions: listOf(
        object({
          name: text,
          served: flag,
          storage: flag,
          deprecated: flag,
          deprecationWarning: text,
          schema: object({ openAPIV3Schema: anything }),
          subresources: object({ status: anything, scale: anything }),
          additionalPrinterColumns: listOf(
            object({
              name: text,
              type: text,
              format: text,
              description: text,
              priority: integer,
              jsonPath: text,
            }),
          ),
          selectableFields: listOf(object({ jsonPath: text })),
        }),
      ),
      conversion: anything,
      preserveUnknownFields: flag,
    }),
    status: object({ conditions, acceptedNames: names, storedVersions: listOf(text) }),
  },
  'A kind that is added to the API.',
);

export const REVIEW_SCHEMA = object(
  { spec: anything, status: anything },
  'A question to the server; it is not stored.',
);
