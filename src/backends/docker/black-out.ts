// Keeps secrets that are known out of text that is written or told.

const BLACK = '[redacted]';

/** In place of each of the secrets; the empty one is none. */
export function blackOut(text: string, secrets: readonly string[]): string {
  const longestFirst = secrets
    .filter((secret) => secret !== '')
    .sort((one, other) => other.length - one.length);
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, BLACK), text);
}
