import { expect } from 'chai';
import { done, TerminalError, waiting } from './outcome.js';

describe('an outcome', () => {
  it('is done, with a result or without', () => {
    expect(done()).to.eql({ state: 'done', result: {} });
    expect(done({ credentials: { a: 1 } })).to.eql({ state: 'done', result: { credentials: { a: 1 } } });
  });

  it('is waiting, with a suggestion when to ask again or without', () => {
    expect(waiting('2 of 3')).to.eql({ state: 'waiting', text: '2 of 3' });
    expect(waiting('soon', { retryAfter: 0.5 })).to.eql({
      state: 'waiting',
      text: 'soon',
      retryAfterSeconds: 0.5,
    });
  });

  it('refuses a time that is none', () => {
    for (const retryAfter of [0, -1, NaN, Infinity]) {
      expect(() => waiting('soon', { retryAfter })).to.throw(RangeError, 'retryAfter must be');
    }
  });
});

describe('a terminal error', () => {
  it('carries what the platform may be told, and its cause', () => {
    const cause = new Error('inner');
    const error = new TerminalError('no', { instanceUsable: false, updateRepeatable: true, cause });
    expect(error).to.be.instanceOf(Error);
    expect(error).to.include({ message: 'no', instanceUsable: false, updateRepeatable: true, cause });
    expect(error.name).to.equal('TerminalError');
  });

  it('leaves open what the author does not say', () => {
    const error = new TerminalError('no');
    expect([error.instanceUsable, error.updateRepeatable]).to.eql([undefined, undefined]);
    expect('cause' in error).to.equal(false);
  });
});
