// An application of a Redis, with the credentials of its binding: redis-cli, and a connection that stays open.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { missingProgram } from '../support/programs.js';
import { type Answer, attempt } from './cluster.js';

export interface Credentials {
  host: string;
  port: string;
  username: string;
  password: string;
}

export const missingRedisCli = (): string | undefined =>
  missingProgram([['redis-cli', '--version', 'redis-tools']]);

/** One command by redis-cli. */
export function redis(
  { host, port, username, password }: Credentials,
  ...command: string[]
): Promise<Answer> {
  const words = ['-e', '-h', host, '-p', port, '--user', username, ...command];
  return attempt('redis-cli', words, { REDISCLI_AUTH: password });
}

/** A connection, logged in. */
export class Connection {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;
  /** Resolves when it is closed, by whomever. */
  readonly closed: Promise<unknown>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {}); // the end that is waited for may be a harsh one
  }

  static async open({ host, port, username, password }: Credentials): Promise<Connection> {
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    const connection = new Connection(socket);
    const answer = await connection.ask(`AUTH ${username} ${password}`);
    if (answer !== '+OK') throw new Error(`the user ${username} is not let in: ${answer}`);
    return connection;
  }

  /** The first line of the answer, as it is on the wire. */
  async ask(command: string): Promise<string> {
    this.#socket.write(`${command}\r\n`);
    const { value } = await this.#lines.next();
    return String(value);
  }
}
