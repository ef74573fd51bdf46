// Settings as flags: `--port 8080` or `--port=8080`. A secret is no flag, since everyone on a machine can read the
// process list; and no value is quoted here, since a flag that is not known may have been meant to be a secret's.
import { parseArgs } from 'node:util';
import { CONFIG_FILE, FLAGS, isSecret, type Layer, SETTINGS, settingOf } from './settings.js';
import { suggestion } from './settings-nearest.js';

export interface Flags {
  layer: Layer;
  configFile?: string;
  problems: string[];
}

const OPTIONS = Object.fromEntries(
  [...FLAGS, CONFIG_FILE.flag].map((name) => [name, { type: 'string' as const }]),
);

/** What flags say; the last word on a setting counts. */
export function readFlags(args: readonly string[]): Flags {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const flags: Flags = { layer: new Map(), problems: [] };
  const unknown = new Set<number>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      // After an unknown flag it is likely its value, of which the one problem is enough.
      if (!unknown.has(token.index - 1)) {
        flags.problems.push(`"${token.value}" is not expected: settings are given as --flag value`);
      }
      continue;
    }
    if (unknown.has(token.index)) continue; // another letter of -abc
    const isKnown = takeFlag(flags, token);
    if (!isKnown) unknown.add(token.index);
  }
  return flags;
}

interface Option {
  name: string;
  rawName: string;
  value: string | undefined;
  inlineValue: boolean | undefined;
}

function takeFlag(flags: Flags, { name, rawName, value, inlineValue }: Option): boolean {
  const setting = settingOf(name);
  if (!rawName.startsWith('--') || (!setting && name !== CONFIG_FILE.flag)) {
    const near = suggestion(name, Object.keys(OPTIONS), '--');
    flags.problems.push(`${rawName} is not a flag${near || '; --help lists them'}`);
    return false;
  }
  const label = `--${name}`;
  if (setting && isSecret(setting)) {
    flags.problems.push(
      `${label} is not taken as a flag, because the process list shows it: set ${SETTINGS[setting].env}, ` +
        `or ${name} in the file of --${CONFIG_FILE.flag}`,
    );
  } else if (value === undefined || (!inlineValue && value.startsWith('-'))) {
    flags.problems.push(`${label} needs a value: ${label}=VALUE`);
  } else if (setting) flags.layer.set(setting, { text: value, label });
  else flags.configFile = value;
  return true;
}
