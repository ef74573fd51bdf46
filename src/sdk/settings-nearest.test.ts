import { expect } from 'chai';
import * as fc from 'fast-check';
import { editDistance, suggestion } from './settings-nearest.js';

const word = fc.string({ maxLength: 8 });

describe('the nearest name', () => {
  it('is suggested for a typing error, and nothing for what is no such', () => {
    const names = ['port', 'host', 'log-level'];
    expect(suggestion('prot', names, '--')).to.equal('; did you mean "--port"?');
    expect(suggestion('LOG_LEVEL', names)).to.equal('; did you mean "log-level"?');
    expect(suggestion('namespace', names)).to.equal('');
    expect(suggestion('', names)).to.equal('');
  });

  it('is measured by what is changed', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).to.equal(editDistance(b, a));
        expect(editDistance(a, b) === 0).to.equal(a === b);
        expect(editDistance(a, b)).to.be.within(Math.abs(a.length - b.length), Math.max(a.length, b.length));
      }),
    );
  });

  it('is one change away for a letter too many, and for two that are swapped', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 1 }), { minLength: 2 }), (letters) => {
        const [first, second, ...rest] = letters;
        const name = letters.join('');
        expect(editDistance(`${name}!`, name)).to.equal(1);
        expect(editDistance([second, first, ...rest].join(''), name)).to.equal(1);
      }),
    );
  });
});
