import { expect } from 'chai';
import fc from 'fast-check';
import { isObjectName, objectName, offeringName } from './names.js';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const anyText = fc.string({ unit: 'binary', maxLength: 100 });
/** Near misses of legal names, where a careless mapping would let two ids meet. */
const nearlyLegal = fc.string({
  unit: fc.constantFrom('a', 'A', '-', '.', '0', 'é', 'é', '\0'),
  maxLength: 70,
});
const anyId = fc.oneof(anyText, nearlyLegal, anyText.map(objectName), fc.uuid());

describe('the name of an object', () => {
  for (const id of ['a', '0', 'cf-1', '3f9c6f3e-6a0c-4e0e-9a53-0e6f0f7f6d0c', 'x'.repeat(63)]) {
    it(`is the id itself where that is legal: ${id.slice(0, 20)}`, () => expect(objectName(id)).to.equal(id));
  }

  const ILLEGAL = ['', 'A', '-a', 'a-', 'a.b', 'a b', '../x', 'é', 'x'.repeat(64), 'a\n', 'id-', 'id-a'];
  for (const id of ILLEGAL) {
    it(`is a hash where the id is illegal or looks like a hash: ${JSON.stringify(id.slice(0, 20))}`, () => {
      expect(objectName(id)).to.match(/^id-[0-9a-f]{56}$/);
    });
  }

  it('of a hashed name is another one', () => {
    const name = objectName('A');
    expect(objectName(name)).to.not.equal(name);
  });

  it('is always a DNS label, and the same every time', () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(objectName(id)).to.match(DNS_LABEL);
        expect(objectName(id)).to.equal(objectName(id));
      }),
    );
  });

  it('is never shared by two ids', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyId, { maxLength: 20 }), (ids) => {
        expect(new Set(ids.map(objectName)).size).to.equal(ids.length);
      }),
    );
  });

  it('is told from what is none', () => {
    for (const id of ['web', 'A', 'a/b', '']) expect(isObjectName(objectName(id)), id).to.equal(true);
    for (const name of ['', 'A', 'a/b', 'a.b', '__proto__', 'a'.repeat(64)]) {
      expect(isObjectName(name), name).to.equal(false);
    }
  });

  it('does not change between versions of the broker', () => {
    expect(objectName('A')).to.equal('id-5cfe2cddbb9940fb4d8505e25ea77e763a0077693dbb01b1a6aa94f2');
  });
});

describe('the name of an offering', () => {
  const CASES: [string, RegExp][] = [
    ['redis', /^redis$/],
    ['Redis', /^redis$/],
    ['My.Redis 7!', /^my-redis-7$/],
    ['', /^id-[0-9a-f]{56}$/],
    ['---', /^id-[0-9a-f]{56}$/],
    ['数据库', /^id-[0-9a-f]{56}$/],
    ['x'.repeat(64), /^id-[0-9a-f]{56}$/],
  ];
  for (const [service, name] of CASES) {
    it(`is readable where it can be: ${service.slice(0, 20)}`, () => {
      expect(offeringName(service)).to.match(name);
    });
  }

  it('is always a DNS label', () => {
    fc.assert(
      fc.property(anyId, (name) => {
        expect(offeringName(name)).to.match(DNS_LABEL);
      }),
    );
  });
});
