// Blacks out what is named like a secret, and credentials inside URLs, before a line is written.

const SECRET_NAME =
  /^(authorization|cookie|set-cookie|credentials?|.*(passw(or)?d|passphrase|secret|token|private[-_]?key|api[-_]?key))$/i;
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi;
const BASIC_OR_BEARER = /\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{8,}/g;
const MAX_DEPTH = 8;

export const REDACTED = '[redacted]';

/** A copy of `value` that is safe to write; what is nested too deep to look at is left out. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') {
    return value.replace(URL_CREDENTIALS, `$1${REDACTED}@`).replace(BASIC_OR_BEARER, `$1 ${REDACTED}`);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET_NAME.test(key) && item !== undefined && item !== null ? REDACTED : redact(item, depth + 1),
    ]),
  );
}
