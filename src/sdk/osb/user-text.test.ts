import { expect } from 'chai';
import { userText } from './user-text.js';

describe('texts for users', () => {
  it('[35] stay as they are up to 255 characters', () => {
    for (const text of ['', 'x', 'x'.repeat(255), '\u{1f469}'.repeat(255)]) {
      expect(userText(text)).to.equal(text);
    }
  });

  it('[35] end with an ellipsis beyond that, and with whole characters', () => {
    expect(userText('x'.repeat(256))).to.equal(`${'x'.repeat(254)}…`);
    expect(userText('\u{1f469}'.repeat(1000))).to.equal(`${'\u{1f469}'.repeat(254)}…`);
  });
});
