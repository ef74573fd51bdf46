// Every setting of the broker: its environment variable, its default, what it may be. docs/settings.md is made from it.
// Where the values come from is the business of settings-read.ts.
import { accessSync, constants } from 'node:fs';
import { LOG_LEVELS } from './telemetry/log.js';

interface Setting<T> {
  env: string;
  /** Undefined where there is none. */
  fallback: T;
  meaning: string;
  /** Throws a sentence that says what the value should be. */
  parse: (text: string) => Exclude<T, undefined>;
  secret?: true;
}

const whole = (env: string, fallback: number, range: [number, number], meaning: string): Setting<number> => ({
  env,
  fallback,
  meaning,
  parse: (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= range[0] && number <= range[1]) return number;
    throw new Error(`must be a whole number from ${range[0]} to ${range[1]}`);
  },
});

const oneOf = <const T extends string>(
  env: string,
  words: readonly T[],
  fallback: T,
  meaning: string,
): Setting<T> => ({
  env,
  fallback,
  meaning,
  parse: (value) => {
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    throw new Error(`must be one of ${words.join(', ')}`);
  },
});

const text = <T extends string | undefined>(
  env: string,
  fallback: T,
  meaning: string,
): Setting<string | T> => ({
  env,
  fallback,
  meaning,
  parse: (value) => value,
});

/** Of a service that people reach, without what a link would have after it. */
const address = (env: string, meaning: string): Setting<string | undefined> => ({
  env,
  fallback: undefined,
  meaning,
  parse: (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const isPlain = url && /^https?:$/.test(url.protocol) && !/[?#@\s]/.test(value);
    if (isPlain) return url.href.replace(/\/+$/, '');
    throw new Error(
      'must be an address that begins with https:// or http://, without user, query and fragment',
    );
  },
});

const file = (env: string, meaning: string): Setting<string | undefined> => ({
  env,
  fallback: undefined,
  meaning,
  parse: (path) => {
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      throw new Error(`must be a file that can be read (${(error as NodeJS.ErrnoException).code})`, {
        cause: error,
      });
    }
    return path;
  },
});

