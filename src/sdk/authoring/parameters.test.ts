import { Type } from 'class-transformer';
import {
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { expect } from 'chai';
import { check, partial, schemaOf } from './parameters.js';

class Database {
  @IsString() @Length(1, 10) name!: string;
  @IsOptional() @IsInt() @Min(1) @Max(9) replicas = 1;
  @IsOptional() @IsIn(['small', 'large']) size?: string;
}
class Rule {
  @IsString() host!: string;
}
class Firewall {
  @ValidateNested() @Type(() => Rule) first!: Rule;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Rule) rules: Rule[] = [];
}
class Tree {
  @IsOptional() @ValidateNested({ each: true }) @Type(() => Tree) children?: Tree[];
}
class Inherited extends Database {}
class Undecorated {
  a = 1;
}

describe('the schema of a parameters class', () => {
  it('is of draft 4, with required and optional fields, and refuses what is unknown', () => {
    expect(schemaOf(Database)).to.eql({
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 10 },
        replicas: { type: 'integer', minimum: 1, maximum: 9 },
        size: { type: 'string', enum: ['small', 'large'] },
      },
      required: ['name'],
      additionalProperties: false,
    });
  });

  it('is JSON, so that what is stored and what is defined compare as equal', () => {
    for (const target of [Database, Firewall]) {
      expect(JSON.parse(JSON.stringify(schemaOf(target)))).to.deep.equal(schemaOf(target));
    }
  });

  it('refers to nothing outside itself', () => {
    const json = JSON.stringify(schemaOf(Firewall));
    for (const [, reference] of json.matchAll(/"\$ref":"([^"]*)"/g)) {
      expect(reference).to.match(/^#\/definitions\//);
      expect(schemaOf(Firewall).definitions).to.have.property(reference!.slice('#/definitions/'.length));
    }
  });

  it('has nested classes as definitions, which refuse what is unknown too', () => {
    const { properties, definitions } = schemaOf(Firewall);
    const $ref = '#/definitions/Rule';
    expect(properties).to.eql({ first: { $ref }, rules: { type: 'array', items: { $ref } } });
    expect(definitions).to.eql({
      Rule: {
        type: 'object',
        properties: { host: { type: 'string' } },
        required: ['host'],
        additionalProperties: false,
      },
    });
  });

  it('may be of a class that nests itself', () => {
    expect(schemaOf(Tree).definitions).to.have.all.keys('Tree');
  });

  it('is of this very class, whatever others have its name', () => {
    const one = (() => {
      class Parameters {
        @IsString() a!: string;
      }
      return Parameters;
    })();
    const other = (() => {
      class Parameters {
        @IsInt() b!: number;
      }
      return Parameters;
    })();
    expect(schemaOf(one).properties).to.eql({ a: { type: 'string' } });
    expect(schemaOf(other).properties).to.eql({ b: { type: 'integer' } });
  });

  it('may be inherited as a whole', () => {
    expect(schemaOf(Inherited)).to.eql(schemaOf(Database));
  });

  it('is not to be had of a class without decorators', () => {
    expect(() => schemaOf(Undecorated)).to.throw(
      /^Undecorated has no class-validator decorators: give each field/,
    );
  });

  it('of an update requires nothing', () => {
    const { required: _, ...rest } = schemaOf(Database);
    expect(partial(schemaOf(Database))).to.eql(rest);
  });
});

describe('the check by a parameters class', () => {
  it('gives an object of the class, defaults filled in', () => {
    const { value, problems } = check(Database, { name: 'a' });
    expect(problems).to.eql([]);
    expect(value).to.be.instanceOf(Database);
    expect(value).to.include({ name: 'a', replicas: 1 });
  });

  it('gives objects of the nested classes too', () => {
    const { value } = check(Firewall, { first: { host: 'a' }, rules: [{ host: 'b' }] });
    expect(value?.rules[0]).to.be.instanceOf(Rule);
  });

  const WRONG: [string, () => { problems: string[]; value?: unknown }, string[]][] = [
    ['a missing field', () => check(Database, {}), ['name must be longer than', 'name must be a string']],
    [
      'a wrong type',
      () => check(Database, { name: 'a', replicas: 'x' }),
      ['replicas must', 'replicas must', 'replicas must'],
    ],
    [
      'a value out of range',
      () => check(Database, { name: 'a', replicas: 10 }),
      ['replicas must not be greater than 9'],
    ],
    ['a word not in the list', () => check(Database, { name: 'a', size: 'x' }), ['size must be one of']],
    [
      'a nested field',
      () => check(Firewall, { first: { host: 1 }, rules: [{ host: 'a' }, { host: 2 }] }),
      ['first.host must be a string', 'rules.1.host must be a string'],
    ],
    [
      'a field that cannot be',
      () => check(Database, { name: 'a', extra: { constructor: 'x' } }),
      ['a field has a name'],
    ],
  ];
  for (const [what, run, beginnings] of WRONG) {
    it(`says with its path what is wrong with ${what}`, () => {
      const { problems, value } = run();
      expect(value).to.equal(undefined);
      expect(problems.map((text, index) => text.slice(0, beginnings[index]?.length))).to.have.members(
        beginnings,
      );
    });
  }

  it('never quotes a value, which may be secret', () => {
    const { problems } = check(Database, { name: 'canary'.repeat(9), replicas: 'canary', size: 'canary' });
    expect(problems).to.have.length.above(2);
    expect(problems.join()).to.not.include('canary');
  });

  it('does not pass a class without decorators', () => {
    expect(check(Undecorated, { a: 2 }).problems).to.have.length(1);
  });
});
