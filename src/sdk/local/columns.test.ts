import { expect } from 'chai';
import { age, pathColumn } from './columns.js';

const now = new Date('2026-01-01T00:00:00Z');
const ago = (seconds: number) => age(new Date(now.getTime() - seconds * 1000).toISOString(), now);

describe('columns', () => {
  const ages: [seconds: number, text: string][] = [
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [200, '3m20s'],
    [3_599, '59m'],
    [3 * 3_600, '3h'],
    [3 * 3_600 + 240, '3h4m'],
    [47 * 3_600, '47h'],
    [50 * 3_600, '2d2h'],
    [30 * 86_400, '30d'],
    [3 * 365 * 86_400, '3y'],
  ];
  for (const [seconds, text] of ages)
    it(`shows ${seconds} seconds as ${text}`, () => expect(ago(seconds)).to.equal(text));

  it('shows an age that it does not know', () => expect(age(undefined, now)).to.equal('<unknown>'));

  it('leaves a cell empty whose value is missing or of another type', () => {
    const object = { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' }, spec: { n: 'text' } };
    const cell = (type: string, jsonPath: string) =>
      pathColumn({ name: 'C', type, jsonPath }).value(object, now);
    expect(cell('string', '.spec.none')).to.equal(null);
    expect(cell('integer', '.spec.n')).to.equal(null);
    expect(cell('string', '.spec.n')).to.equal('text');
    expect(cell('string', '.spec')).to.equal('{"n":"text"}');
  });
});
