import { expect } from 'chai';
import { compileSchema } from './schema-check.js';

const DRAFTS = [
  'http://json-schema.org/draft-04/schema#',
  'http://json-schema.org/draft-06/schema#',
  'http://json-schema.org/draft-07/schema#',
  'https://json-schema.org/draft/2019-09/schema',
  'https://json-schema.org/draft/2020-12/schema',
];
const DRAFT_04 = DRAFTS[0]!;
const CANARY = 'canary-7f3a';

describe('the check by a JSON schema', () => {
  for (const $schema of DRAFTS) {
    it(`[68] works with ${$schema}`, () => {
      const check = compileSchema({
        $schema,
        type: 'object',
        properties: { a: { $ref: '#/definitions/a' } },
        definitions: { a: { type: 'integer' } },
        additionalProperties: false,
      });
      expect(check({ a: 1 })).to.eql([]);
      expect(check({ a: 'x' })).to.eql(['parameters.a must be integer']);
      expect(check({ b: 1 })).to.eql(['parameters.b is not a parameter of this plan']);
    });
  }

  // Each draft by its own rules: the same words mean different things, or nothing, in another.
  const RULES: [string, string, object, unknown, number][] = [
    ['draft-04 knows exclusiveMinimum as a flag', DRAFTS[0]!, { minimum: 1, exclusiveMinimum: true }, 1, 1],
    [
      'draft-04 does not know dependentRequired',
      DRAFTS[0]!,
      { dependentRequired: { a: ['b'] } },
      { a: 1 },
      0,
    ],
    ['draft-06 knows exclusiveMinimum as a bound', DRAFTS[1]!, { exclusiveMinimum: 1 }, 1, 1],
    ['draft-07 knows if, then and else', DRAFTS[2]!, { if: { minimum: 5 }, then: { maximum: 6 } }, 7, 2],
    ['2019-09 knows dependentRequired', DRAFTS[3]!, { dependentRequired: { a: ['b'] } }, { a: 1 }, 1],
    ['2020-12 knows prefixItems', DRAFTS[4]!, { prefixItems: [{ type: 'string' }] }, [1], 1],
    ['formats are checked', DRAFTS[2]!, { format: 'date-time' }, 'yesterday', 1],
  ];
  for (const [what, $schema, rules, value, faults] of RULES) {
    it(`[68] ${what}`, () => expect(compileSchema({ $schema, ...rules })(value)).to.have.length(faults));
  }

  for (const $schema of ['http://json-schema.org/draft-03/schema#', '', undefined]) {
    it(`refuses the draft ${JSON.stringify($schema)}, and names those that it knows`, () => {
      expect(() => compileSchema({ $schema })).to.throw(
        /is not known: use draft-04, draft-06, draft-07, 2019-09 or 2020-12/,
      );
    });
  }

  it('refuses what is no schema, or refers to what is not there', () => {
    for (const rules of [{ type: 'nonsense' }, { $ref: '#/definitions/none' }, { pattern: '(' }]) {
      expect(() => compileSchema({ $schema: DRAFT_04, ...rules }), JSON.stringify(rules)).to.throw();
    }
  });

  it('can be had many times, also for schemas of one id', () => {
    const schema = { $schema: DRAFTS[2], $id: 'https://example.com/a' };
    expect([compileSchema(schema), compileSchema(schema)].map((check) => check({}))).to.eql([[], []]);
  });

  const SENTENCES: [object, unknown, string[]][] = [
    [{ required: ['a', 'b'] }, {}, ['parameters.a is required', 'parameters.b is required']],
    [{ properties: { a: { required: ['b'] } } }, { a: {} }, ['parameters.a.b is required']],
    [{ properties: { a: { enum: ['x', 2] } } }, { a: 'y' }, ['parameters.a must be one of "x", 2']],
    [
      { properties: { a: { items: { type: 'string' } } } },
      { a: ['x', 1] },
      ['parameters.a.1 must be string'],
    ],
    [{ properties: { 'a/b~c': { type: 'string' } } }, { 'a/b~c': 1 }, ['parameters.a/b~c must be string']],
    [{ type: 'object' }, [], ['parameters must be object']],
  ];
  for (const [rules, value, sentences] of SENTENCES) {
    it(`says: ${sentences.join('; ')}`, () => {
      expect(compileSchema({ $schema: DRAFT_04, ...rules })(value)).to.eql(sentences);
    });
  }

  const RULES_FOR_STRINGS: object[] = [
    { type: 'integer' },
    { enum: ['a'] },
    { pattern: '^x' },
    { maxLength: 1 },
    { format: 'email' },
    { const: 'a' },
    { not: {} },
    { oneOf: [{ type: 'null' }, { maxLength: 2 }] },
    { anyOf: [{ enum: [1] }] },
  ];
  for (const rules of RULES_FOR_STRINGS) {
    it(`never quotes the value: ${JSON.stringify(rules)}`, () => {
      const check = compileSchema({ $schema: DRAFTS[2], properties: { a: rules, b: { items: rules } } });
      const sentences = check({ a: CANARY, b: [CANARY] });
      expect(sentences).to.have.length.at.least(2);
      expect(sentences.join()).to.not.include(CANARY);
    });
  }
});
