// Puts the agent's settings together: flags over environment over file over defaults. Says all that is wrong at once,
// each problem with the setting as the user wrote it and the remedy, and quotes no secret.
import { type BrokerServer, brokersOf } from './brokers.js';
import {
  CONFIG_FILE,
  flagOf,
  isSecret,
  keyOf,
  type Layer,
  NAMES,
  type SettingName,
  SETTINGS,
  type SettingValues,
  variableOf,
} from './settings.js';
import { noFile, readSettingsFile, type SettingsFile } from './settings-file.js';
import { readFlags } from './settings-flags.js';

export interface SettingsSources {
  /** Those after `brokersdk agent`. */
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

export interface AgentSettings extends Omit<SettingValues, 'brokers' | 'brokerUser' | 'brokerPassword'> {
  /** None where the agent is to write to the cluster's API. */
  brokers: readonly BrokerServer[];
  /** What the file says and the agent has no use for, as it is called there. */
  ignored: readonly string[];
}

/** The settings of these sources, an empty value being none. Throws one error with a line for each problem. */
export function readSettings({ args, env }: SettingsSources): AgentSettings {
  const flags = readFlags(args);
  const file = readFileOf(flags.configFile, env);
  const problems = [...flags.problems, ...file.problems];
  const given: Layer = new Map();
  for (const name of NAMES) {
    const variable = { text: env[variableOf(name)] ?? '', label: variableOf(name) };
    const value = [flags.layer.get(name), variable, file.layer.get(name)].find((each) => each?.text);
    if (value) given.set(name, value);
  }
  const values = Object.fromEntries(NAMES.map((name) => [name, valueOf(name, given, problems)]));
  const { brokers: addresses, brokerUser, brokerPassword, ...rest } = values as SettingValues;
  const sources = { addresses, listed: file.brokers, user: brokerUser, password: brokerPassword };
  const brokers = brokersOf(sources, problems);
  problems.push(
    ...groupProblems(given),
    ...rangeProblems(rest),
    ...wayProblems(rest, given, brokers.length > 0),
  );
  if (problems.length > 0) throw new Error(`the settings are not right:\n  ${problems.join('\n  ')}`);
  return { ...rest, brokers, ignored: file.ignored };
}

function readFileOf(flag: string | undefined, env: NodeJS.ProcessEnv): SettingsFile {
  const path = flag || env[CONFIG_FILE.variable];
  return path ? readSettingsFile(path, flag ? `--${CONFIG_FILE.flag}` : CONFIG_FILE.variable) : noFile();
}

function valueOf(name: SettingName, given: Layer, problems: string[]): unknown {
  const setting = SETTINGS[name];
  const fallback: unknown = 'fallback' in setting ? setting.fallback : undefined;
  const value = given.get(name);
  if (!value && 'required' in setting) {
    const places = `--${flagOf(name)}, ${variableOf(name)}, or ${keyOf(flagOf(name))} in serviceagent in the file`;
    problems.push(`${flagOf(name)} must be set: ${places} of --${CONFIG_FILE.flag}`);
  }
  if (!value) return fallback;
  try {
    return setting.parse(value.text);
  } catch (error) {
    // It may be a key in the place of its file's name, or an address with credentials in it.
    const isShown = !isSecret(name) && !/[\n@]/.test(value.text);
    const shown = isShown ? `, not ${JSON.stringify(value.text)}` : '';
    problems.push(`${value.label} ${(error as Error).message}${shown}`);
    return fallback;
  }
}

/** Settings that make sense together only. */
const GROUPS: SettingName[][] = [
  ['portbindMin', 'portbindMax'],
  ['clientCert', 'clientKey', 'caCert'],
];

function groupProblems(given: Layer): string[] {
  const isTorn = (group: SettingName[]): boolean =>
    group.some((name) => given.has(name)) && !group.every((name) => given.has(name));
  return GROUPS.filter(isTorn).map((group) => {
    const names = group.map((name) => given.get(name)?.label ?? variableOf(name));
    return `${names.slice(0, -1).join(', ')} and ${names.at(-1)} go together: give all or none`;
  });
}

function rangeProblems({ portbindMin = 0, portbindMax = Infinity }: Partial<SettingValues>): string[] {
  return portbindMin < portbindMax
    ? []
    : ['portbind-max must be above portbind-min: it is the first port after the range'];
}

/** A socket is this machine's own, and a broker that is asked over the network need not be on it. */
function wayProblems({ dockerHost }: Partial<SettingValues>, given: Layer, hasBrokers: boolean): string[] {
  const isSocket = dockerHost?.startsWith('unix://');
  const problems: string[] = [];
  if (isSocket && given.has('clientCert')) problems.push('a socket has no TLS: give no certificates with it');
  if (!hasBrokers) return problems;
  if (isSocket)
    problems.push(
      'brokers take no socket as the docker host: give the address at which they reach the engine',
    );
  for (const name of ['name', 'namespace'] as const) {
    const value = given.get(name);
    if (value)
      problems.push(
        `${value.label} is for an agent that writes to the cluster; brokers choose it themselves`,
      );
  }
  return problems;
}
