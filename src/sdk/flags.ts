// Settings as flags: `--port 8080` or `--port=8080`. A secret is no flag, since everyone on a machine can read the
// process list; and no value is quoted here, since a flag that is not known may have been meant to be a secret's.
import { parseArgs } from 'node:util';
import { suggestion } from './settings-nearest.js';

/** The flags that a program has. */
export interface FlagsTaken<Name> {
  /** Each setting by its flag, without its dashes. */
  settings: ReadonlyMap<string, Name>;
  /** The flag that names the file of settings. */
  file: string;
  /** For a setting that is secret, where it is given instead: `set PASSWORD`. */
  elsewhere: (setting: Name) => string | undefined;
}

export interface FlagsGiven<Name> {
  layer: Map<Name, { text: string; label: string }>;
  configFile?: string;
  problems: string[];
}

/** What flags say; the last word on a setting counts. */
export function flagsIn<Name>(args: readonly string[], taken: FlagsTaken<Name>): FlagsGiven<Name> {
  const options = Object.fromEntries(
    [...taken.settings.keys(), taken.file].map((flag) => [flag, { type: 'string' as const }]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const given: FlagsGiven<Name> = { layer: new Map(), problems: [] };
  const unknown = new Set<number>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      // After an unknown flag it is likely its value, of which the one problem is enough.
      if (!unknown.has(token.index - 1)) given.problems.push(NO_FLAG);
    } else if (!unknown.has(token.index) && !takeFlag(given, token, taken)) {
      unknown.add(token.index); // other letters of -abc have the same
    }
  }
  return given;
}

const NO_FLAG = 'a word that belongs to no flag is not expected: settings are given as --flag value';

interface Option {
  name: string;
  rawName: string;
  value: string | undefined;
  inlineValue: boolean | undefined;
}

/** False for a flag that is not known. */
function takeFlag<Name>(
  given: FlagsGiven<Name>,
  { name, rawName, value, inlineValue }: Option,
  { settings, file, elsewhere }: FlagsTaken<Name>,
): boolean {
  const setting = settings.get(name);
  if (!rawName.startsWith('--') || (setting === undefined && name !== file)) {
    const near = suggestion(name, [...settings.keys(), file], '--');
    given.problems.push(`${rawName} is not a flag${near || '; --help lists them'}`);
    return false;
  }
  const label = `--${name}`;
  const remedy = setting === undefined ? undefined : elsewhere(setting);
  if (remedy !== undefined) {
    given.problems.push(`${label} is not taken as a flag, because the process list shows it: ${remedy}`);
  } else if (value === undefined || (!inlineValue && value.startsWith('-'))) {
    given.problems.push(`${label} needs a value: ${label}=VALUE`);
  } else if (setting === undefined) given.configFile = value;
  else given.layer.set(setting, { text: value, label });
  return true;
}
