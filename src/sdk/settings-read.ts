// Puts the settings together: flags over environment over file over defaults. Says all that is wrong at once, each
// problem with the setting as the user wrote it and the remedy, and quotes no secret.
import { CONFIG_FILE, isSecret, type Layer, type SettingName, SETTINGS, type Settings } from './settings.js';
import { readSettingsFile } from './settings-file.js';
import { readFlags } from './settings-flags.js';

export interface SettingsSources {
  /** Flags, as `process.argv.slice(2)` has them; none when absent. */
  args?: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Used where the other sources say nothing, in the place of the built-in defaults. */
  defaults?: Partial<Record<SettingName, string>>;
}

/** The settings of these sources, an empty value being none. Throws one error with a line for each problem. */
export function readSettings({ args = [], env, defaults = {} }: SettingsSources): Settings {
  const flags = readFlags(args);
  const file = readFileOf(flags.configFile, env);
  const names = Object.keys(SETTINGS) as SettingName[];
  const layers = [
    flags.layer,
    layerOf(names, (name) => env[SETTINGS[name].env]),
    file.layer,
    layerOf(names, (name) => defaults[name]),
  ];
  const given: Layer = new Map();
  for (const name of names) {
    const value = layers.map((layer) => layer.get(name)).find((each) => each && each.text !== '');
    if (value) given.set(name, value);
  }
  const problems = [...flags.problems, ...file.problems];
  const values = names.map((name) => [name, valueOf(name, given, problems)]);
  problems.push(...pairProblems(given));
  if (problems.length > 0) throw new Error(`the settings are not right:\n  ${problems.join('\n  ')}`);
  return Object.fromEntries(values) as Settings;
}

function readFileOf(flag: string | undefined, env: NodeJS.ProcessEnv) {
  const path = flag || env[CONFIG_FILE.env];
  if (!path) return { layer: new Map() as Layer, problems: [] };
  return readSettingsFile(path, flag ? `--${CONFIG_FILE.flag}` : CONFIG_FILE.env);
}

function layerOf(names: SettingName[], look: (name: SettingName) => string | undefined): Layer {
  return new Map(names.map((name) => [name, { text: look(name) ?? '', label: SETTINGS[name].env }]));
}

function valueOf(name: SettingName, given: Layer, problems: string[]): unknown {
  const setting = SETTINGS[name];
  const value = given.get(name);
  if (!value) return setting.fallback;
  try {
    return setting.parse(value.text);
  } catch (error) {
    // Of several lines, it may be the key itself in the place of its file's name.
    const isShown = !isSecret(name) && !value.text.includes('\n');
    const shown = isShown ? `, not ${JSON.stringify(value.text)}` : '';
    problems.push(`${value.label} ${(error as Error).message}${shown}`);
    return setting.fallback;
  }
}

/** Settings that make sense together only. */
const PAIRS: [SettingName, SettingName][] = [
  ['username', 'password'],
  ['tlsCertFile', 'tlsKeyFile'],
];

function pairProblems(given: Layer): string[] {
  return PAIRS.filter((pair) => pair.filter((name) => given.has(name)).length === 1).map((pair) => {
    const [one, other] = pair.map((name) => given.get(name)?.label ?? SETTINGS[name].env);
    return `${one} and ${other} go together: give both or none`;
  });
}
