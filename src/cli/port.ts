// The ports that only this machine's commands know: variables of their own, since they are no settings of the broker.

/** The port that the variable names. */
export function portOf(variable: string, fallback: number): number {
  const text = process.env[variable] || String(fallback);
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`${variable} must be a whole number from 0 to 65535, not ${JSON.stringify(text)}`);
}
