// A clone of this checkout as it stands, with what is not committed yet, in a directory of its own.
import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const execute = promisify(execFile);

export interface Answer {
  code: number;
  /** What it said, on both channels. */
  said: string;
}

export interface Clone {
  readonly directory: string;
  /** Runs a program in the clone; throws what it said when it fails. Resolves with its output. */
  run: (program: string, ...words: string[]) => Promise<string>;
  /** The same for one that may fail. */
  attempt: (program: string, ...words: string[]) => Promise<Answer>;
  commit: () => Promise<void>;
  remove: () => void;
}

// The clone has neither the cluster, the coverage nor the make of whoever runs the tests; and it has a user for commits.
const env = {
  ...process.env,
  ...{ KUBECONFIG: undefined, TEST_CLUSTER: undefined, NODE_V8_COVERAGE: undefined, MAKEFLAGS: undefined },
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@example.org',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@example.org',
};

/** `shared` dependencies are a link to those of this checkout, which `npm ci` would remove; without, there are none. */
export async function makeClone(dependencies?: 'shared'): Promise<Clone> {
  const directory = mkdtempSync(join(tmpdir(), 'clone-'));
  const attempt = async (program: string, ...words: string[]): Promise<Answer> => {
    const options = { cwd: directory, env, maxBuffer: 2 ** 26 };
    return execute(program, words, options).then(
      ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
      (error: unknown) => {
        const { code, stdout, stderr, message } = error as Record<string, string>;
        return Number.isInteger(code)
          ? { code: Number(code), said: `${stdout}${stderr}` }
          : { code: -1, said: message! };
      },
    );
  };
  const run = async (program: string, ...words: string[]): Promise<string> => {
    const { code, said } = await attempt(program, ...words);
    if (code !== 0) throw new Error(`${[program, ...words].join(' ')} failed:\n${said.slice(-10_000)}`);
    return said;
  };
  const commit = async (): Promise<void> => {
    await run('git', 'add', '--all');
    await run('git', 'commit', '--quiet', '--allow-empty', '--message', 'a state of the test');
  };

  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await execute('git', listed, { cwd: ROOT, maxBuffer: 2 ** 26 });
  for (const path of stdout.split('\0').filter((each) => each && existsSync(join(ROOT, each)))) {
    cpSync(join(ROOT, path), join(directory, path));
  }
  await run('git', 'init', '--quiet');
  if (dependencies) {
    appendFileSync(join(directory, '.git', 'info', 'exclude'), 'node_modules\n');
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  }
  await commit();
  return { directory, run, attempt, commit, remove: () => rmSync(directory, { recursive: true }) };
}
