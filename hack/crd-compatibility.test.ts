// Each rule of compatibility, by a change that breaks it and one that does not; and that the definitions of this tree
// are compatible with those of the last release.
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { CURRENT, incompatibleChanges, readDefinitions, RELEASED, type Schema } from './crd-compatibility.js';

const base = () => ({
  spec: {
    group: 'test.test',
    scope: 'Namespaced',
    names: {
      kind: 'Thing',
      plural: 'things',
      singular: 'thing',
      listKind: 'ThingList',
      shortNames: ['th'],
      categories: ['all'],
    },
    versions: [
      {
        name: 'v1',
        served: true,
        subresources: { status: {} } as Record<string, unknown>,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: { spec: { type: 'object', properties: fields() } },
          } as Schema,
        },
      },
    ],
  },
});
type Base = ReturnType<typeof base>;

const fields = (): Record<string, Schema> => ({
  text: { type: 'string', minLength: 1, maxLength: 9, enum: ['a', 'b'], pattern: '^[ab]$', default: 'a' },
  plain: { type: 'string', format: 'date-time', nullable: true },
  number: { type: 'integer', minimum: 1, maximum: 9 },
  list: {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['id'],
    items: { type: 'object', properties: { id: { type: 'string' } } },
  },
  map: { type: 'object', additionalProperties: { type: 'string' } },
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  ruled: { type: 'object', 'x-kubernetes-validations': [{ rule: 'true' }] },
});

const version = (thing: Base) => thing.spec.versions[0]!;
const spec = (thing: Base): Schema & { properties: Record<string, Schema> } =>
  (version(thing).schema.openAPIV3Schema['properties'] as any).spec;
const set =
  (field: string, keyword: string, value: unknown) =>
  (thing: Base): void => {
    spec(thing).properties[field]![keyword] = value;
  };
const drop =
  (field: string, keyword: string) =>
  (thing: Base): void => {
    delete spec(thing).properties[field]![keyword];
  };
const add =
  (name: string, schema: Schema) =>
  (thing: Base): void => {
    spec(thing).properties[name] = schema;
  };

function compare(mutate: (thing: Base) => void): string[] {
  const changed = base();
  mutate(changed);
  return incompatibleChanges([base()], [changed]);
}

const BREAKING: [what: string, mutate: (thing: Base) => void, says: string][] = [
  ['a renamed kind', (t) => (t.spec.names.kind = 'Other'), 'Thing: the kind was removed'],
  ['another group', (t) => (t.spec.group = 'x'), 'Thing group: changed from "test.test" to "x"'],
  ['another scope', (t) => (t.spec.scope = 'Cluster'), 'Thing scope: changed from "Namespaced"'],
  ['another plural', (t) => (t.spec.names.plural = 'x'), 'Thing plural: changed'],
  ['another singular', (t) => (t.spec.names.singular = 'x'), 'Thing singular: changed'],
  ['another list kind', (t) => (t.spec.names.listKind = 'x'), 'Thing listKind: changed'],
  ['a removed short name', (t) => t.spec.names.shortNames.pop(), 'Thing shortNames: "th" was removed'],
  ['a removed category', (t) => t.spec.names.categories.pop(), 'Thing categories: "all" was removed'],
  ['a removed version', (t) => t.spec.versions.pop(), 'Thing v1: the version is no longer served'],
  ['a version that is not served', (t) => (version(t).served = false), 'Thing v1: the version is no longer'],
  ['no status', (t) => (version(t).subresources = {}), 'Thing v1 .status: is no longer a subresource'],
  ['a removed field', (t) => delete spec(t).properties['text'], 'Thing v1 .spec.text: was removed; keep it'],
  ['another type', set('text', 'type', 'integer'), '.spec.text: type changed from "string" to "integer"'],
  ['another format', set('plain', 'format', 'date'), '.spec.plain: format changed'],
  ['a removed default', drop('text', 'default'), '.spec.text: default changed from "a" to nothing'],
  ['another default', set('text', 'default', 'b'), '.spec.text: default changed from "a" to "b"'],
  ['null no more', drop('plain', 'nullable'), '.spec.plain: nullable changed'],
  ['a lost value', set('text', 'enum', ['a']), '.spec.text: enum changed from ["a","b"] to ["a"]'],
  ['values for a free text', set('plain', 'enum', ['a']), '.spec.plain: enum changed from nothing'],
  ['another pattern', set('text', 'pattern', '^a$'), '.spec.text: pattern changed'],
  ['a new pattern', set('plain', 'pattern', '^a$'), '.spec.plain: pattern changed from nothing'],
  ['a longer minimum', set('text', 'minLength', 2), '.spec.text: minLength changed from 1 to 2'],
  ['a new minimum', set('plain', 'minLength', 0), '.spec.plain: minLength changed from nothing'],
  ['a shorter maximum', set('text', 'maxLength', 8), '.spec.text: maxLength changed from 9 to 8'],
  ['a new maximum', set('plain', 'maxLength', 99), '.spec.plain: maxLength changed from nothing'],
  ['a higher minimum', set('number', 'minimum', 2), '.spec.number: minimum changed'],
  ['a lower maximum', set('number', 'maximum', 8), '.spec.number: maximum changed'],
  ['fewer items', set('list', 'maxItems', 3), '.spec.list: maxItems changed'],
  ['a combined schema', set('text', 'not', { enum: ['c'] }), '.spec.text: not changed'],
  [
    'a new rule',
    set('ruled', 'x-kubernetes-validations', [{ rule: 'false' }]),
    '.spec.ruled: x-kubernetes-v',
  ],
  ['an atomic list', drop('list', 'x-kubernetes-list-type'), '.spec.list: x-kubernetes-list-type changed'],
  ['other list keys', set('list', 'x-kubernetes-list-map-keys', ['k']), 'list: x-kubernetes-list-map-keys'],
  ['a change within a list', set('list', 'items', { type: 'object' }), '.spec.list[].id: was removed'],
  ['a change within a map', set('map', 'additionalProperties', { type: 'integer' }), '.spec.map{}: type'],
  ['an emptied map', drop('map', 'additionalProperties'), '.spec.map{}: was removed'],
  [
    'unknown fields no more',
    drop('free', 'x-kubernetes-preserve-unknown-fields'),
    '.spec.free: x-kubernetes-',
  ],
  [
    'a field in free form',
    set('free', 'properties', { a: { type: 'string' } }),
    '.spec.free.a: anything was',
  ],
  ['a field required', (t) => (spec(t)['required'] = ['plain']), '.spec.plain: is required now; give it a'],
  [
    'a new field required',
    (t) => {
      spec(t)['required'] = ['fresh'];
      spec(t).properties['fresh'] = { type: 'string' };
    },
    'Thing v1 .spec.fresh: is required now',
  ],
];

