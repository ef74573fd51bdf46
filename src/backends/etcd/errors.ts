// What etcd refuses, told apart by the words that it says: its status codes change from version to version. And what
// goes wrong before it can say anything.
import { errors } from 'undici';

const WORDS = {
  exists: /name already exists/,
  'not found': /name not found/,
  'not granted': /is not granted to the (user|role)/,
  'stale token': /invalid auth token|user name is empty/,
  'old revision': /revision (in header|of auth store is old)/,
  'no authentication': /authentication is not enabled/,
  'wrong password': /authentication failed/,
  'common name': /^CommonName of client/,
  denied: /permission denied/,
} as const;

export type Refusal = keyof typeof WORDS;

export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  /** Undefined for whatever else etcd says. */
  readonly refusal: Refusal | undefined;

  /** `said` is etcd's own sentence, which quotes nothing of the request. */
  constructor(path: string, said: string) {
    super(`etcd refused ${path}: ${said}`);
    this.refusal = (Object.keys(WORDS) as Refusal[]).find((refusal) => WORDS[refusal].test(said));
  }
}

/** Whether etcd refused for one of these reasons. */
export const isRefusal = (error: unknown, ...refusals: Refusal[]): boolean =>
  error instanceof EtcdError && error.refusal !== undefined && refusals.includes(error.refusal);

/** The sentence in an answer that is no success: mostly JSON, and sometimes a line of text. */
export function sentenceIn(answer: string): string | undefined {
  try {
    const { error } = JSON.parse(answer) as { error?: unknown };
    return typeof error === 'string' ? error : undefined;
  } catch {
    return answer.trim().split('\n', 1)[0]!.slice(0, 200) || undefined;
  }
}

/** Whether the answer was longer than the client takes. */
export const isTooLong = (error: unknown): boolean => error instanceof errors.ResponseExceededMaxSizeError;

const UNTRUSTED = /^(UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|.*SELF_SIGNED_CERT.*)$/;
const CERTIFICATE_REFUSED = /ALERT_(.*CERTIFICATE|UNKNOWN_CA)/;

/** Why no connection came to be, where that is a matter of certificates, and the remedy is in the Secret. */
export function certificateProblem(error: unknown): string | undefined {
  const { code = '' } = (error ?? {}) as { code?: string };
  if (UNTRUSTED.test(code)) return 'the certificate of etcd is not of an authority in ca.crt';
  if (!CERTIFICATE_REFUSED.test(code)) return undefined;
  return 'etcd wants a client certificate that it trusts in tls.crt, with its key in tls.key';
}
