// Who may do what in an etcd: a role for each instance, with read and write below its own prefix, and a user with that
// role for each binding. Every step looks at what is there, so that it can be repeated after anything.
import { isDeepStrictEqual } from 'node:util';
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

const permissionOf = (instance: string): Permission => ({ permType: 'READWRITE', ...rangeOf(instance) });

export class EtcdAccess {
  readonly #client: EtcdClient;
  readonly #signal: AbortSignal;

  constructor(client: EtcdClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** The role, with its range and no other. */
  async ensureRole(instance: string): Promise<void> {
    const role = roleOf(instance);
    const granted = await this.#permissions(role);
    if (!granted) await this.#ask('role/add', { name: role }, 'exists');
    const wanted = permissionOf(instance);
    for (const { key, range_end } of (granted ?? []).filter((each) => !isDeepStrictEqual(each, wanted)))
      await this.#ask('role/revoke', { role, key, range_end }, 'not granted');
    if (granted?.some((each) => isDeepStrictEqual(each, wanted))) return;
    // Where somebody deleted the role, its users lost it. The range comes last: a role without it is not finished.
    for (const binding of await this.#bindings(instance))
      await this.#ask('user/grant', { user: userOf(instance, binding), role }, 'not found');
    await this.#ask('role/grant', { name: role, perm: wanted });
  }

  /** What somebody else did to the role; undefined where it is as `ensureRole` made it. */
  async drift(instance: string): Promise<string | undefined> {
    const role = roleOf(instance);
    const granted = await this.#permissions(role);
    if (!granted) return `the role ${role} is missing`;
    if (isDeepStrictEqual(granted, [permissionOf(instance)])) return undefined;
    return `the role ${role} has another range than the keys of its instance`;
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
    for (const binding of await this.#bindings(instance)) await this.removeUser(instance, binding);
    await this.#client.call('kv/deleterange', rangeOf(instance), this.#signal);
    await this.#ask('role/delete', { role: roleOf(instance) }, 'not found');
  }

  /** The instances that have a role or a user, and their bindings. */
  async held(): Promise<{ name: string; bindings: string[] }[]> {
    const { roles = [] } = (await this.#ask('role/list', {})) as { roles?: string[] };
    const held = new Map<string, string[]>();
    for (const role of roles) {
      const [, instance] = ROLE.exec(role) ?? [];
      if (instance !== undefined) held.set(instance, []);
    }
    for (const { instance, binding } of await this.#users())
      held.set(instance, [...(held.get(instance) ?? []), binding]);
    return [...held].map(([name, bindings]) => ({ name, bindings }));
  }

  /** Those that have a user. etcd has no shorter list than that of all. */
  async #bindings(instance: string): Promise<string[]> {
    return (await this.#users()).filter((user) => user.instance === instance).map(({ binding }) => binding);
  }

  async #users(): Promise<{ instance: string; binding: string }[]> {
    const { users = [] } = (await this.#ask('user/list', {})) as { users?: string[] };
    return users.flatMap((user) => {
      const [, instance, binding] = USER.exec(user) ?? [];
      return instance === undefined ? [] : { instance, binding: binding! };
    });
  }

  /** Undefined where there is no such role. */
  async #permissions(role: string): Promise<Permission[] | undefined> {
    const found = (await this.#ask('role/get', { role }, 'not found')) as { perm?: Permission[] } | undefined;
    return found && (found.perm ?? []);
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
