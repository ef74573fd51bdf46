// The broker's settings as flags.
import { type FlagsGiven, flagsIn } from './flags.js';
import { CONFIG_FILE, FLAGS, flagOf, isSecret, type SettingName, SETTINGS, settingOf } from './settings.js';

/** What flags say; the last word on a setting counts. */
export const readFlags = (args: readonly string[]): FlagsGiven<SettingName> =>
  flagsIn(args, {
    settings: new Map(FLAGS.map((flag) => [flag, settingOf(flag)!])),
    file: CONFIG_FILE.flag,
    elsewhere: (setting) =>
      isSecret(setting)
        ? `set ${SETTINGS[setting].env}, or ${flagOf(setting)} in the file of --${CONFIG_FILE.flag}`
        : undefined,
  });
