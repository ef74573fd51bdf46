// Which credentials are valid now: given ones and those in files, all at once, so that they can be rotated without a
// gap. Only digests are kept and compared, each with each, so that time tells nothing.
import { hash, timingSafeEqual } from 'node:crypto';
import type { Log } from '../telemetry/log.js';
import { CredentialFile } from './credential-file.js';

/** Files are looked at on a request, at most this often: no timer to stop, no watcher for swapped mounts to fool. */
const REFRESH_EVERY_MS = 1000;

export interface CredentialSources {
  pairs?: readonly { username: string; password: string }[];
  tokens?: readonly string[];
  /** One `user:password` a line. */
  pairFile?: string | undefined;
  /** The setting that names this file, for complaints. */
  pairFileSetting?: string;
  /** One token a line. */
  tokenFile?: string | undefined;
}

export interface CredentialOptions {
  log: Log;
  /** A clock in milliseconds that never goes back. */
  now?: () => number;
}

type Scheme = 'basic' | 'bearer';

export class Credentials {
  readonly #given: Record<Scheme, readonly string[]>;
  readonly #files: Record<Scheme, CredentialFile | undefined>;
  readonly #log: Log;
  readonly #now: () => number;
  #digests: Record<Scheme, readonly Buffer[]>;
  #refreshAt: number;

  /** Throws, naming the setting and the remedy, when there is nothing to authenticate with or something unusable. */
  constructor(sources: CredentialSources, { log, now = () => performance.now() }: CredentialOptions) {
    this.#log = log;
    this.#now = now;
    this.#given = {
      basic: (sources.pairs ?? []).map(({ username, password }) => checkedPair(username, password)),
      bearer: (sources.tokens ?? []).map(checkedToken),
    };
    this.#files = {
      basic: openFile(sources.pairFileSetting ?? 'BROKER_CREDENTIALS_FILE', sources.pairFile, pairProblem),
      bearer: openFile('BROKER_BEARER_TOKEN_FILE', sources.tokenFile, tokenProblem),
    };
    this.#digests = this.#digestAll();
    if (this.#digests.basic.length + this.#digests.bearer.length === 0) throw nothingConfigured();
    this.#refreshAt = now() + REFRESH_EVERY_MS;
  }

  /** Whether bearer tokens are an accepted way at all. */
  get takesTokens(): boolean {
    return this.#digests.bearer.length > 0;
  }

  /** Whether the value of an `Authorization` header is valid; anything malformed is not. */
  accepts(authorization: string): boolean {
    this.#refresh();
    const presented = readHeader(authorization);
    if (!presented) return false;
    const digest = sha256(presented.secret);
    let accepted = false;
    for (const known of this.#digests[presented.scheme])
      accepted = timingSafeEqual(digest, known) || accepted;
    return accepted;
  }

  #refresh(): void {
    if (this.#now() < this.#refreshAt) return;
    this.#refreshAt = this.#now() + REFRESH_EVERY_MS;
    const changed = [this.#files.basic, this.#files.bearer].filter((file) => file?.refresh(this.#log));
    if (changed.length > 0) this.#digests = this.#digestAll();
  }

  #digestAll(): Record<Scheme, readonly Buffer[]> {
    const digests = (scheme: Scheme) =>
      [...this.#given[scheme], ...(this.#files[scheme]?.lines ?? [])].map((secret) =>
        sha256(Buffer.from(secret)),
      );
    return { basic: digests('basic'), bearer: digests('bearer') };
  }
}

/** The scheme and what it presents, in bytes. User names have no colon, so a pair need not be taken apart to be compared. */
function readHeader(authorization: string): { scheme: Scheme; secret: Buffer } | undefined {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case 'basic':
      return /^[A-Za-z0-9+/]+={0,2}$/.test(value)
        ? { scheme: 'basic', secret: Buffer.from(value, 'base64') }
        : undefined;
    case 'bearer':
      return { scheme: 'bearer', secret: Buffer.from(value, 'latin1') };
    default:
      return undefined;
  }
}

function pairProblem(pair: string): string | undefined {
  const colon = pair.indexOf(':');
  return colon > 0 && colon < pair.length - 1
    ? undefined
    : 'must have the form user:password, neither of them empty';
}

function tokenProblem(token: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(token)
    ? undefined
    : 'must be one token of printable ASCII characters without spaces';
}

function checkedPair(username: string, password: string): string {
  if (username === '' || username.includes(':')) {
    throw new Error(
      'BROKER_USERNAME must not be empty and must not contain a colon: choose another user name',
    );
  }
  if (password === '') throw new Error('BROKER_PASSWORD must not be empty: set one');
  return `${username}:${password}`;
}

function checkedToken(token: string): string {
  const problem = tokenProblem(token);
  if (problem) throw new Error(`A bearer token ${problem}`);
  return token;
}

function openFile(setting: string, path: string | undefined, check: (line: string) => string | undefined) {
  if (path === undefined) return undefined;
  try {
    return new CredentialFile(path, check);
  } catch (error) {
    throw new Error(
      `${setting} cannot be used: ${(error as Error).message}. Correct the file or the setting.`,
      {
        cause: error,
      },
    );
  }
}

function nothingConfigured(): Error {
  return new Error(
    'No credentials are configured, and a broker without them would serve anyone: set BROKER_USERNAME and ' +
      'BROKER_PASSWORD, or BROKER_CREDENTIALS_FILE, or BROKER_BEARER_TOKEN_FILE.',
  );
}

function sha256(secret: Buffer): Buffer {
  return hash('sha256', secret, 'buffer');
}
