// The cluster of the kubeconfig, as somebody at a terminal uses it: kubectl and the scripts of this repository.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const execute = promisify(execFile);

export interface Answer {
  code: number;
  output: string;
  /** Its output and its complaints. */
  said: string;
}

/** Runs a program of the repository, or of the PATH, with more variables in its environment. Never rejects. */
export async function attempt(
  program: string,
  words: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
): Promise<Answer> {
  const options = { cwd: ROOT, env: { ...process.env, ...more }, maxBuffer: 2 ** 26 };
  return execute(program.includes('/') ? ROOT + program : program, words, options).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout, said: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout = '', stderr = '', message } = error as Error & Partial<Record<string, string>>;
      return { code: Number(code) || 1, output: stdout, said: stdout + stderr || message };
    },
  );
}

/** The same for what has to succeed. Resolves with its output. */
export async function run(
  program: string,
  words: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { code, output, said } = await attempt(program, words, more);
  if (code !== 0) throw new Error(`${[program, ...words].join(' ')} ended with ${code}:\n${said}`);
  return output;
}

export const kubectl = (...words: string[]): Promise<string> => run('kubectl', words);

/** What kubectl gets, as JSON. */
export async function get(...words: string[]): Promise<any> {
  return JSON.parse(await kubectl('get', ...words, '--output', 'json'));
}

/** `kind/namespace/name` of everything in the namespace, and `kind/name` of everything of the cluster itself. */
export async function everything(namespace: string): Promise<string[]> {
  const list = async (isNamespaced: boolean): Promise<string[]> => {
    const resources = await kubectl(
      'api-resources',
      '--verbs=list',
      `--namespaced=${isNamespaced}`,
      '--output=name',
    );
    const names = resources.split('\n').filter((name) => name && !EPHEMERAL.test(name));
    const columns = 'kind:.kind,namespace:.metadata.namespace,name:.metadata.name';
    const table = [
      '--no-headers',
      '--ignore-not-found',
      '--namespace',
      namespace,
      '--output',
      `custom-columns=${columns}`,
    ];
    const rows = await kubectl('get', names.join(','), ...table);
    return rows
      .split('\n')
      .filter(Boolean)
      .map((row) =>
        row
          .split(/\s+/)
          .filter((cell) => cell !== '<none>')
          .join('/'),
      );
  };
  return [...(await list(true)), ...(await list(false))].sort();
}

/** What comes and goes by itself. */
const EPHEMERAL = /^(events|endpointslices|leases|componentstatuses|certificatesigningrequests|csinodes)\b/;
