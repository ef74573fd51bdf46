// What a newcomer reads when something ends before it began: a sentence, and no stack.

/** Runs the work; where it fails, says why in a sentence that begins with `who`, and makes the process end with 1. */
export async function orExplain(who: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message, cause } = error as Error;
    const detail = cause instanceof Error && !message.includes('(') ? ` (${cause.message})` : '';
    process.stderr.write(`${who}: ${message}${detail}\n`);
    process.exitCode = 1;
  }
}
