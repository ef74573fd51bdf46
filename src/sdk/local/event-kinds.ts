// Events, which two groups serve in two forms from one collection; the core form is the stored one.
import { causes } from './api-error.js';
import * as schemas from './built-in-schemas.js';
import { age, column, NAME_COLUMN } from './columns.js';
import type { Column, Kind } from './kinds.js';
import type { ApiObject, JsonObject } from './objects.js';

const FIELDS: [core: string, named: string][] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

const TO_NAMED = new Map(FIELDS);
const TO_CORE = new Map(FIELDS.map(([core, named]) => [named, core]));

function rename(object: ApiObject, names: Map<string, string>, apiVersion: string): ApiObject {
  const renamed = Object.entries(object).map(([field, value]) => [names.get(field) ?? field, value] as const);
  return { ...(Object.fromEntries(renamed) as ApiObject), apiVersion };
}

const part = (object: ApiObject, field: string) => (object[field] ?? {}) as JsonObject;
const lastSeen = (object: ApiObject) =>
  part(object, 'series')['lastObservedTime'] ??
  object['lastTimestamp'] ??
  object['firstTimestamp'] ??
  object['eventTime'];
const asText = (value: unknown) => (typeof value === 'string' ? value : '');

function subject(object: ApiObject): string {
  const { kind, name } = part(object, 'involvedObject');
  return `${asText(kind).toLowerCase()}/${asText(name)}`;
}

const source = (object: ApiObject) =>
  [part(object, 'source')['component'] ?? object['reportingComponent'], part(object, 'source')['host']]
    .filter(Boolean)
    .join(', ');

const coreColumns: Column[] = [
  column('Last Seen', (object, now) => age(lastSeen(object), now)),
  column('Type', (object) => object['type']),
  column('Reason', (object) => object['reason']),
  column('Object', subject),
  column('Subobject', (object) => part(object, 'involvedObject')['fieldPath'] ?? '', 1),
  column('Source', source, 1),
  column('Message', (object) => asText(object['message']).trim()),
  column('First Seen', (object, now) => age(object['firstTimestamp'] ?? object['eventTime'], now), 1),
  column('Count', (object) => object['count'] ?? part(object, 'series')['count'] ?? 1, 1),
  { ...NAME_COLUMN, priority: 1 },
];

const shared = {
  kind: 'Event',
  plural: 'events',
  storage: 'events',
  shortNames: ['ev'],
  allowCreateOnUpdate: true,
} as const;

export const coreEvents = {
  ...shared,
  shortNames: ['ev'],
  group: '',
  version: 'v1',
  schema: schemas.CORE_EVENT_SCHEMA,
  selectableFields: [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
      (field) => `involvedObject.${field}`,
    ),
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  columns: coreColumns,
  encode: (object: ApiObject) => ({ ...object, apiVersion: 'v1' }),
  validate: (object: ApiObject) => {
    const namespace = part(object, 'involvedObject')['namespace'] ?? '';
    const wanted = object.metadata.namespace;
    if (namespace === wanted || (!namespace && wanted === 'default')) return [];
    return [causes.invalid('involvedObject.namespace', namespace, 'does not match event.namespace')];
  },
} satisfies Partial<Kind>;

const encode = (object: ApiObject) => rename(object, TO_NAMED, 'events.k8s.io/v1');
const decode = (object: ApiObject) => rename(object, TO_CORE, 'v1');

export const namedEvents = {
  ...shared,
  shortNames: ['ev'],
  group: 'events.k8s.io',
  version: 'v1',
  schema: schemas.EVENT_SCHEMA,
  selectableFields: [
    'reason',
    'type',
    'regarding.name',
    'regarding.namespace',
    'regarding.kind',
    'regarding.uid',
  ],
  columns: coreColumns.map((shown) => ({
    ...shown,
    value: (object: ApiObject, now: Date) => shown.value(decode(object), now),
  })),
  encode,
  decode,
} satisfies Partial<Kind>;
