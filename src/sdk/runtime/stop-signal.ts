// What tells a process to stop, as a signal that its work can follow.

/** Fires at the first SIGTERM or SIGINT, with its name as the reason. A second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stopping.abort(signal);
      process.once(signal, () => process.exit(1));
    });
  }
  return stopping.signal;
}
