// That the mutations still fit the sources: one that does not breaks nothing, and is noticed by nobody.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { MUTATIONS } from './mutations.js';

describe('the mutations', () => {
  for (const { name, file, edits } of MUTATIONS) {
    it(`fit the sources: ${name}`, () => {
      let text = readFileSync(file, 'utf8');
      for (const [search, replacement] of edits) {
        expect(text.split(search), search).to.have.length(2);
        text = text.replace(search, () => replacement);
      }
    });
  }
});
