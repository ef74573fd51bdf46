// What a newcomer reads when a start ends before there is a broker: a sentence, and no stack.

/** Says in a sentence what stopped a start before there was a broker. */
export async function orExplain(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { message, cause } = error as Error;
    const detail = cause instanceof Error && !message.includes('(') ? ` (${cause.message})` : '';
    process.stderr.write(`The broker cannot run: ${message}${detail}\n`);
    process.exitCode = 1;
  }
}
