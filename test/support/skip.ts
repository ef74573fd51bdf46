// What a test does that lacks something on this machine: it says so, with the remedy, and is skipped; where CI is set it
// fails, so that nobody takes the silence for a success.

/** A suite that is skipped aloud, with the remedy, where `missing` names what it lacks; a failure where CI is set. */
export function suiteUnless(
  missing: string | undefined,
  title: string,
  suite: (this: Mocha.Suite) => void,
): void {
  if (missing === undefined) {
    describe(title, suite);
    return;
  }
  const problem = `${title}: ${missing}`;
  if (process.env.CI) {
    describe(title, () => {
      it('has what it needs', () => {
        throw new Error(problem);
      });
    });
    return;
  }
  console.warn(`SKIPPED: ${problem}`);
  describe.skip(title, suite);
}

/** The same for one that learns it only when it runs. To be called in a test or a hook. */
export function skipAloud(context: Mocha.Context, reason: string): void {
  if (process.env.CI) throw new Error(reason);
  console.warn(`SKIPPED: ${reason}`);
  context.skip();
}
