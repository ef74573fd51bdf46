// What a command in a container writes: the engine sends both streams in one, in frames of 8 bytes of head (which stream,
// how long) and what was written.

const HEAD = 8;
const STDERR = 2;

/** So that no container can fill the broker's memory. */
export const MAX_OUTPUT_BYTES = 2 ** 20;

class Bounded {
  readonly #chunks: Buffer[] = [];
  #left = MAX_OUTPUT_BYTES;

  push(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.#left);
    this.#left -= kept.length;
    if (kept.length > 0) this.#chunks.push(Buffer.from(kept));
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** Takes the frames in whatever pieces they come; of each stream, what is beyond 1 MiB is dropped. */
export class ExecOutput {
  readonly #stdout = new Bounded();
  readonly #stderr = new Bounded();
  #head = Buffer.alloc(0);
  #into = this.#stdout;
  /** Of the frame whose head was last. */
  #left = 0;

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#left > 0 ? this.#content(rest) : this.#heading(rest);
  }

  get stdout(): string {
    return this.#stdout.text();
  }

  get stderr(): string {
    return this.#stderr.text();
  }

  #content(chunk: Buffer): Buffer {
    const content = chunk.subarray(0, this.#left);
    this.#into.push(content);
    this.#left -= content.length;
    return chunk.subarray(content.length);
  }

  #heading(chunk: Buffer): Buffer {
    const lacking = HEAD - this.#head.length;
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, lacking)]);
    if (this.#head.length === HEAD) {
      this.#into = this.#head[0] === STDERR ? this.#stderr : this.#stdout;
      this.#left = this.#head.readUInt32BE(4);
      this.#head = Buffer.alloc(0);
    }
    return chunk.subarray(lacking);
  }
}
