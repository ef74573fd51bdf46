// What goes wrong with a Docker Engine, told apart by what it answers or by how the connection failed, in sentences that
// name the engine.
import { blackOut } from './black-out.js';

export type EngineErrorKind =
  /** No answer came: the engine, its host or the way to it is down. Worth another try. */
  | 'unreachable'
  /** TLS failed, on either side: the remedy is in the Secret, or in the engine's certificate. */
  | 'untrusted'
  /** No answer within the deadline. Worth another try. */
  | 'late'
  | 'no image'
  | 'not found'
  | 'conflict'
  | 'port taken'
  | 'no space'
  /** The engine takes the request for wrong: again it would be refused again. */
  | 'invalid'
  | 'other';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: EngineErrorKind;

  constructor(kind: EngineErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** A command in a container took longer than it may. It may still be running: an engine has no way to end it. */
export class ExecTimeout extends Error {
  override readonly name = 'ExecTimeout';
}

export const isEngineError = (error: unknown, ...kinds: EngineErrorKind[]): error is EngineError =>
  error instanceof EngineError && (kinds.length === 0 || kinds.includes(error.kind));

/** What was asked of which engine: `what` is as in "cannot start the container x". */
export interface Asked {
  readonly engine: string;
  readonly what: string;
  /** Blacked out of what the engine says. */
  readonly secrets?: readonly string[];
}

const MAX_SAID = 300;

/** Of whatever dockerode throws; what the engine said stands in it in one line. */
export function engineErrorOf(error: unknown, asked: Asked): EngineError {
  if (error instanceof EngineError) return error;
  const status = (error as { statusCode?: number }).statusCode;
  const title = `the Docker Engine at ${asked.engine}`;
  if (status === undefined) {
    const [kind, why] = connectionProblem(error);
    const verb = kind === 'unreachable' ? 'be reached' : 'be used';
    return new EngineError(kind, `${title} cannot ${verb}: ${why}`, error);
  }
  const said = sentenceIn((error as Error).message);
  if (PLAIN_TO_TLS.test(said)) {
    return new EngineError('untrusted', `${title} cannot be used: it wants TLS, and its host has none set`);
  }
  return refusal(said, status, asked);
}

/** What the engine said against it. `status` is undefined where that came later than the head of its answer. */
export function refusal(
  said: string,
  status: number | undefined,
  { engine, what, secrets = [] }: Asked,
): EngineError {
  const why = oneLine(blackOut(said, secrets));
  return new EngineError(kindOf(said, status), `the Docker Engine at ${engine} cannot ${what}: ${why}`);
}

/** docker-modem puts what it thinks of the status before it. */
const sentenceIn = (message: string): string => message.replace(/^\(HTTP code \d+\) [^-]* - /, '');

function oneLine(said: string): string {
  const line = said.trim().split('\n', 1)[0]!.trim();
  if (line === '') return 'it does not say why';
  return line.length > MAX_SAID ? `${line.slice(0, MAX_SAID)}…` : line;
}

const PLAIN_TO_TLS = /HTTP request to an HTTPS server/;

const WORDS: readonly (readonly [EngineErrorKind, RegExp])[] = [
  ['port taken', /port is already allocated|address already in use|ports are not available/i],
  ['no space', /no space left on device|disk quota exceeded/i],
  [
    'no image',
    /no such image|manifest unknown|manifest for .* not found|pull access denied|repository .* not found/i,
  ],
];

const STATUSES: Readonly<Record<number, EngineErrorKind>> = {
  400: 'invalid',
  404: 'not found',
  409: 'conflict',
};

function kindOf(said: string, status: number | undefined): EngineErrorKind {
  const byWords = WORDS.find(([, words]) => words.test(said))?.[0];
  return byWords ?? (status === undefined ? undefined : STATUSES[status]) ?? 'other';
}

const CONNECTION: readonly (readonly [RegExp, EngineErrorKind, string])[] = [
  [/^ECONNREFUSED$/, 'unreachable', 'nothing listens there'],
  [/^ENOENT$/, 'unreachable', 'there is no such socket'],
  [/^(EACCES|EPERM)$/, 'unreachable', 'this process may not use its socket'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'unreachable', 'the name of its host is not known'],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, 'unreachable', 'there is no way to its host'],
  [/^ETIMEDOUT$/, 'unreachable', 'its host does not answer'],
  [/^(ECONNRESET|EPIPE)$/, 'unreachable', 'it cut off the connection'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'untrusted', 'its certificate is for other host names'],
  [/^CERT_HAS_EXPIRED$/, 'untrusted', 'its certificate has expired'],
  [/^CERT_NOT_YET_VALID$/, 'untrusted', 'its certificate is not valid yet'],
  [
    /UNABLE_TO_(VERIFY|GET_ISSUER)|SELF_SIGNED_CERT|CERT_SIGNATURE_FAILURE/,
    'untrusted',
    'its certificate is not of the authority in ca.crt',
  ],
  [
    /ALERT_(.*CERTIFICATE|UNKNOWN_CA)/,
    'untrusted',
    'it wants a client certificate that it trusts in tls.crt, with its key in tls.key',
  ],
  [
    /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)$/,
    'untrusted',
    'it does not speak TLS',
  ],
  [
    /^ERR_OSSL_/,
    'untrusted',
    'ca.crt, tls.crt or tls.key is no PEM, or the key is not that of the certificate',
  ],
];

function connectionProblem(error: unknown): readonly [EngineErrorKind, string] {
  const { code = '' } = (error ?? {}) as { code?: unknown };
  const known = CONNECTION.find(([pattern]) => pattern.test(String(code)));
  return known ? [known[1], known[2]] : ['unreachable', (error as Error).message];
}
