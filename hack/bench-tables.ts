// The figures of docs/performance.md are those of bench/results/*.json: between `<!-- bench: FILE/NAME -->` and
// `<!-- end -->` stands the table of one measurement, and under the name `machine` a line about what it ran on.
import { markdownTable, type Results } from '../bench/support/report.js';

const TABLE = /(<!-- bench: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g;

export function withBenchTables(text: string, read: (path: string) => string): string {
  return text.replace(TABLE, (_, begin: string, what: string, end: string) => {
    const [file, name = ''] = what.split('/');
    const results = JSON.parse(read(`bench/results/${file}.json`)) as Results;
    return `${begin}\n${name === 'machine' ? machine(results) : table(results, name)}\n\n${end}`;
  });
}

function machine({ machine: { processors, node, apiServer } }: Results): string {
  const server = apiServer === 'embedded' ? 'the embedded API server' : `${apiServer}, on the same machine`;
  return `${processors} processors, Node.js ${node}, ${server}.`;
}

function table({ measurements }: Results, name: string): string {
  const measured = measurements[name];
  if (!measured) throw new Error(`there is no measurement ${name}`);
  return `${measured.title}:\n\n${markdownTable(measured.rows)}`;
}
