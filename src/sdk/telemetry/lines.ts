// Where the lines of the log go: to a stream as they come, or to standard output, where those of one turn of the event
// loop make one write. A write for each would cost more than the line itself. Knows nothing of what a line says.
import { transports } from 'winston';

/** What winston keeps a finished line under. */
const LINE = Symbol.for('message');

export class Lines extends transports.Stream {
  readonly #stream: NodeJS.WritableStream;
  readonly #isGathering: boolean;
  #gathered = '';

  constructor(stream?: NodeJS.WritableStream) {
    super({ stream: stream ?? process.stdout });
    this.#stream = stream ?? process.stdout;
    this.#isGathering = stream === undefined;
    // However the process ends, short of being killed: what was said last is what will be asked for first.
    if (this.#isGathering) process.once('exit', () => this.#flush());
  }

  override log(info: { [LINE]?: string }, next: () => void): void {
    const line = `${info[LINE]}\n`;
    if (!this.#isGathering) this.#stream.write(line);
    else {
      if (this.#gathered === '') setImmediate(() => this.#flush());
      this.#gathered += line;
    }
    next();
  }

  #flush(): void {
    if (this.#gathered === '') return;
    this.#stream.write(this.#gathered);
    this.#gathered = '';
  }
}
