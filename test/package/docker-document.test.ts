// docs/backends/docker.md says what there is: each setting of a plan and of the agent, and tests that are there.
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { getMetadataStorage } from 'class-validator';
import {
  CONFIG_FILE,
  flagOf,
  isSecret,
  keyOf,
  NAMES,
  SETTINGS,
  variableOf,
} from '../../src/agent/settings.js';
import { DockerSettings } from '../../src/backends/docker/settings.js';

const ROOT = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/backends/docker.md', ROOT), 'utf8');

/** The cells of each row of the table that begins with this column. */
function table(column: string): string[][] {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith('|') && cellsOf(line)[0] === column);
  expect(head, column).to.be.at.least(0);
  const rows = lines.slice(head + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? undefined : end).map(cellsOf);
}

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));

describe('docs/backends/docker.md', () => {
  it('has every setting of a plan', () => {
    const metadata = getMetadataStorage().getTargetValidationMetadatas(DockerSettings, '', false, false);
    const names = [...new Set(metadata.map(({ propertyName }) => propertyName))];
    expect(table('Setting').map(([name]) => name)).to.have.members(names);
  });

  it('has every setting of the agent, with its flag, variable, key and default', () => {
    const inFile = (name: (typeof NAMES)[number]): boolean =>
      !['brokers', 'brokerUser', 'brokerPassword'].includes(name);
    const rows = table('Flag').map(([flag, variable, key = '', fallback]) => [
      flag,
      variable,
      keyOf(key),
      fallback,
    ]);
    expect(rows).to.have.deep.members([
      [`--${CONFIG_FILE.flag}`, CONFIG_FILE.variable, '', ''],
      ...NAMES.map((name) => {
        const setting = SETTINGS[name];
        return [
          isSecret(name) ? '' : `--${flagOf(name)}`,
          variableOf(name),
          inFile(name) ? keyOf(flagOf(name)) : '',
          'fallback' in setting ? String(setting.fallback) : '',
        ];
      }),
    ]);
  });

  it('names tests that are there', () => {
    const tests = table('There').flatMap(([, , test]) => (test ? [test] : []));
    expect(tests).not.to.be.empty;
    expect(tests.filter((test) => !existsSync(new URL(test, ROOT)))).to.deep.equal([]);
  });

  it('leads to files that are there', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path);
    expect(links).to.include('../../install/samples/docker.yaml');
    const base = new URL('docs/backends/', ROOT);
    expect(links.filter((path) => !existsSync(new URL(path, base)))).to.deep.equal([]);
  });

  it('shows the hook of the image of Redis as it is', () => {
    expect(text).to.include(readFileSync(new URL('images/redis/bind.sh', ROOT), 'utf8'));
  });
});
