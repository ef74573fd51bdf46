// Breaks a copy of the sources in one way after the other, lets the simulator loose on each, and says which it caught.
// MUTATION=text takes those alone whose name has the text in it; SIM_SCHEDULES says how many seeds are tried on each.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mutation, MUTATIONS } from './mutations.js';

const { MUTATION = '', SIM_SCHEDULES = '1000' } = process.env;

interface Outcome {
  schedules: number;
  seed?: number;
  invariant?: string;
}

function copySources(): string {
  const root = mkdtempSync(join(tmpdir(), 'mutations-'));
  for (const name of ['src', 'crds', 'package.json', 'tsconfig.json', 'test/simulator', 'test/support'])
    cpSync(name, join(root, name), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  return root;
}

function mutated(text: string, { name, edits }: Mutation): string {
  return edits.reduce((before, [search, replacement]) => {
    if (before.split(search).length !== 2)
      throw new Error(`"${name}" does not fit the source any more: ${search}`);
    return before.replace(search, () => replacement);
  }, text);
}

/** In a process of its own, which a mutation may break altogether. */
function tryOut(root: string): Outcome {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 1_800_000 } as const;
  const args = ['--import', 'tsx', 'test/simulator/hunter.ts'];
  try {
    return JSON.parse(
      execFileSync(process.execPath, args, { ...options, env: { ...process.env, SIM_SCHEDULES } }),
    ) as Outcome;
  } catch (error) {
    return { schedules: 0, invariant: `it does not even run: ${(error as Error).message.slice(0, 200)}` };
  }
}

const root = copySources();
const rows: string[] = [];
let missed = 0;
try {
  for (const mutation of MUTATIONS.filter(({ name }) => name.includes(MUTATION))) {
    const path = join(root, mutation.file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, mutated(original, mutation));
    const { invariant, schedules } = tryOut(root);
    writeFileSync(path, original);
    if (invariant === undefined && !mutation.harmless) missed++;
    const verdict = invariant ?? (mutation.harmless ? `harmless: ${mutation.harmless}` : 'MISSED');
    rows.push(`| ${mutation.name} | ${verdict} | ${schedules} |`);
    console.log(rows.at(-1));
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(`${rows.length} mutations, ${missed} missed`);
process.exitCode = missed > 0 ? 1 : 0;
