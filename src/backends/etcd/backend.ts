// The backend `etcd`: an instance is a key space of its own in a shared etcd cluster (3.4 and later, authentication on),
// a binding a user who may read and write there and nowhere else. It keeps nothing itself.
import { randomBytes } from 'node:crypto';
import { type BindingResult, done, type NamedBackend, TerminalError } from '../../sdk/index.js';
import { EtcdAccess } from './access.js';
import { problemsOf } from './authentication.js';
import { authorityOf, clientFor, type EtcdScope } from './clients.js';
import { credentialsOf, endpointsOf } from './credentials.js';
import { isRefusal } from './errors.js';
import { KeySpace } from './quota.js';
import { EtcdSettings } from './settings.js';

const MEASURE_EVERY_SECONDS = 60;

const access = (scope: EtcdScope & { signal: AbortSignal }): EtcdAccess =>
  new EtcdAccess(clientFor(scope), scope.signal);

/** The second half of their life is for making a successor and for telling applications of it. */
function lifetimeOf({
  credentialsLifetimeSeconds: seconds,
}: Readonly<EtcdSettings>): Pick<BindingResult, 'expiresAt' | 'renewBefore'> {
  if (seconds === undefined) return {};
  const now = Date.now();
  return { expiresAt: new Date(now + 1000 * seconds), renewBefore: new Date(now + 500 * seconds) };
}

/** Where anybody may do anything, nobody gets a key space of their own. */
async function withAuthentication<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isRefusal(error, 'no authentication')) throw error;
    throw new TerminalError('the etcd of this plan has no authentication: its operator has to turn it on');
  }
}

export const etcdBackend: NamedBackend<EtcdSettings> = {
  name: 'etcd',
  settings: EtcdSettings,

  async ensure(instance) {
    await withAuthentication(access(instance).ensureRole(instance.name));
    return done();
  },

  async destroy(instance) {
    await access(instance).removeInstance(instance.name);
  },

  // A call that was cut off has left a user whose password nobody knows: this one's is another.
  async bind({ instance, name, signal }) {
    const password = randomBytes(24).toString('base64url');
    const making = access({ ...instance, signal }).ensureUser(instance.name, name, password);
    const username = await withAuthentication(making);
    const { settings } = instance;
    const ca = authorityOf(instance);
    const credentials = credentialsOf({ settings, instance: instance.name, username, password, ca });
    return done({ credentials, endpoints: endpointsOf(settings), ...lifetimeOf(settings) });
  },

  async unbind({ instance, name, signal }) {
    await access({ ...instance, signal }).removeUser(instance.name, name);
  },

  async observe(instance) {
    const { name, settings, signal } = instance;
    const drift = await access(instance).drift(name);
    const { quota } = settings;
    return {
      ...(drift === undefined ? {} : { repair: drift }),
      ...(quota
        ? {
            conditions: [await new KeySpace(clientFor(instance), name, signal).quotaExceeded(quota)],
            againAfter: quota.measureEverySeconds ?? MEASURE_EVERY_SECONDS,
          }
        : {}),
    };
  },

  check: (scope) => problemsOf(scope),

  inventory: (scope) => access(scope).held(),
};
