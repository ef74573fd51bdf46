// What a test needs of the machine that it runs on: programs, and ports.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Which of these programs is missing, with the remedy: each with a word that makes it end at once, and its package. */
export function missingProgram(
  programs: readonly (readonly [program: string, word: string, debianPackage: string])[],
): string | undefined {
  for (const [program, word, where] of programs) {
    try {
      execFileSync(program, [word], { stdio: 'ignore' });
    } catch {
      return `no ${program} on the PATH: Debian has it in the package ${where}`;
    }
  }
  return undefined;
}

/** Free a moment ago; another test may take one. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
