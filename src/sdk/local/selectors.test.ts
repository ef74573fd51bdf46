import { expect } from 'chai';
import { ApiError } from './api-error.js';
import { labelSelector } from './selectors.js';

const matches = (selector: string, labels: Record<string, string>) =>
  labelSelector(selector)!({ apiVersion: 'v1', kind: 'X', metadata: { name: 'a', labels } });

describe('label selectors', () => {
  const cases: [selector: string, labels: Record<string, string>, matches: boolean][] = [
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a = b , c=d', { a: 'b', c: 'd' }, true],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['x.y/a in (b, c)', { 'x.y/a': 'c' }, true],
    ['a in (b,c),d', { a: 'b' }, false],
    ['a notin (b)', {}, true],
    ['a notin (b)', { a: 'b' }, false],
    ['!a', { a: '' }, false],
    ['a', { a: '' }, true],
    ['a=', { a: '' }, true],
    ['n>3', { n: '4' }, true],
    ['n<3', {}, false],
  ];
  for (const [selector, labels, wanted] of cases)
    it(`${selector} and ${JSON.stringify(labels)}`, () => expect(matches(selector, labels)).to.equal(wanted));

  it('selects everything when it is empty', () => expect(labelSelector(' ')).to.equal(undefined));

  for (const selector of ['a in', 'a in (b', '=b', 'a b', 'a=b,,c'])
    it(`refuses ${selector}`, () => expect(() => labelSelector(selector)).to.throw(ApiError));
});
