import { expect } from 'chai';
import { Patience } from './patience.js';

describe('patience', () => {
  it('is over after its time, counted from when it was first needed in an operation', () => {
    let now = 0;
    const patience = new Patience(() => now);
    const isOver = (operation = 'one') => patience.isOver('i', operation, 60);
    expect(isOver()).to.equal(false);
    now = 59_999;
    expect(isOver()).to.equal(false);
    now = 60_000;
    expect(isOver()).to.equal(true);
    expect(isOver('two')).to.equal(false);
    now = 120_000;
    expect(isOver('two')).to.equal(true);
    patience.forget('i');
    expect(isOver('two')).to.equal(false);
  });

  it('may be none', () => {
    expect(new Patience(() => 7).isOver('i', 'one', 0)).to.equal(true);
  });
});
