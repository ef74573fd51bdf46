// Makes every file that is derived from another: types, tables, the README's example. `--check` writes nothing and
// fails where a file is not what it would be.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { withBenchTables } from './bench-tables.js';
import { conformance } from './conformance.js';
import { generateTypes } from './gen-types.js';
import { withMetricsTable } from './metrics-table.js';
import { parameterTypes, parameterTypesFiles } from './parameter-types.js';
import { settingsTable } from './settings-table.js';
import { withSnippets } from './snippets.js';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const TARGETS: [path: string, make: () => string | Promise<string>][] = [
  ['src/sdk/resources/generated.ts', generateTypes],
  ['docs/settings.md', settingsTable],
  ['docs/conformance.md', conformance],
  ['README.md', () => withSnippets(read('README.md'), read)],
  ['docs/operations.md', () => withMetricsTable(read('docs/operations.md'))],
  ['docs/performance.md', () => withBenchTables(read('docs/performance.md'), read)],
  ['docs/backends/docker.md', () => withSnippets(read('docs/backends/docker.md'), read)],
  ['docs/writing-a-service.md', () => withSnippets(read('docs/writing-a-service.md'), read)],
  ...parameterTypesFiles().map((path): [string, () => Promise<string>] => [
    path,
    () => parameterTypes(read(path), read),
  ]),
  // A chart has its custom resource definitions in itself.
  ...readdirSync(new URL('crds/', root)).map((file): [string, () => string] => [
    `install/helm/brokersdk/crds/${file}`,
    () => read(`crds/${file}`),
  ]),
];

const check = process.argv.includes('--check');
const options = await resolveConfig(new URL('package.json', root));
const stale: string[] = [];
for (const [path, make] of TARGETS) {
  const text = await format(await make(), { ...options, filepath: path });
  if (!check) writeFileSync(new URL(path, root), text);
  else if (read(path) !== text) stale.push(path);
}
if (stale.length > 0) {
  console.error(`out of date: ${stale.join(', ')}. Run \`make generate\` and commit what it changes.`);
  process.exitCode = 1;
}
