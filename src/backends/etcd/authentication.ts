// Whether an etcd can serve at all: it must have authentication, without which anybody may do anything, and know the
// broker as somebody with the role root. Turns it on where the plan wants that.
import type { PlanScope } from '../../sdk/index.js';
import type { EtcdClient } from './client.js';
import { clientFor } from './clients.js';
import { certificateProblem, isRefusal, type Refusal } from './errors.js';
import type { EtcdSettings } from './settings.js';

type Scope = PlanScope<EtcdSettings>;

/** The one user without whom etcd does not turn its authentication on, and the role of who may do anything. */
const ROOT = 'root';

/** A sentence for each thing that the operator has to put right. Throws where the cluster does not answer. */
export async function problemsOf(scope: Scope): Promise<string[]> {
  let client: EtcdClient;
  try {
    client = clientFor(scope);
  } catch (error) {
    return [(error as Error).message]; // of the Secret
  }
  try {
    await client.logIn();
  } catch (error) {
    if (!isRefusal(error, 'no authentication')) return [refusalOf(scope, error)];
    const problem = await turnOn(scope, client);
    if (problem !== undefined) return [problem];
  }
  return rootProblems(scope, client);
}

/** What the operator can do about it; what passes by itself is thrown again. */
function refusalOf({ settings: { endpoints, adminSecret } }: Scope, error: unknown): string {
  const at = `the etcd at ${endpoints[0]}`;
  if (isRefusal(error, 'wrong password'))
    return `${at} does not take the username and password of the Secret ${adminSecret}: correct them`;
  if (isRefusal(error, 'common name'))
    return `${at} refuses client certificates with a common name: put one without into the Secret ${adminSecret}`;
  const certificate = certificateProblem((error as Error).cause);
  if (certificate === undefined) throw error;
  return `${at} cannot be reached with the Secret ${adminSecret}: ${certificate}`;
}

async function rootProblems({ settings, secret, signal }: Scope, client: EtcdClient): Promise<string[]> {
  const { endpoints, adminSecret } = settings;
  const name = secret(adminSecret).username!;
  const { roles = [] } = (await client.call('auth/user/get', { name }, signal)) as { roles?: string[] };
  if (roles.includes(ROOT)) return [];
  const remedy = `etcdctl user grant-role ${name} root`;
  return [`the user ${name} of the etcd at ${endpoints[0]} has not the role root: grant it (${remedy})`];
}

/** Another replica may do the same at once: who comes too late is refused, as anybody without a name is from then on. */
async function turnOn(scope: Scope, client: EtcdClient): Promise<string | undefined> {
  const { endpoints, adminSecret, enableAuthentication = false } = scope.settings;
  const { username, password } = scope.secret(adminSecret);
  const at = `the etcd at ${endpoints[0]}`;
  if (!enableAuthentication)
    return `${at} has no authentication: turn it on (etcdctl auth enable), or set enableAuthentication`;
  if (username !== ROOT)
    return `${at} has no authentication, and turns it on only with a user root: let that be who is in the Secret ${adminSecret}`;
  const ask = async (path: string, body: object, settled?: Refusal): Promise<boolean> => {
    try {
      await client.callOpenly(`auth/${path}`, body, scope.signal);
      return true;
    } catch (error) {
      if (isRefusal(error, 'stale token', ...(settled ? [settled] : []))) return false;
      throw error;
    }
  };
  await ask('role/add', { name: ROOT }, 'exists');
  const isNew = await ask('user/add', { name: ROOT, password }, 'exists');
  if (!isNew) await ask('user/changepw', { name: ROOT, password });
  await ask('user/grant', { user: ROOT, role: ROOT });
  if (await ask('enable', {})) scope.log.info('authentication of etcd is turned on', { endpoints });
  try {
    await client.logIn();
    return undefined;
  } catch (error) {
    return refusalOf(scope, error);
  }
}
