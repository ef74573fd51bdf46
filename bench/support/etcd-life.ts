// The life of one key space with one binding: through the broker, as a platform has it, and bare, by the backend's own
// functions, which send the same requests to etcd in the same order.
import { randomUUID } from 'node:crypto';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import type { EtcdSettings } from '../../src/backends/etcd/settings.js';
import type { BackendLog, Binding, Instance } from '../../src/sdk/index.js';
import { ownsNothing } from '../../test/support/owns-nothing.js';
import type { EtcdServer } from '../../test/support/etcd-server.js';
import type { BenchBroker } from './broker.js';
import { provisionBody } from './definition.js';
import { ETCD_IDS, type EtcdScene } from './etcd.js';

export const STEPS = ['provision', 'bind', 'unbind', 'deprovision'] as const;

export type Step = (typeof STEPS)[number];

/** To be called in the order of `STEPS`; each resolves when it is done. */
export type Life = Record<Step, () => Promise<unknown>>;

export async function live(life: Life): Promise<void> {
  for (const step of STEPS) await life[step]();
}

/** Synchronous requests: each answer says that it is done. */
export function brokeredLife({ broker }: Pick<EtcdScene, 'broker'>): Life {
  const instance = `/v2/service_instances/${randomUUID()}`;
  const binding = `${instance}/service_bindings/${randomUUID()}`;
  const query = `?${new URLSearchParams(ETCD_IDS).toString()}`;
  const provision = { ...provisionBody(), ...ETCD_IDS, parameters: {} };
  const send = async (...request: Parameters<BenchBroker['send']>): Promise<void> => {
    const { status, text } = await broker.send(...request);
    if (status !== 200 && status !== 201)
      throw new Error(`${request[0]} was answered with ${status}: ${text}`);
  };
  return {
    provision: () => send('PUT', instance, provision),
    bind: () => send('PUT', binding, ETCD_IDS),
    unbind: () => send('DELETE', `${binding}${query}`),
    deprovision: () => send('DELETE', `${instance}${query}`),
  };
}

const SILENT: BackendLog = { debug() {}, info() {}, warn() {}, error() {} };
const NEVER = new AbortController().signal;

type Bare = Pick<EtcdScene, 'etcd' | 'settings'>;

export function bareLife({ etcd, settings }: Bare): Life {
  const instance = instanceOf(etcd, settings);
  const binding = bindingOf(instance);
  return {
    provision: async () => etcdBackend.ensure(instance),
    bind: async () => etcdBackend.bind!(binding),
    unbind: async () => etcdBackend.unbind!(binding),
    deprovision: async () => etcdBackend.destroy(instance),
  };
}

/** What the broker asks beside the steps: at each resync, and when the offering, a Secret or the instance changed. */
export function bareLooks({ etcd, settings }: Bare): Record<string, () => Promise<unknown>> {
  const instance = instanceOf(etcd, settings);
  return {
    'a look at a plan': () => etcdBackend.check!({ ...instance, ...ownsNothing }),
    'a look at what is Ready': async () => etcdBackend.observe!(instance),
  };
}

function instanceOf({ admin }: EtcdServer, settings: EtcdSettings): Instance<EtcdSettings> {
  const name = randomUUID();
  return {
    ...{ id: name, name, serviceId: ETCD_IDS.service_id, planId: ETCD_IDS.plan_id, operationId: 'operation' },
    ...{ settings, parameters: {}, context: {}, signal: NEVER, log: SILENT },
    secret: () => ({ ...admin }),
    ...ownsNothing,
  };
}

function bindingOf(instance: Instance<EtcdSettings>): Binding<EtcdSettings> {
  const name = randomUUID();
  const { operationId, signal, log } = instance;
  return {
    id: name,
    name,
    instance,
    parameters: {},
    bindResource: {},
    context: {},
    operationId,
    signal,
    log,
    ...ownsNothing,
  };
}
