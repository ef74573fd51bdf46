// Who may do what in an etcd: a role for each instance, with read and write below its own prefix, and a user with that
// role for each binding. Every step looks at what is there, so that it can be repeated after anything.
import type { EtcdClient } from './client.js';
import { isRefusal, type Refusal } from './errors.js';

/** Names in the cluster consist of letters, digits, dashes and dots, so that an underscore parts them for sure. */
const ROLE = /^instance-([^_]+)$/;
const USER = /^user-([^_]+)_([^_]+)$/;

export const prefixOf = (instance: string): string => `/service_instances/${instance}/`;
export const roleOf = (instance: string): string => `instance-${instance}`;
export const userOf = (instance: string, binding: string): string => `user-${instance}_${binding}`;

/** All keys that begin with the prefix: etcd takes ranges as their first key and the first one behind. */
export function rangeOf(instance: string): { key: string; range_end: string } {
  const first = Buffer.from(prefixOf(instance));
  const end = Buffer.from(first);
  end[end.length - 1]! += 1; // of the slash, which is far from overflowing
  return { key: first.toString('base64'), range_end: end.toString('base64') };
}

interface Permission {
  permType?: string;
  key?: string;
  range_end?: string;
}

export class EtcdAccess {
  readonly #client: EtcdClient;
  readonly #signal: AbortSignal;

  constructor(client: EtcdClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** The role, with its range and no other. */
  async ensureRole(instance: string): Promise<void> {
    const name = roleOf(instance);
    const wanted = { permType: 'READWRITE', ...rangeOf(instance) };
    await this.#ask('role/add', { name }, 'exists');
    const { perm = [] } = (await this.#ask('role/get', { role: name })) as { perm?: Permission[] };
    const isWanted = ({ permType, key, range_end }: Permission): boolean =>
      permType === wanted.permType && key === wanted.key && range_end === wanted.range_end;
    for (const { key, range_end } of perm.filter((each) => !isWanted(each)))
      await this.#ask('role/revoke', { role: name, key, range_end }, 'not granted');
    if (!perm.some(isWanted)) await this.#ask('role/grant', { name, perm: wanted });
  }

  /** The user, with this password from now on and the instance's role. */
  async ensureUser(instance: string, binding: string, password: string): Promise<string> {
    const name = userOf(instance, binding);
    const isNew = await this.#ask('user/add', { name, password }, 'exists');
    if (!isNew) await this.#ask('user/changepw', { name, password });
    await this.#ask('user/grant', { user: name, role: roleOf(instance) });
    return name;
  }

  async removeUser(instance: string, binding: string): Promise<void> {
    await this.#ask('user/delete', { name: userOf(instance, binding) }, 'not found');
  }

  /** Users first, who could write on; then the keys; the role last, since it tells that something is left. */
  async removeInstance(instance: string): Promise<void> {
    for (const held of await this.held())
      if (held.name === instance)
        for (const binding of held.bindings) await this.removeUser(instance, binding);
    await this.#client.call('kv/deleterange', rangeOf(instance), this.#signal);
    await this.#ask('role/delete', { role: roleOf(instance) }, 'not found');
  }

  /** The instances that have a role or a user, and their bindings. */
  async held(): Promise<{ name: string; bindings: string[] }[]> {
    const { roles = [] } = (await this.#ask('role/list', {})) as { roles?: string[] };
    const { users = [] } = (await this.#ask('user/list', {})) as { users?: string[] };
    const held = new Map<string, string[]>();
    for (const role of roles) {
      const [, instance] = ROLE.exec(role) ?? [];
      if (instance !== undefined) held.set(instance, []);
    }
    for (const user of users) {
      const [, instance, binding] = USER.exec(user) ?? [];
      if (instance !== undefined) held.set(instance, [...(held.get(instance) ?? []), binding!]);
    }
    return [...held].map(([name, bindings]) => ({ name, bindings }));
  }

  /** The answer; undefined where etcd says that it is so already. */
  async #ask(path: string, body: object, settled?: Refusal): Promise<object | undefined> {
    try {
      return await this.#client.call(`auth/${path}`, body, this.#signal);
    } catch (error) {
      if (settled !== undefined && isRefusal(error, settled)) return undefined;
      throw error;
    }
  }
}
