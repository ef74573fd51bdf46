// Where the lines of the log go: to a stream as they come, or to standard output, where those of one turn of the event
// loop make one write. A write for each would cost more than the line itself. Knows nothing of what a line says.
import { transports } from 'winston';

/** What winston keeps a finished line under. */
const LINE = Symbol.for('message');

/** Those with lines for standard output that are not written yet. */
const unwritten = new Set<Lines>();

/** However the process ends, short of being killed: what was said last is what will be asked for first. */
let hearsExit = false;
function flushAtExit(): void {
  if (!hearsExit) process.once('exit', () => unwritten.forEach((lines) => lines.flush()));
  hearsExit = true;
}

export class Lines extends transports.Stream {
  readonly #stream: NodeJS.WritableStream;
  readonly #isGathering: boolean;
  #gathered = '';

  constructor(stream?: NodeJS.WritableStream) {
    super({ stream: stream ?? process.stdout });
    this.#stream = stream ?? process.stdout;
    this.#isGathering = stream === undefined;
    if (this.#isGathering) flushAtExit();
  }

  override log(info: { [LINE]?: string }, next: () => void): void {
    const line = `${info[LINE]}\n`;
    if (!this.#isGathering) this.#stream.write(line);
    else {
      if (this.#gathered === '') {
        unwritten.add(this);
        setImmediate(() => this.flush());
      }
      this.#gathered += line;
    }
    next();
  }

  flush(): void {
    unwritten.delete(this);
    if (this.#gathered === '') return;
    this.#stream.write(this.#gathered);
    this.#gathered = '';
  }
}
