// Tiny images for a Docker engine of a test: Debian's static busybox, and what a test puts beside it.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';

const BUSYBOX = '/bin/busybox';
/** The first process of a container heeds no signal that it has no handler for: this one ends when it is told to. */
const FIRST_PROCESS = ['#!/bin/sh', "trap 'exit 143' TERM", '"$@" &', 'wait $!', ''].join('\n');
const ENTRYPOINT = 'ENTRYPOINT ["/bin/first-process"]';
const DIRECTORIES = ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'var'];

/** What is missing on this machine for them, with the remedy. */
export function missingBusybox(): string | undefined {
  try {
    execFileSync(BUSYBOX, ['--list'], { stdio: 'ignore' });
  } catch {
    return `no ${BUSYBOX}: Debian has it in the package busybox-static`;
  }
  return isStatic(BUSYBOX)
    ? undefined
    : `${BUSYBOX} needs libraries: Debian has one that does not in the package busybox-static`;
}

function isStatic(program: string): boolean {
  try {
    execFileSync('ldd', [program], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
}

/**
 * An image with all programs of busybox in `/bin`, and with these executable files by their paths. `changes` are lines of a
 * Dockerfile, as `EXPOSE 8000` or `CMD ["/bin/httpd", "-f"]`.
 */
export async function importImage(
  docker: Docker,
  tag: string,
  files: Readonly<Record<string, string>>,
  changes: readonly string[],
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    fill(root, files);
    const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [repo, version = 'latest'] = tag.split(':');
    const progress = await docker.importImage(tar.stdout, {
      repo,
      tag: version,
      changes: [ENTRYPOINT, ...changes],
    });
    for await (const line of progress) failOn(String(line));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function fill(root: string, files: Readonly<Record<string, string>>): void {
  chmodSync(root, 0o755);
  for (const name of DIRECTORIES) mkdirSync(join(root, name));
  copyFileSync(BUSYBOX, join(root, 'bin/busybox'));
  const programs = execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const name of programs.filter((each) => each !== 'busybox'))
    symlinkSync('busybox', join(root, 'bin', name));
  for (const [path, content] of Object.entries({ '/bin/first-process': FIRST_PROCESS, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode: 0o755 });
  }
}

function failOn(line: string): void {
  if (line.includes('"error"')) throw new Error(line.trim());
}
