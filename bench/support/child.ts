// A process of its own for each part of a measurement, so that none of them waits for another's event loop, and calls
// between them over node's own channel. Knows nothing of what the processes do.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a process offers to the one that started it: plain data in, plain data out. */
export type Calls = Record<string, (...args: never[]) => unknown>;

interface Question {
  id: number;
  method: string;
  args: unknown[];
}

type Answer = { ready: unknown } | { id: number; result: unknown } | { id: number; error: string };

export interface ChildOptions {
  env?: NodeJS.ProcessEnv;
  /** Where its standard output goes: a file descriptor; nowhere by default. */
  stdout?: number;
  execArgv?: readonly string[];
}

/** The process that `file` of this folder is the code of; `Info` is what it is ready with. */
export class Child<Info, Offered extends Calls> {
  readonly info: Info;
  readonly #process: ReturnType<typeof fork>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(process: ReturnType<typeof fork>, info: Info) {
    this.#process = process;
    this.info = info;
    process.on('message', (answer: Answer) => {
      if ('id' in answer) this.#waiting.get(answer.id)?.(answer);
    });
    process.once('exit', () => {
      for (const [id, settle] of this.#waiting) settle({ id, error: 'the process has ended' });
    });
  }

  static async start<Info, Offered extends Calls>(
    file: string,
    { env = {}, stdout, execArgv = [] }: ChildOptions = {},
  ): Promise<Child<Info, Offered>> {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
      env: { ...process.env, ...env },
      execArgv: [...process.execArgv, ...execArgv],
      stdio: ['ignore', stdout ?? 'ignore', 'inherit', 'ipc'],
    });
    const [first] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error(`${file} ended before it was ready`))),
    ])) as [{ ready: Info }];
    return new Child(child, first.ready);
  }

  call<Method extends keyof Offered & string>(
    method: Method,
    ...args: Parameters<Offered[Method]>
  ): Promise<Awaited<ReturnType<Offered[Method]>>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (answer) => {
        this.#waiting.delete(id);
        if ('result' in answer) resolve(answer.result as Awaited<ReturnType<Offered[Method]>>);
        else reject(new Error(`${method}: ${'error' in answer ? answer.error : 'no answer'}`));
      });
      this.#process.send({ id, method, args } satisfies Question);
    });
  }

  /** Asks the process to end in good order, and resolves when it has. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exited;
  }
}

/** On the other side: says that this process is ready, and answers calls until the starter is gone. */
export function serve(ready: unknown, calls: Calls): void {
  const answer = (message: Answer): void => void process.send?.(message);
  process.on('message', ({ id, method, args }: Question) => {
    Promise.resolve()
      .then(() => calls[method]!(...(args as never[])))
      .then(
        (result) => answer({ id, result: result ?? null }), // undefined would not arrive
        (error: unknown) => answer({ id, error: String(error) }),
      );
  });
  process.once('disconnect', () => process.exit());
  answer({ ready });
}
