// What the functions of the backend are called with, where a test calls them itself, without a broker.
import { expect } from 'chai';
import { clientFor } from '../../src/backends/etcd/clients.js';
import type { EtcdSettings } from '../../src/backends/etcd/settings.js';
import type { Binding, Instance, PlanScope } from '../../src/sdk/index.js';
import { ownsNothing } from '../support/owns-nothing.js';
import { eventually } from '../support/unchanged.js';
import type { EtcdServer } from './server.js';

/** What `everything()` is where nothing is left. */
export const NOTHING: { users: string[]; roles: string[]; keys: string[] } = {
  users: [],
  roles: [],
  keys: [],
};

/** All keys, in base64, as the range from the first possible one on. */
const ALL = { key: 'AA==', range_end: 'AA==' };

export interface Direct {
  settings?: Partial<EtcdSettings>;
  /** What stands in the Secret; the administrator when absent. */
  secret?: Record<string, string>;
  name?: string;
  signal?: AbortSignal;
}

/** An instance, and what is asked about its plan. */
export function instanceOf(
  etcd: EtcdServer,
  direct: Direct = {},
): Instance<EtcdSettings> & PlanScope<EtcdSettings> {
  const { settings, secret = { ...etcd.admin }, name = 'i', signal = new AbortController().signal } = direct;
  return {
    ...{ id: name, name, serviceId: 's', planId: 'p', parameters: {}, context: {}, operationId: 'o' },
    settings: { endpoints: etcd.endpoints, adminSecret: 'etcd-admin', timeoutMs: 1000, ...settings },
    secret: () => secret,
    signal,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    ...ownsNothing,
  };
}

export function bindingOf(instance: Instance<EtcdSettings>, name = 'b'): Binding<EtcdSettings> {
  const { operationId, signal, log } = instance;
  return {
    ...{ id: name, name, instance, parameters: {}, bindResource: {}, context: {} },
    ...{ operationId, signal, log },
    ...ownsNothing,
  };
}

/** What there is beside the administrator, as `everything()` tells, without a process for it. */
export async function contentsOf(etcd: EtcdServer): Promise<typeof NOTHING> {
  const scope = instanceOf(etcd);
  const ask = (path: string, body: object): Promise<any> => clientFor(scope).call(path, body, scope.signal);
  const { users = [] } = await ask('auth/user/list', {});
  const { roles = [] } = await ask('auth/role/list', {});
  const { kvs = [] } = await ask('kv/range', { ...ALL, keys_only: true });
  const others = (names: string[]): string[] => names.filter((name) => name !== 'root');
  return { users: others(users), roles: others(roles), keys: kvs.map(({ key }: { key: string }) => key) };
}

/** As the controllers do: again, until it is done. */
export async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  const ended = await eventually(
    () =>
      work().then(
        (result) => ({ result }),
        () => undefined,
      ),
    (seen) => seen !== undefined,
  );
  return ended!.result;
}

export const failureOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.fail('it did not fail'),
    (error: Error) => error,
  );
