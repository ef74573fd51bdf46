// The agent's settings as flags.
import { type FlagsGiven, flagsIn } from '../sdk/flags.js';
import { CONFIG_FILE, flagOf, isSecret, NAMES, type SettingName, variableOf } from './settings.js';

/** What flags say; the last word on a setting counts. */
export const readFlags = (args: readonly string[]): FlagsGiven<SettingName> =>
  flagsIn(args, {
    settings: new Map(NAMES.map((name) => [flagOf(name), name])),
    file: CONFIG_FILE.flag,
    elsewhere: (setting) =>
      isSecret(setting)
        ? `set ${variableOf(setting)}, or the passwords of brokerservers in the file of --${CONFIG_FILE.flag}`
        : undefined,
  });
