// The agent's settings as flags: `--docker-port 2375` or `--docker-port=2375`. A secret is no flag, and no value is quoted
// here: a flag that is not known may have been meant to be a secret's.
import { parseArgs } from 'node:util';
import { suggestion } from '../sdk/settings-nearest.js';
import {
  CONFIG_FILE,
  flagOf,
  isSecret,
  type Layer,
  NAMES,
  type SettingName,
  variableOf,
} from './settings.js';

export interface Flags {
  layer: Layer;
  configFile?: string;
  problems: string[];
}

const BY_FLAG: ReadonlyMap<string, SettingName> = new Map(NAMES.map((name) => [flagOf(name), name]));
const WORDS = [...NAMES.filter((name) => !isSecret(name)).map(flagOf), CONFIG_FILE.flag];
const OPTIONS = Object.fromEntries(
  [...BY_FLAG.keys(), CONFIG_FILE.flag].map((flag) => [flag, { type: 'string' as const }]),
);

/** What flags say; the last word on a setting counts. */
export function readFlags(args: readonly string[]): Flags {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const flags: Flags = { layer: new Map(), problems: [] };
  let unknown = -2;
  for (const token of tokens) {
    // What follows an unknown flag is likely its value, of which the one problem is enough.
    if (token.kind === 'option-terminator' || token.index === unknown || token.index - 1 === unknown)
      continue;
    if (token.kind === 'positional') {
      flags.problems.push(
        'a word that belongs to no flag is not expected: settings are given as --flag value',
      );
    } else if (!takeFlag(flags, token)) unknown = token.inlineValue ? -2 : token.index;
  }
  return flags;
}

interface Option {
  name: string;
  rawName: string;
  value: string | undefined;
  inlineValue: boolean | undefined;
}

/** False for a flag that is not known. */
function takeFlag(flags: Flags, { name, rawName, value, inlineValue }: Option): boolean {
  const setting = BY_FLAG.get(name);
  if (!rawName.startsWith('--') || (!setting && name !== CONFIG_FILE.flag)) {
    flags.problems.push(`${rawName} is not a flag${suggestion(name, WORDS, '--') || '; --help lists them'}`);
    return false;
  }
  const label = `--${name}`;
  if (setting && isSecret(setting)) {
    flags.problems.push(
      `${label} is not taken as a flag, because the process list shows it: set ${variableOf(setting)}, ` +
        `or the passwords of brokerservers in the file of --${CONFIG_FILE.flag}`,
    );
  } else if (value === undefined || (!inlineValue && value.startsWith('-'))) {
    flags.problems.push(`${label} needs a value: ${label}=VALUE`);
  } else if (setting) flags.layer.set(setting, { text: value, label });
  else flags.configFile = value;
  return true;
}