const COMPATIBLE: [what: string, mutate: (thing: Base) => void][] = [
  ['nothing', () => undefined],
  ['a new field', add('fresh', { type: 'string', enum: ['x'], pattern: 'x', minLength: 1 })],
  ['a new version', (t) => t.spec.versions.push({ ...version(base()), name: 'v2' })],
  ['a new short name', (t) => t.spec.names.shortNames.push('tt')],
  ['a new subresource', (t) => (version(t).subresources['scale'] = {})],
  ['a new value', set('text', 'enum', ['c', 'b', 'a'])],
  ['any value', drop('text', 'enum')],
  ['no pattern', drop('text', 'pattern')],
  ['a lower minimum', set('number', 'minimum', 0)],
  ['no minimum', drop('number', 'minimum')],
  ['a higher maximum', set('number', 'maximum', 10)],
  ['no maximum', drop('text', 'maxLength')],
  ['null too', set('text', 'nullable', true)],
  ['a rule less', drop('ruled', 'x-kubernetes-validations')],
  ['a default', set('plain', 'default', 'now')],
  ['another description', set('text', 'description', 'Text.')],
  ['an optional field', (t) => delete version(t).schema.openAPIV3Schema['required']],
  [
    'a new field that is required and has a default',
    (t) => {
      spec(t)['required'] = ['fresh'];
      spec(t).properties['fresh'] = { type: 'string', default: 'x' };
    },
  ],
];

describe('the compatibility of definitions', () => {
  for (const [what, mutate, says] of BREAKING) {
    it(`refuses ${what}`, () => {
      const changes = compare(mutate);
      expect(changes, changes.join('\n')).to.have.length(1);
      expect(changes[0]).to.include(says).and.to.include('; ');
    });
  }

  for (const [what, mutate] of COMPATIBLE) {
    it(`allows ${what}`, () => expect(compare(mutate)).to.eql([]));
  }

  it('refuses a removed kind', () => {
    expect(incompatibleChanges([base()], [])).to.have.length(1);
  });

  it('allows a new kind', () => {
    expect(incompatibleChanges([], [base()])).to.eql([]);
  });
});

describe('the definitions in crds/', () => {
  const releases = readdirSync(RELEASED);

  it('have one release to be compared with', () => {
    expect(releases).to.have.length(1);
  });

  it('are compatible with it: docs/upgrading.md says what to do when this fails', () => {
    const released = readDefinitions(new URL(`${releases[0]!}/`, RELEASED));
    expect(released).to.not.be.empty;
    expect(incompatibleChanges(released, readDefinitions(CURRENT))).to.eql([]);
  });
});
