// The agent of a Docker host as a process, and what it talks to: an engine that can be down, a broker that takes pings.
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Compiled } from './compiled.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Counts what happens, and lets one wait for it. */
export class Counter {
  readonly #events = new EventEmitter();
  count = 0;

  add(): void {
    this.count += 1;
    this.#events.emit('more');
  }

  /** Resolves when it has happened so many times more. */
  async more(times: number): Promise<void> {
    const until = this.count + times;
    while (this.count < until) await once(this.#events, 'more', { signal: AbortSignal.timeout(20_000) });
  }
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

export async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** All that an agent asks of a Docker engine. */
export class PingedEngine {
  readonly pings = new Counter();
  isUp = true;

  readonly answer: RequestListener = ({ method, url }, response) => {
    response.writeHead(method === 'GET' && url === '/_ping' && this.isUp ? 200 : 500).end('OK');
    this.pings.add();
  };

  readonly server = createServer(this.answer);
}

/** An agent, from its spawning to its end. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #said = new EventEmitter();
  readonly lines: { message: string; error?: string; receiver?: string }[] = [];
  /** All that it wrote. */
  text = '';
  readonly #ended: Promise<unknown[]>;

  constructor(program: Compiled, args: readonly string[], env: NodeJS.ProcessEnv) {
    const { PATH = '' } = process.env;
    this.#child = spawn(process.execPath, [program.of(MAIN), 'agent', ...args], {
      env: { PATH, HOME: '/nonexistent', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'close');
    createInterface({ input: this.#child.stderr! }).on('line', (line) => (this.text += `${line}\n`));
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.text += `${line}\n`;
      this.lines.push(JSON.parse(line) as { message: string });
      this.#said.emit('line');
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  count(message: string): number {
    return this.lines.filter((line) => line.message === message).length;
  }

  /** Resolves when it has said so, that many times. */
  async says(message: string, times = 1): Promise<void> {
    const late = AbortSignal.timeout(20_000);
    while (this.count(message) < times) {
      await once(this.#said, 'line', { signal: late }).catch(() => {
        throw new Error(`the agent has not said "${message}":\n${this.text}`);
      });
    }
  }

  /** Its exit code; null where it was killed. */
  async end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (signal) this.#child.kill(signal);
    const [code] = await this.#ended;
    return code as number | null;
  }
}
