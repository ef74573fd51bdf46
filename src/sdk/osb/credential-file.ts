// A file of credentials, one a line, that may change at any time. Blank lines and lines that start with # do not count.
import { readFileSync } from 'node:fs';
import { errorDetails, type Log } from '../telemetry/log.js';

/** Says what is wrong with a line, without quoting it. */
export type LineCheck = (line: string) => string | undefined;

export class CredentialFile {
  readonly #path: string;
  readonly #check: LineCheck;
  #text: string;
  #lines: readonly string[];
  #complaint = '';

  /** Throws when the file cannot be read or holds nothing usable: a broker does not start half locked. */
  constructor(path: string, check: LineCheck) {
    this.#path = path;
    this.#check = check;
    this.#text = readFileSync(path, 'utf8');
    this.#lines = this.#parse(this.#text);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Reads the file again. Returns whether there are new lines; on any trouble the last good ones stay. */
  refresh(log: Log): boolean {
    try {
      const text = readFileSync(this.#path, 'utf8');
      const lines = text === this.#text ? this.#lines : this.#parse(text);
      const changed = lines !== this.#lines;
      this.#text = text;
      this.#lines = lines;
      this.#complaint = '';
      if (changed) log.info('credentials reloaded', { path: this.#path, count: lines.length });
      return changed;
    } catch (error) {
      this.#complain(log, error);
      return false;
    }
  }

  #complain(log: Log, error: unknown): void {
    const details = errorDetails(error);
    const complaint = String(details.error);
    if (complaint === this.#complaint) return; // once is enough for as long as it lasts
    this.#complaint = complaint;
    log.warn('credentials not reloaded, the last good ones stay valid', {
      path: this.#path,
      error: complaint,
    });
  }

  #parse(text: string): string[] {
    const lines: string[] = [];
    for (const [index, raw] of text
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
      .entries()) {
      if (raw.trim() === '' || raw.startsWith('#')) continue;
      const problem = this.#check(raw);
      if (problem) throw new Error(`${this.#path}, line ${index + 1}: ${problem}`);
      lines.push(raw);
    }
    if (lines.length === 0) throw new Error(`${this.#path} holds no credentials`);
    return lines;
  }
}
