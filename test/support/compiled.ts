// The sources and what of the tests they are started by, as JavaScript: for tests that start many a process, each of
// which would compile them again. Names and types are not checked.
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['src', 'test/support', 'test/chaos', 'test/etcd', 'test/docker'];
/** Where the program looks for them, and for its packages. */
const BESIDE = ['node_modules', 'crds', 'package.json'];

export interface Compiled {
  /** What became of a source, given by its path. */
  of(source: string): string;
  /** To be called when no process uses it any more. */
  remove(): void;
}

export function compile(): Compiled {
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-compiled-'));
  for (const name of BESIDE) symlinkSync(join(ROOT, name), join(directory, name));
  buildSync({
    entryPoints: FOLDERS.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .map((name) => join(ROOT, folder, name)),
    ),
    outdir: directory,
    outbase: ROOT,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
  return {
    of: (source) => join(directory, relative(ROOT, source).split(sep).join('/').replace(/\.ts$/, '.js')),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
