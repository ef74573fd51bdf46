import { expect } from 'chai';
import { differences } from './differences.js';

describe('differences', () => {
  it('names the paths of fields that are another, missing or too many', () => {
    const one = { spec: { size: 1, ports: [{ port: 80 }, { port: 81 }], old: true } };
    const other = { spec: { size: 2, ports: [{ port: 80 }, { port: 82 }], new: true } };
    expect(differences(one, other)).to.deep.equal([
      'spec.size',
      'spec.ports[1].port',
      'spec.old',
      'spec.new',
    ]);
  });

  it('tells a list of another length by its own path, and quotes names that are no words', () => {
    const labels = (value: string) => ({ metadata: { labels: { 'example.org/a': value, 'b-c': '1' } } });
    expect(differences(labels('1'), labels('2'))).to.deep.equal(['metadata.labels["example.org/a"]']);
    expect(differences({ list: [1] }, { list: [1, 2] })).to.deep.equal(['list']);
    expect(differences({ a: null }, { a: {} })).to.deep.equal(['a']);
  });

  it('passes over what the API server and controllers write by themselves, and nothing else of that name', () => {
    const metadata = { uid: '1', resourceVersion: '1', generation: 1, creationTimestamp: 'x' };
    expect(differences({ metadata, status: 1 }, { metadata: {}, status: 2 })).to.deep.equal([]);
    expect(differences({ spec: { status: 1 } }, { spec: { status: 2 } })).to.deep.equal(['spec.status']);
  });

  it('never tells a value', () => {
    expect(differences({ data: { key: 'hunter2' } }, { data: { key: 'hunter3' } }).join()).to.equal(
      'data.key',
    );
  });
});
