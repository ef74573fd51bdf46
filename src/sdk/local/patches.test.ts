import { expect } from 'chai';
import { ApiError } from './api-error.js';
import { METADATA_SCHEMA } from './metadata.js';
import { jsonPatch, mergePatch, strategicPatch } from './patches.js';

describe('JSON patch', () => {
  const cases: [name: string, patch: object[], result: object][] = [
    ['adds to a list', [{ op: 'add', path: '/list/1', value: 9 }], { list: [1, 9, 2], map: { 'a/b': 1 } }],
    ['adds at the end', [{ op: 'add', path: '/list/-', value: 3 }], { list: [1, 2, 3], map: { 'a/b': 1 } }],
    ['replaces', [{ op: 'replace', path: '/list/0', value: 5 }], { list: [5, 2], map: { 'a/b': 1 } }],
    ['removes', [{ op: 'remove', path: '/map/a~1b' }], { list: [1, 2], map: {} }],
    ['moves', [{ op: 'move', from: '/list/0', path: '/map/x' }], { list: [2], map: { 'a/b': 1, x: 1 } }],
    ['replaces all', [{ op: 'replace', path: '', value: { a: 1 } }], { a: 1 }],
  ];
  const document = { list: [1, 2], map: { 'a/b': 1 } };
  for (const [name, patch, result] of cases)
    it(name, () => expect(jsonPatch(document, patch)).to.deep.equal(result));

  const refused: object[] = [
    { op: 'test', path: '/list', value: [2, 1] },
    { op: 'replace', path: '/none', value: 1 },
    { op: 'remove', path: '/list/2' },
    { op: 'add', path: '/list/7', value: 1 },
    { op: 'add', path: '/none/x', value: 1 },
    { op: 'add', path: 'list', value: 1 },
    { op: 'wish', path: '/list' },
  ];
  for (const operation of refused)
    it(`refuses ${JSON.stringify(operation)}`, () =>
      expect(() => jsonPatch(document, [operation])).to.throw(ApiError));

  it('leaves the document as it was', () => {
    jsonPatch(document, [{ op: 'remove', path: '/list/0' }]);
    expect(document.list).to.deep.equal([1, 2]);
  });
});

describe('merge patch', () => {
  it('merges maps, removes by null and replaces the rest', () => {
    const patch = { a: null, b: { c: null, d: 1 }, list: [3] };
    expect(mergePatch({ a: 1, b: { c: 1, e: 2 }, list: [1, 2] }, patch)).to.deep.equal({
      b: { d: 1, e: 2 },
      list: [3],
    });
    expect(mergePatch('text', { a: { b: null } })).to.deep.equal({ a: {} });
  });
});

describe('strategic merge patch', () => {
  const owner = (uid: string, name: string) => ({ uid, name });

  it('merges lists by their keys', () => {
    const target = { ownerReferences: [owner('1', 'a'), owner('2', 'b')] };
    const patch = { ownerReferences: [owner('2', 'c'), { uid: '1', $patch: 'delete' }, owner('3', 'd')] };
    expect(strategicPatch(target, patch, METADATA_SCHEMA)).to.deep.equal({
      ownerReferences: [owner('2', 'c'), owner('3', 'd')],
    });
  });

  it('merges sets, deletes from them and replaces them', () => {
    const target = { finalizers: ['a', 'b'] };
    const apply = (patch: object) => strategicPatch(target, patch, METADATA_SCHEMA);
    expect(apply({ finalizers: ['b', 'c'] })).to.deep.equal({ finalizers: ['a', 'b', 'c'] });
    expect(apply({ '$deleteFromPrimitiveList/finalizers': ['a'] })).to.deep.equal({ finalizers: ['b'] });
    expect(apply({ $patch: 'replace', labels: { a: 'b' } })).to.deep.equal({ labels: { a: 'b' } });
  });
});
