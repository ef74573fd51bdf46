// Bearer tokens that live in files and are renewed there. client-node passes over the `tokenFile` of a kubeconfig, and
// reads the token of a service account once a minute only; here every call goes with the token of its moment.
import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type KubeConfig, loadYaml, type User } from '@kubernetes/client-node';

type Authenticator = Parameters<KubeConfig['addAuthenticator']>[0];

const PROVIDER = 'token-file';

export const tokenFiles: Authenticator = {
  isAuthProvider: (user) => providerOf(user)?.name === PROVIDER,
  async applyAuthentication(user, options) {
    const token = (await readFile(providerOf(user)?.path ?? '', 'utf8')).trim();
    (options as { headers: Record<string, string> }).headers.Authorization = `Bearer ${token}`;
  },
};

/** Lets the users of a kubeconfig file have the token files that it names; paths are relative to the file. */
export function useTokenFiles(config: KubeConfig, file: string): void {
  const { users } = loadYaml<{ users?: { name: string; user?: { tokenFile?: string } }[] }>(
    readFileSync(file, 'utf8'),
  );
  for (const { name, user } of users ?? []) {
    if (user?.tokenFile) useTokenFile(config, name, resolve(dirname(file), user.tokenFile));
  }
}

/** As with kubectl, the file wins over a token that stands beside it. */
export function useTokenFile(config: KubeConfig, userName: string, path: string): void {
  config.users = config.users.map((user) => {
    if (user.name !== userName) return user;
    const { token: _, ...rest } = user;
    return { ...rest, authProvider: { name: PROVIDER, path } };
  });
}

const providerOf = (user: User) => user.authProvider as { name: string; path: string } | undefined;
