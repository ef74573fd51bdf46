import { expect } from 'chai';
import { ApiError } from './api-error.js';
import { applyConfig } from './apply.js';
import { fromFieldsV1, toFieldsV1 } from './field-set.js';
import { METADATA_SCHEMA } from './metadata.js';
import type { ApiObject, JsonObject } from './objects.js';
import type { Schema } from './schema.js';

const schema: Schema = {
  type: 'object',
  properties: {
    metadata: METADATA_SCHEMA,
    spec: {
      type: 'object',
      properties: {
        map: { type: 'object', additionalProperties: { type: 'string' } },
        atomic: { type: 'array', items: { type: 'string' } },
        set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['key'],
          items: { type: 'object', properties: { key: { type: 'string' }, value: { type: 'string' } } },
        },
      },
    },
  },
};

function apply(live: ApiObject | undefined, name: string, spec: JsonObject, force = false): ApiObject {
  const config = { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' }, spec };
  return applyConfig(live, { config, manager: { name, operation: 'Apply', subresource: '' }, force, schema });
}

describe('server-side apply', () => {
  it('removes what a manager no longer applies and nobody else does', () => {
    const first = apply(undefined, 'one', { map: { a: '1', b: '2' } });
    const second = apply(first, 'two', { map: { b: '2', c: '3' } });
    const third = apply(second, 'one', { map: {} });
    expect(third['spec']).to.deep.equal({ map: { b: '2', c: '3' } });
  });

  it('removes a map with its last field', () => {
    const first = apply(undefined, 'one', { map: { a: '1' }, atomic: ['x'] });
    expect(apply(first, 'one', { atomic: ['x'] })['spec']).to.deep.equal({ atomic: ['x'] });
  });

  it('merges items by key and sets by value, and replaces atomic lists', () => {
    const item = (key: string, value: string) => ({ key, value });
    const first = apply(undefined, 'one', { items: [item('a', '1')], set: ['x'] });
    const second = apply(first, 'two', { items: [item('b', '2')], set: ['y'], atomic: ['m'] });
    expect(second['spec']).to.deep.equal({
      items: [item('a', '1'), item('b', '2')],
      set: ['x', 'y'],
      atomic: ['m'],
    });
    const third = apply(second, 'two', { atomic: ['n', 'o'] });
    expect(third['spec']).to.deep.equal({ items: [item('a', '1')], set: ['x'], atomic: ['n', 'o'] });
  });

  it('refuses to override another manager unless it is forced', () => {
    const first = apply(undefined, 'one', { map: { a: '1' } });
    expect(() => apply(first, 'two', { map: { a: '2' } }))
      .to.throw(ApiError)
      .with.nested.property('body.details.causes[0].field', '.spec.map.a');
    const forced = apply(first, 'two', { map: { a: '2' } }, true);
    expect(forced['spec']).to.deep.equal({ map: { a: '2' } });
    expect(apply(forced, 'one', {})['spec']).to.deep.equal({ map: { a: '2' } });
  });

  it('shares a field that two managers want the same', () => {
    const first = apply(undefined, 'one', { map: { a: '1' } });
    const second = apply(first, 'two', { map: { a: '1' } });
    expect(apply(second, 'one', {})['spec']).to.deep.equal({ map: { a: '1' } });
  });
});

describe('field sets', () => {
  it('are read as they are written', () => {
    const fields = {
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
      'f:spec': { 'k:{"type":"Ready"}': { '.': {}, 'f:status': {} }, 'v:"x"': {} },
    };
    expect(toFieldsV1(fromFieldsV1(fields))).to.deep.equal(fields);
  });
});
