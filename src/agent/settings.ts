// Every setting of the agent of a Docker host: its default, what it may be, what it means. Each is a flag
// (--docker-port), a variable (AGENT_DOCKER_PORT) and a key of the file (dockerport). Where the values come from is the
// business of settings-read.ts.
import { DEFAULT_ENGINE_PORT } from '../docker-hosts/rest/ping-host.js';
import { LOG_LEVELS } from '../sdk/telemetry/log.js';
import {
  brokerUrls,
  engineHost,
  factor,
  host,
  objectLabel,
  oneOf,
  type Parse,
  readableFile,
  text,
  trueOrFalse,
  whole,
} from './setting-kinds.js';

interface Setting<T> {
  parse: Parse<T>;
  meaning: string;
}

/** One without which the agent does not run. */
const required = <T>(parse: Parse<T>, meaning: string) => ({ parse, meaning, required: true as const });

const optional = <T>(parse: Parse<T>, meaning: string): Setting<T> => ({ parse, meaning });

const preset = <T>(parse: Parse<T>, fallback: T, meaning: string) => ({ parse, fallback, meaning });

const port = whole(1, 65_535);

export const SETTINGS = {
  serviceHost: required(
    host,
    'The host name or address at which applications reach what the containers publish.',
  ),
  dockerHost: required(
    engineHost,
    'The host name or address at which brokers reach the Docker engine, or unix:///var/run/docker.sock where they are on ' +
      'this machine. The agent asks it GET /_ping there before each sign of life, and gives none while it does not answer.',
  ),
  dockerPort: preset(
    port,
    DEFAULT_ENGINE_PORT,
    "The port of the Docker engine's API; of no meaning for a socket.",
  ),
  isActive: preset(
    trueOrFalse,
    true,
    'Whether the host gets new instances. Between two changes of it, a cordon with kubectl (spec.schedulable) stays.',
  ),
  keepalive: preset(
    whole(1, 3600),
    60,
    'How often the agent gives a sign of life, in seconds. After three times without one, the host counts as lost.',
  ),
  perfFactor: preset(
    factor,
    1,
    'How slow the host is beside others: new instances go to the lowest of those that can take them.',
  ),
  portbindMin: optional(
    port,
    'The first port that containers may get on the host; the engine chooses where there is no range.',
  ),
  portbindMax: optional(whole(2, 65_536), 'The first port after the last of the range.'),
  clientCert: optional(
    readableFile,
    'The certificate (PEM) that brokers log in to the engine with. It, its key and the CA are read again when they change.',
  ),
  clientKey: optional(readableFile, 'The private key (PEM) of that certificate.'),
  caCert: optional(readableFile, "What the engine's own certificate is verified with (PEM)."),
  brokers: optional(
    brokerUrls,
    'The addresses of brokers, with commas between them, that get each sign of life by POST /ping, in place of the ' +
      "brokerservers of the file. Without brokers, the agent writes to the cluster's API.",
  ),
  brokerUser: optional(
    text,
    'The user that the agent logs in to each broker as, in place of those of the file.',
  ),
  brokerPassword: {
    ...optional(text, 'The password of that user, in place of those of the file.'),
    secret: true as const,
  },
  brokerCa: optional(
    readableFile,
    "What the brokers' certificates are verified with (PEM); the usual authorities where it is not set.",
  ),
  name: optional(
    objectLabel,
    'The name of the DockerHost in the cluster; by default made from the docker host. Brokers choose it themselves.',
  ),
  namespace: optional(
    text,
    'The namespace of the DockerHost; by default that of the pod or of the kubeconfig context. Brokers use their own.',
  ),
  logLevel: preset(oneOf(...LOG_LEVELS), 'info', 'What is logged.'),
  logFormat: preset(oneOf('json', 'text'), 'json', 'Lines for machines or for people.'),
};

export type SettingName = keyof typeof SETTINGS;

type ValueOf<S> = S extends { parse: Parse<infer T> }
  ? S extends { fallback: unknown } | { required: true }
    ? T
    : T | undefined
  : never;

export type SettingValues = { [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

export const NAMES = Object.keys(SETTINGS) as SettingName[];

/** `dockerPort` as a flag without its dashes: `docker-port`. */
export const flagOf = (name: SettingName): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const variableOf = (name: SettingName): string =>
  `AGENT_${flagOf(name).toUpperCase().replaceAll('-', '_')}`;

export const isSecret = (name: SettingName): boolean => 'secret' in SETTINGS[name];

/** Keys of the file count by their letters and digits alone: `portbind_min`, `portbind-min` and `PortbindMin` are one. */
export const keyOf = (word: string): string => word.toLowerCase().replace(/[-_]/g, '');

/** The setting whose value names the file of settings; it stands in no such file itself. */
export const CONFIG_FILE = {
  variable: 'AGENT_CONFIG_FILE',
  flag: 'config',
  meaning:
    'A file of settings, JSON or YAML: {"serviceagent": {…}, "brokerservers": [{host, port, user, password}, …]}.',
} as const;

/** What one source says of each setting, and how its user calls it there. */
export type Layer = Map<SettingName, { text: string; label: string }>;
