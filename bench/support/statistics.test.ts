import { expect } from 'chai';
import { median, percentile, spread } from './statistics.js';

describe('statistics', () => {
  it('finds the middle, of an even number between the two', () => {
    expect(median([5, 1, 3])).to.equal(3);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
    expect(() => median([])).to.throw('no values');
  });

  it('finds the value that a share stays below', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(values, 0.5)).to.equal(51);
    expect(percentile(values, 0.99)).to.equal(100);
    expect(percentile([7], 0.99)).to.equal(7);
    expect(() => percentile([], 0.5)).to.throw('no values');
  });

  it('says how far apart the values are', () => {
    expect(spread([0.8, 0.755, 0.91])).to.equal('0.76 to 0.91');
  });
});
