// Who is let in, by the settings: platforms, and administrators.
import type { BrokerContext } from './authoring/broker-part.js';
import { authentication } from './osb/authentication.js';
import { checks } from './osb/checks.js';
import { Credentials } from './osb/credentials.js';
import { versionCheck } from './osb/version.js';
import type { Settings } from './settings.js';
import type { Log } from './telemetry/log.js';

/** Of platforms. */
export function credentialsOf(settings: Settings, log: Log): Credentials {
  const { username, password } = settings;
  return new Credentials(
    {
      pairs: username !== undefined && password !== undefined ? [{ username, password }] : [],
      pairFile: settings.credentialsFile,
      tokenFile: settings.bearerTokenFile,
    },
    { log },
  );
}

export const missingVersionStatusOf = ({ missingVersionStatus }: Settings): 400 | 412 =>
  missingVersionStatus === '400' ? 400 : 412;

/** What lets administrators in; nothing where there are none. */
export function administratorsOf(settings: Settings, log: Log): Pick<BrokerContext, 'administrators'> {
  const { adminCredentialsFile: pairFile } = settings;
  if (pairFile === undefined) return {};
  const credentials = new Credentials(
    { pairFile, pairFileSetting: 'BROKER_ADMIN_CREDENTIALS_FILE' },
    { log },
  );
  const version = versionCheck(missingVersionStatusOf(settings));
  return { administrators: checks(authentication(credentials), version) };
}
