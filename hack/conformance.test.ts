import { expect } from 'chai';
import { CONFORMANCE_ITEMS } from '../test/conformance/items.js';
import { claimsOf, conformance, conformanceProblems, parseTitle, readClaims } from './conformance.js';

describe('the conformance table', () => {
  it('has the 193 items, in order, each with words of its own', () => {
    expect(CONFORMANCE_ITEMS.map(({ number }) => number)).to.deep.equal(
      Array.from({ length: 193 }, (_, index) => index + 1),
    );
    expect(CONFORMANCE_ITEMS.filter(({ section }) => section === '')).to.deep.equal([]);
  });

  it('finds a contract test for every item that binds the broker, and no title that claims what is no item', () => {
    expect(conformanceProblems(readClaims())).to.deep.equal([]);
  });

  it('names every item and every test in the document', async () => {
    const text = await conformance();
    for (const { number } of CONFORMANCE_ITEMS) expect(text).to.include(`\n**${number}** (`);
    for (const { file } of readClaims()) expect(text).to.include(`\`${file}\``);
  });

  describe('reads titles', () => {
    it('with one number, several, and several groups', () => {
      expect(parseTitle('[91] repeats')).to.deep.equal({ items: [91], text: 'repeats' });
      expect(parseTitle('[91, 96] repeats')).to.deep.equal({ items: [91, 96], text: 'repeats' });
      expect(parseTitle('[36] [37] refuses')).to.deep.equal({ items: [36, 37], text: 'refuses' });
      expect(parseTitle('refuses [36] times')).to.deep.equal({ items: [], text: 'refuses [36] times' });
    });

    it('of tests that run, in any kind of literal', () => {
      const source = [
        "it('[1] one', () => {});",
        'it("[2] two", async () => {});',
        'for (const x of y) it(`[3, 4] three ${x} times`, () => {});',
        "describe('[5] five', () => { it('[6] six', () => {}); });",
        "it.skip('[7] seven', () => {});",
        "// it('[8] eight')",
      ].join('\n');
      expect(claimsOf('x.test.ts', source)).to.deep.equal([
        { file: 'x.test.ts', title: 'one', items: [1] },
        { file: 'x.test.ts', title: 'two', items: [2] },
        { file: 'x.test.ts', title: 'three … times', items: [3, 4] },
        { file: 'x.test.ts', title: 'six', items: [6] },
      ]);
    });
  });

  it('complains of items without a contract test, and of numbers that are none', () => {
    const everything = CONFORMANCE_ITEMS.map(({ number }) => number);
    const all = { file: 'test/contract/x.test.ts', title: 'x', items: everything };
    expect(conformanceProblems([all])).to.deep.equal([]);
    expect(conformanceProblems([{ ...all, items: everything.filter((item) => item !== 91) }])).to.have.length(
      1,
    );
    expect(conformanceProblems([{ ...all, file: 'src/x.test.ts' }])).to.have.length(
      CONFORMANCE_ITEMS.filter(({ binds }) => binds !== 'P').length,
    );
    expect(conformanceProblems([{ ...all, items: [...everything, 194] }])[0]).to.include('194');
  });
});
