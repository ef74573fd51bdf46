import { expect } from 'chai';
import { withBenchTables } from './bench-tables.js';

const results = {
  machine: { processors: 2, node: 'v20.0.0', apiServer: 'embedded' },
  measurements: { idle: { title: 'An idle broker', rows: [{ seconds: 60, share: 0.12345 }] } },
};
const read = (path: string): string => {
  expect(path).to.equal('bench/results/some.json');
  return JSON.stringify(results);
};

describe('the tables of the benchmarks', () => {
  it('replace what stands between their marks, and nothing else', () => {
    const text = 'Before.\n<!-- bench: some/idle -->\nold\n<!-- end -->\nAfter.\n';
    const table = '| seconds | share |\n| ------- | ----- |\n| 60      | 0.123 |';
    expect(withBenchTables(text, read)).to.equal(
      `Before.\n<!-- bench: some/idle -->\n\nAn idle broker:\n\n${table}\n\n<!-- end -->\nAfter.\n`,
    );
  });

  it('say what was measured on', () => {
    const text = '<!-- bench: some/machine -->\n<!-- end -->';
    expect(withBenchTables(text, read)).to.include('2 processors, Node.js v20.0.0, the embedded API server.');
  });

  it('must exist', () => {
    const text = '<!-- bench: some/other -->\n<!-- end -->';
    expect(() => withBenchTables(text, read)).to.throw('there is no measurement other');
  });
});
