// Runs a command in a container that runs, without a shell, by the engine's exec API.
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { environmentOf } from './container-spec.js';
import { ExecOutput } from './exec-output.js';

export interface ExecResult {
  readonly exitCode: number;
  /** What is beyond 1 MiB is left out, of both. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Of a command that closed its output, and goes on. */
const ENDED_POLL_MS = 100;

/** What runc, crun and shells end with when a program cannot be started; programs may end with them, too. */
const MAY_BE_MISSING = [126, 127];
const NOT_STARTED = /^OCI runtime exec failed: /;

/** Resolves when the command has ended: with 'missing' where there is no such file. Rejects when the signal fires. */
export async function runExec(
  container: Docker.Container,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  abortSignal: AbortSignal,
): Promise<ExecResult | 'missing'> {
  const exec = await container.exec({
    Cmd: [...command],
    Env: environmentOf(env),
    AttachStdout: true,
    AttachStderr: true,
    abortSignal,
  });
  const output = new ExecOutput();
  const stream = await exec.start({ hijack: false, stdin: false, abortSignal });
  for await (const chunk of stream) output.push(chunk as Buffer);
  const exitCode = await exitCodeOf(exec, abortSignal);
  if (MAY_BE_MISSING.includes(exitCode) && !(await hasFile(container, command[0]!, abortSignal))) {
    return 'missing';
  }
  const { stdout, stderr } = output;
  // The engine says on standard output why it could not start a command.
  return NOT_STARTED.test(stdout) ? { exitCode, stdout: '', stderr: stdout } : { exitCode, stdout, stderr };
}

async function exitCodeOf(exec: Docker.Exec, abortSignal: AbortSignal): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await exec.inspect({ abortSignal });
    if (!Running && ExitCode !== null) return ExitCode;
    await delay(ENDED_POLL_MS, undefined, { signal: abortSignal });
  }
}

async function hasFile(
  container: Docker.Container,
  path: string,
  abortSignal: AbortSignal,
): Promise<boolean> {
  try {
    const answer = (await container.infoArchive({ path, abortSignal })) as NodeJS.ReadableStream;
    answer.resume();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}
