// What happened in a schedule: one line for each step, and what broke the rules.

export interface Violation {
  invariant: string;
  details: string;
}

export class Trace {
  readonly lines: string[] = [];
  readonly violations: Violation[] = [];
  readonly #now: () => number;
  readonly #isVerbose: boolean;

  /** `now` in milliseconds since the beginning. */
  constructor(now: () => number, isVerbose: boolean) {
    this.#now = now;
    this.#isVerbose = isVerbose;
  }

  add(who: string, what: string): void {
    const line = `${(this.#now() / 1000).toFixed(3).padStart(9)} ${who.padEnd(9)} ${what}`;
    this.lines.push(line);
    if (this.#isVerbose) process.stdout.write(`${line}\n`);
  }

  violation(invariant: string, details: string): void {
    this.add('!!!', `${invariant}: ${details}`);
    this.violations.push({ invariant, details });
  }
}
