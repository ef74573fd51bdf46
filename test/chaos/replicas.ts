// Broker processes that can be killed at any moment, and a front before them that sends each request to one that lives.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { compile, type Compiled } from '../support/compiled.js';
import { OsbClient } from '../support/osb-client.js';

const BROKER = new URL('./broker-process.ts', import.meta.url).pathname;

/** One broker process, from its spawning to its end. */
class Replica {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly ended: Promise<unknown>;
  readonly serving: Promise<void>;
  osb: OsbClient | undefined;
  leads = false;

  constructor(env: NodeJS.ProcessEnv, program: string) {
    this.#child = spawn(process.execPath, [program], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = once(this.#child, 'exit');
    const { stdout, stderr } = this.#child;
    createInterface({ input: stderr! }).on('line', (line) => this.#lines.push(line));
    this.serving = new Promise((resolve, reject) => {
      createInterface({ input: stdout! }).on('line', (line) => {
        this.#lines.push(line);
        const { message, url } = JSON.parse(line) as { message: string; url?: string };
        if (message === 'leading') this.leads = true;
        if (message === 'not leading any more') this.leads = false;
        if (message !== 'the broker serves') return;
        this.osb = new OsbClient(url!);
        resolve();
      });
      void this.ended.then(() => reject(new Error(`a broker ended before it served:\n${this.log}`)));
    });
    this.serving.catch(() => undefined); // a kill at that time is no error
  }

  get log(): string {
    return this.#lines.join('\n');
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.osb = undefined;
    this.#child.kill(signal);
    await this.ended;
  }
}

export class Replicas {
  readonly #env: NodeJS.ProcessEnv;
  readonly #compiled: Compiled = compile();
  readonly #program: string;
  readonly #all: Replica[] = [];
  #isStopped = false;
  kills = 0;

  /** `program` runs a broker; one over the world when absent. */
  constructor(env: NodeJS.ProcessEnv, program = BROKER) {
    this.#env = env;
    this.#program = this.#compiled.of(program);
  }

  /** Resolves when all of them serve. */
  async start(count: number): Promise<void> {
    for (let i = 0; i < count; i++) this.#all.push(new Replica(this.#env, this.#program));
    await Promise.all(this.#all.map(({ serving }) => serving));
  }

  /** Kills one without a warning, any or the leader, and resolves when another process in its place serves. */
  async replace(which: 'any' | 'leader' = 'any', signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const leader = this.#all.findIndex(({ leads }) => leads);
    const index = which === 'leader' && leader >= 0 ? leader : Math.floor(Math.random() * this.#all.length);
    const victim = this.#all[index]!;
    this.#all[index] = new Replica(this.#env, this.#program);
    this.kills += 1;
    await victim.end(signal);
    await this.#all[index].serving;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#all.map((replica) => replica.end('SIGKILL')));
    this.#compiled.remove();
  }

  get log(): string {
    return this.#all.map(({ log }, index) => `--- replica ${index}\n${log.slice(-8000)}`).join('\n');
  }

  /** What a load balancer does: some replica that lives, and another one when its connection breaks. */
  async through<T>(send: (osb: OsbClient) => Promise<T>): Promise<T> {
    while (!this.#isStopped) {
      const alive = this.#all.flatMap(({ osb }) => osb ?? []);
      const osb = alive[Math.floor(Math.random() * alive.length)];
      try {
        if (osb) return await send(osb);
      } catch (error) {
        if (!isCut(error)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('all replicas were stopped');
  }
}

const CUT = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function isCut(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: unknown };
  return (code !== undefined && CUT.has(code)) || (cause !== undefined && isCut(cause));
}
