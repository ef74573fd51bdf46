// The programs that these tests run: those of .local/bin, where hack/tools.sh puts them, or those on the PATH.
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const FOLDERS = [join(ROOT, '.local/bin'), ...(process.env.PATH ?? '').split(delimiter)];

/** The path of a program, or undefined where the machine has none. */
export function findTool(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs it in the repository. Returns what it printed; throws an error with what it complained of when it failed. */
export function runTool(
  name: string,
  args: readonly string[],
  options: Partial<ExecFileSyncOptionsWithStringEncoding> = {},
): string {
  return execFileSync(findTool(name) ?? name, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
}

/** What is wrong where one of the programs is missing. */
export function missingTool(...names: string[]): string | undefined {
  const missing = names.filter((name) => findTool(name) === undefined);
  if (missing.length === 0) return undefined;
  return `no ${missing.join(' and no ')} in .local/bin or on the PATH: \`make tools\` brings helm and kubeconform, kubectl comes with Kubernetes`;
}