export const SETTINGS = {
  host: text('BROKER_HOST', '0.0.0.0', 'The address to listen on.'),
  port: whole('BROKER_PORT', 8080, [0, 65_535], 'The port to listen on.'),
  healthPort: whole(
    'BROKER_HEALTH_PORT',
    8081,
    [0, 65_535],
    'The port of /livez, /readyz and /metrics: plain HTTP, for the cluster only.',
  ),
  namespace: text(
    'BROKER_NAMESPACE',
    undefined,
    'The namespace of the custom resources; by default that of the pod or of the kubeconfig context.',
  ),
  username: text('BROKER_USERNAME', undefined, 'The user that platforms log in as.'),
  password: { ...text('BROKER_PASSWORD', undefined, 'The password of that user.'), secret: true as const },
  credentialsFile: file(
    'BROKER_CREDENTIALS_FILE',
    'A file with one `user:password` a line, all valid at once; read again when it changes.',
  ),
  bearerTokenFile: file(
    'BROKER_BEARER_TOKEN_FILE',
    'A file with one bearer token a line, all valid at once; read again when it changes.',
  ),
  adminCredentialsFile: file(
    'BROKER_ADMIN_CREDENTIALS_FILE',
    'A file with one `user:password` a line for administrators, who may manage Docker hosts, images and certificates over HTTP; without it, nobody may.',
  ),
  tlsCertFile: file(
    'BROKER_TLS_CERT_FILE',
    'The certificate chain (PEM) to serve HTTPS with; read again when it changes.',
  ),
  tlsKeyFile: file('BROKER_TLS_KEY_FILE', 'The private key (PEM) of that certificate.'),
  catalogFile: file(
    'BROKER_CATALOG_FILE',
    'A YAML file of ServiceOfferings to bring into the cluster at start.',
  ),
  publicUrl: address(
    'BROKER_PUBLIC_URL',
    'The address under which people reach the broker; with it, instances whose plan has no dashboard get a page.',
  ),
  dashboardLinkSeconds: whole(
    'BROKER_DASHBOARD_LINK_SECONDS',
    2_592_000,
    [60, 315_360_000],
    'How long a link to such a page is good for; by default 30 days.',
  ),
  missingVersionStatus: oneOf(
    'BROKER_MISSING_VERSION_STATUS',
    ['400', '412'],
    '400',
    'The answer to a request without X-Broker-API-Version.',
  ),
  afterDelete: oneOf(
    'BROKER_AFTER_DELETE',
    ['410', '200'],
    '410',
    'The answer to a poll after an asynchronous delete: 410 Gone, or 200 with the state succeeded.',
  ),
  requireGuids: oneOf(
    'BROKER_REQUIRE_GUIDS',
    ['true', 'false'],
    'true',
    'Whether a provision must carry the deprecated organization_guid and space_guid.',
  ),
  patienceSeconds: whole(
    'BROKER_PATIENCE_SECONDS',
    2,
    [0, 60],
    'For how long a request with accepts_incomplete=true waits before it is answered asynchronously.',
  ),
  synchronousLimitSeconds: whole(
    'BROKER_SYNCHRONOUS_LIMIT_SECONDS',
    50,
    [1, 600],
    'For how long any other request waits before it is undone and answered with 503.',
  ),
  operationTimeoutSeconds: whole(
    'BROKER_OPERATION_TIMEOUT_SECONDS',
    3600,
    [1, 604_800],
    'After how long an operation has failed, where the plan has no maximum_polling_duration.',
  ),
  maxAttempts: whole(
    'BROKER_MAX_ATTEMPTS',
    0,
    [0, 10_000],
    'After how many failed attempts an operation has failed; 0 for no other limit than its time.',
  ),
  resyncSeconds: whole(
    'BROKER_RESYNC_SECONDS',
    600,
    [1, 86_400],
    'How often every resource is looked at again, and orphans are looked for.',
  ),
  orphans: oneOf(
    'BROKER_ORPHANS',
    ['report', 'remove'],
    'report',
    'What is done about things in a backend that no resource accounts for any more.',
  ),
  leaseSeconds: whole(
    'BROKER_LEASE_SECONDS',
    15,
    [1, 300],
    'After how long without a sign of life the replica that runs the controllers is replaced.',
  ),
  callGraceSeconds: whole(
    'BROKER_CALL_GRACE_SECONDS',
    5,
    [0, 60],
    "For how long a backend's call may go on that a newer request or a stop overtakes, before its signal fires.",
  ),
  retryAfterSeconds: whole(
    'BROKER_RETRY_AFTER_SECONDS',
    5,
    [1, 3600],
    'Retry-After of a poll, where the backend does not suggest another.',
  ),
  bodyLimitKilobytes: whole('BROKER_BODY_LIMIT_KILOBYTES', 256, [1, 1024], 'The largest request body.'),
  headersTimeoutSeconds: whole(
    'BROKER_HEADERS_TIMEOUT_SECONDS',
    10,
    [1, 600],
    'For how long a client may take to send its headers.',
  ),
  requestTimeoutSeconds: whole(
    'BROKER_REQUEST_TIMEOUT_SECONDS',
    30,
    [1, 600],
    'For how long a client may take to send a whole request.',
  ),
  shutdownGraceSeconds: whole(
    'BROKER_SHUTDOWN_GRACE_SECONDS',
    25,
    [0, 600],
    'For how long a stop waits for requests at work.',
  ),
  logLevel: oneOf('BROKER_LOG_LEVEL', LOG_LEVELS, 'info', 'What is logged.'),
  logFormat: oneOf('BROKER_LOG_FORMAT', ['json', 'text'], 'json', 'Lines for machines or for people.'),
};

export type Settings = {
  [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never;
};

export type SettingName = keyof typeof SETTINGS;

/** The setting whose value names the file of settings; it stands in no such file itself. */
export const CONFIG_FILE = {
  env: 'BROKER_CONFIG_FILE',
  flag: 'config',
  meaning: 'A YAML file of settings: each key is the name of a flag without its dashes.',
} as const;

/** `BROKER_LOG_LEVEL` as a flag without its dashes, and as a key of the file: `log-level`. */
export const flagOf = (name: SettingName): string =>
  SETTINGS[name].env
    .replace(/^BROKER_/, '')
    .toLowerCase()
    .replaceAll('_', '-');

export const isSecret = (name: SettingName): boolean => 'secret' in SETTINGS[name];

const BY_FLAG: ReadonlyMap<string, SettingName> = new Map(
  (Object.keys(SETTINGS) as SettingName[]).map((name) => [flagOf(name), name]),
);

/** All names that flags and keys may have. */
export const FLAGS: readonly string[] = [...BY_FLAG.keys()];

export const settingOf = (flag: string): SettingName | undefined => BY_FLAG.get(flag);

/** What one source says of each setting, and how its user calls it there: `--port`, `BROKER_PORT`, `port in FILE`. */
export type Layer = Map<SettingName, { text: string; label: string }>;
