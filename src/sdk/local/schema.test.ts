import { expect } from 'chai';
import { fillDefaults, prune, type Schema } from './schema.js';
import { validateBySchema } from './schema-validator.js';

const schema: Schema = {
  type: 'object',
  required: ['n'],
  properties: {
    n: { type: 'integer', minimum: 1, maximum: 5, default: 2 },
    text: { type: 'string', maxLength: 3, pattern: '^a+$' },
    nullable: { type: 'string', nullable: true },
    port: { 'x-kubernetes-int-or-string': true },
    above: { type: 'number', minimum: 0, exclusiveMinimum: true },
    time: { type: 'string', format: 'date-time' },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    list: {
      type: 'array',
      maxItems: 2,
      items: { type: 'object', required: ['y'], properties: { x: { type: 'string', default: 'd' }, y: {} } },
    },
    map: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

describe('schemas', () => {
  it('prune what they do not know and say where it was', () => {
    const value = { n: 1, odd: 1, free: { any: 1 }, list: [{ x: 'a', z: 1 }], map: { k: 'v' } };
    expect(prune(value, schema)).to.deep.equal(['odd', 'list[0].z']);
    expect(value).to.deep.equal({ n: 1, free: { any: 1 }, list: [{ x: 'a' }], map: { k: 'v' } });
  });

  it('fill in defaults, also for null, and keep nulls where they may be', () => {
    const value = { n: null, nullable: null, text: null, list: [{ y: 1 }], free: { x: null } };
    fillDefaults(value, schema);
    expect(value).to.deep.equal({ n: 2, nullable: null, list: [{ y: 1, x: 'd' }], free: { x: null } });
  });

  it('do not share their defaults between objects', () => {
    const shared: Schema = { type: 'object', properties: { a: { type: 'object', default: { b: [] } } } };
    const [one, two] = [{} as { a?: object }, {} as { a?: object }];
    for (const value of [one, two]) fillDefaults(value, shared);
    expect(one.a).to.deep.equal({ b: [] });
    expect(one.a).to.not.equal(two.a);
  });

  const cases: [value: object, field: string, text: string][] = [
    [{ n: 9 }, 'n', 'Invalid value: 9: n in body should be less than or equal to 5'],
    [{ n: 1.5 }, 'n', 'Invalid value: "number": n in body must be of type integer: "number"'],
    [{}, 'n', 'Required value'],
    [{ n: 1, text: 'aaaa' }, 'text', 'Invalid value: "aaaa": text in body should be at most 3 chars long'],
    [{ n: 1, text: 'b' }, 'text', `Invalid value: "b": text in body should match '^a+$'`],
    [
      { n: 1, port: true },
      'port',
      'Invalid value: "boolean": port in body must be of type integer,string: "boolean"',
    ],
    [{ n: 1, above: 0 }, 'above', 'Invalid value: 0: above in body should be greater than 0'],
    [{ n: 1, time: 'zz' }, 'time', 'Invalid value: "zz": time in body must be of type date-time: "zz"'],
    [{ n: 1, list: [{ y: 1 }, {}] }, 'list[1].y', 'Required value'],
    [
      { n: 1, list: [{ y: 1 }, { y: 1 }, { y: 1 }] },
      'list',
      'Invalid value: 3: list in body should have at most 2 items',
    ],
    [
      { n: 1, map: { k: 1 } },
      'map.k',
      'Invalid value: "integer": map.k in body must be of type string: "integer"',
    ],
  ];
  for (const [value, field, message] of cases)
    it(`refuse ${JSON.stringify(value)}`, () => {
      const [cause, ...more] = validateBySchema(value, schema);
      expect(cause).to.deep.include({ field, message });
      expect(more).to.deep.equal([]);
    });

  it('accept what fits', () => {
    const value = { n: 1, nullable: null, port: '80', above: 0.1, time: '2020-01-01T00:00:00Z' };
    expect(validateBySchema(value, schema)).to.deep.equal([]);
  });
});
