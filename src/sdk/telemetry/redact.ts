// Blacks out what is named like a secret, and credentials inside URLs, before a line is written.

const SECRET_NAME =
  /^(authorization|cookie|set-cookie|credentials?|.*(passw(or)?d|passphrase|secret|token|private[-_]?key|api[-_]?key))$/i;
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi;
const BASIC_OR_BEARER = /\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{8,}/g;
/** What either of the two begins with: most text is looked at once. */
const SUSPICIOUS = /:\/\/|Basic|Bearer/;
const MAX_DEPTH = 8;
const MAX_REMEMBERED = 1000;

export const REDACTED = '[redacted]';

/** A copy of `value` that is safe to write; what is nested too deep to look at is left out. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value); // JSON has no word for it
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    copy[name] = redactField(name, (value as Record<string, unknown>)[name], depth + 1);
  }
  return copy;
}

/** As `redact`, for what stands under a name: the name may say that it is a secret. */
export function redactField(name: string, value: unknown, depth = 0): unknown {
  if (value === undefined || value === null) return value;
  return isSecretName(name) ? REDACTED : redact(value, depth);
}

function redactText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return text.replace(URL_CREDENTIALS, `$1${REDACTED}@`).replace(BASIC_OR_BEARER, `$1 ${REDACTED}`);
}

/** The same few names come with every line. */
const known = new Map<string, boolean>();

function isSecretName(name: string): boolean {
  let isSecret = known.get(name);
  if (isSecret === undefined) {
    isSecret = SECRET_NAME.test(name);
    if (known.size < MAX_REMEMBERED) known.set(name, isSecret);
  }
  return isSecret;
}
