// What a Docker engine of a test leaves behind when it is killed, and how that is cleared away: processes, mounts, a bridge.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  pid: number;
  parent: number;
  command: string;
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): Process[] => {
      try {
        const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))!;
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ pid: Number(name), parent: Number(parent), command }];
      } catch {
        return []; // ended meanwhile
      }
    });
}

/** Kills all processes that have one of the words in their command line, and all that descend from them. */
export function killAll(words: readonly string[]): void {
  const all = processes();
  const doomed = all.filter(
    ({ command, pid }) => pid !== process.pid && words.some((word) => command.includes(word)),
  );
  for (const { pid } of doomed) doomed.push(...all.filter(({ parent }) => parent === pid));
  for (const { pid } of doomed) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function unmountBelow(directory: string): void {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${directory}/`));
  for (const point of points.reverse()) execFileSync('umount', ['--lazy', point]);
}

export interface Bridge {
  name: string;
  /** The first three numbers of its addresses: `172.29.7`. */
  subnet: string;
}

const MAX_BRIDGES = 250;

const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8', stdio: 'pipe' });

/** One that nobody else on this machine has: who makes it has its subnet. */
export function addBridge(): Bridge {
  const taken = ip('-o', '-4', 'addr');
  const first = Math.floor(Math.random() * MAX_BRIDGES);
  for (let index = 0; index < MAX_BRIDGES; index++) {
    const number = ((first + index) % MAX_BRIDGES) + 1;
    const bridge = { name: `brokertest${number}`, subnet: `172.29.${number}` };
    if (taken.includes(` ${bridge.subnet}.`) || !isAdded(bridge.name)) continue;
    ip('addr', 'add', `${bridge.subnet}.1/24`, 'dev', bridge.name);
    ip('link', 'set', bridge.name, 'up');
    return bridge;
  }
  throw new Error(
    'no bridge and no subnet is left below 172.29: delete those named brokertest… that no test uses',
  );
}

function isAdded(name: string): boolean {
  try {
    ip('link', 'add', 'name', name, 'type', 'bridge');
    return true;
  } catch (error) {
    if (/File exists/.test((error as Error).message)) return false;
    throw error;
  }
}

export const deleteBridge = ({ name }: Bridge): void => void ip('link', 'delete', name);
