// The metadata that every object has: its schema, its rules, and which of it a client may change.
import { causes, type Cause } from './api-error.js';
import type { ObjectMeta } from './objects.js';
import type { Schema } from './schema.js';

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string' };
const strings: Schema = { type: 'object', additionalProperties: text };

export const METADATA_SCHEMA: Schema = {
  type: 'object',
  description: 'Standard object metadata.',
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: { type: 'integer', format: 'int64' },
    creationTimestamp: time,
    deletionTimestamp: time,
    deletionGracePeriodSeconds: { type: 'integer', format: 'int64' },
    labels: { ...strings, description: 'Labels, for selectors.' },
    annotations: { ...strings, description: 'Notes, for tools and people.' },
    finalizers: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: {
        type: 'object',
        properties: {
          apiVersion: text,
          kind: text,
          name: text,
          uid: text,
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
    managedFields: {
      type: 'array',
      items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  },
};

/** Drops what is empty, as the real server does when it writes an object out. Changes the metadata in place. */
export function dropEmpty(metadata: ObjectMeta): void {
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const)
    if (metadata[field] && !Object.keys(metadata[field]).length) delete metadata[field];
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const SUBDOMAIN_PATTERN = new RegExp(`^${SUBDOMAIN}$`);
const LABEL_PATTERN = new RegExp(`^${LABEL}$`);
const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE_PATTERN = new RegExp(`^(${QUALIFIED_NAME})?$`);
const QUALIFIED_NAME_PATTERN = new RegExp(`^${QUALIFIED_NAME}$`);

const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  `end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
  `an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`;
const KEY_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  `character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED_NAME}')`;
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  `with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${QUALIFIED_NAME})?')`;

/** What is wrong with a name: a DNS-1123 subdomain, for namespaces a DNS-1123 label. */
export function nameCauses(name: string, isLabel = false): Cause[] {
  if (!name) return [causes.required('metadata.name', 'name or generateName is required')];
  const limit = isLabel ? 63 : 253;
  const found: Cause[] = [];
  if (name.length > limit)
    found.push(causes.invalid('metadata.name', name, `must be no more than ${limit} characters`));
  if (!(isLabel ? LABEL_PATTERN : SUBDOMAIN_PATTERN).test(name))
    found.push(causes.invalid('metadata.name', name, isLabel ? LABEL_RULE : SUBDOMAIN_RULE));
  return found;
}

function isQualifiedName(key: string): boolean {
  const [name, prefix, ...more] = key.split('/').reverse();
  if (more.length || !name || name.length > 63 || !QUALIFIED_NAME_PATTERN.test(name)) return false;
  return prefix === undefined || (prefix.length <= 253 && SUBDOMAIN_PATTERN.test(prefix));
}

/** What is wrong with labels, annotations, finalizers and owners, apart from their types. */
export function metadataCauses(metadata: ObjectMeta, live?: ObjectMeta): Cause[] {
  return [
    ...Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => [
      ...(isQualifiedName(key) ? [] : [causes.invalid('metadata.labels', key, KEY_RULE)]),
      ...(value.length <= 63 && LABEL_VALUE_PATTERN.test(value)
        ? []
        : [causes.invalid('metadata.labels', value, VALUE_RULE)]),
    ]),
    ...Object.keys(metadata.annotations ?? {})
      .filter((key) => !isQualifiedName(key.toLowerCase()))
      .map((key) => causes.invalid('metadata.annotations', key, KEY_RULE)),
    ...ownerCauses(metadata),
    ...finalizerCauses(metadata, live),
  ];
}

function ownerCauses(metadata: ObjectMeta): Cause[] {
  const owners = metadata.ownerReferences ?? [];
  const found = owners.flatMap((owner) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter((field) => !owner[field])
      .map((field) => causes.invalid(`metadata.ownerReferences.${field}`, '', `${field} must not be empty`)),
  );
  if (owners.filter((owner) => owner.controller).length > 1)
    found.push(
      causes.invalid(
        'metadata.ownerReferences',
        owners.length,
        'Only one reference can have Controller set to true',
      ),
    );
  return found;
}

function finalizerCauses(metadata: ObjectMeta, live?: ObjectMeta): Cause[] {
  const bad = (metadata.finalizers ?? [])
    .filter((name) => !isQualifiedName(name))
    .map((name) => causes.invalid('metadata.finalizers', name, KEY_RULE));
  if (!live?.deletionTimestamp) return bad;
  const added = (metadata.finalizers ?? []).filter((name) => !(live.finalizers ?? []).includes(name));
  if (!added.length) return bad;
  const names = added.map((name) => `"${name}"`).join(', ');
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`;
  return [...bad, causes.forbidden('metadata.finalizers', why)];
}
