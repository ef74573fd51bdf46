import { expect } from 'chai';
import { compileJsonPath } from './json-path.js';

const document = {
  metadata: { name: 'a', annotations: { 'x.y/z': 'dotted' } },
  spec: { plans: [{ name: 'p' }, { name: 'q', free: true }] },
  status: {
    conditions: [
      { type: 'Failed', status: 'False' },
      { type: 'Ready', status: 'True' },
    ],
  },
};

describe('printer column paths', () => {
  const cases: [path: string, found: unknown[]][] = [
    ['.metadata.name', ['a']],
    ['metadata.name', ['a']],
    ['{.metadata.name}', ['a']],
    ['.spec.plans[*].name', ['p', 'q']],
    ['.spec.plans[1].name', ['q']],
    ['.spec.plans[?(@.free==true)].name', ['q']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type!='Ready')].status", ['False']],
    [".metadata.annotations['x.y/z']", ['dotted']],
    ['.metadata.annotations.x\\.y/z', ['dotted']],
    ['.nothing.at.all', []],
    ['.metadata.constructor', []],
  ];
  for (const [path, found] of cases)
    it(`finds ${path}`, () => expect(compileJsonPath(path)?.(document)).to.deep.equal(found));

  it('does not pretend to understand what it does not', () => {
    expect(compileJsonPath('.a[?(@.b>1)]')).to.equal(undefined);
    expect(compileJsonPath('.a[')).to.equal(undefined);
  });
});
