import { expect } from 'chai';
import { blackOut } from './black-out.js';

describe('blackOut', () => {
  it('leaves nothing of a secret that begins with another one', () => {
    expect(blackOut('abc abcdef', ['abc', 'abcdef'])).to.equal('[redacted] [redacted]');
  });

  it('takes secrets for text, and the empty one for none', () => {
    expect(blackOut('a.c $& abc', ['a.c', ''])).to.equal('[redacted] $& abc');
  });
});
