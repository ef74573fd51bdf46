// What the tests of this room share: the routes on a real server, in front of a broker that is asked nothing, and the stores
// behind them.
import type { BrokerContext } from '../../sdk/index.js';
import { instanceOf, MemoryStore } from '../../sdk/controllers/harness.test.js';
import type { Lease } from '../../sdk/kube/lease.js';
import type { Secret } from '../../sdk/kube/types.js';
import { authentication } from '../../sdk/osb/authentication.js';
import { checks } from '../../sdk/osb/checks.js';
import { Credentials } from '../../sdk/osb/credentials.js';
import {
  type Answered,
  basic,
  type Harness,
  memoryLog,
  type Sent,
  startHarness,
} from '../../sdk/osb/harness.test.js';
import { versionCheck } from '../../sdk/osb/version.js';
import {
  API_VERSION,
  type DockerHost,
  OFFERINGS,
  SECRET_LABEL,
  type ServiceInstance,
  type ServiceOffering,
} from '../../sdk/resources/kinds.js';
import { ManualClock } from '../../sdk/runtime/harness.test.js';
import { VersionedStore } from '../harness.test.js';
import { dockerRoutes } from './routes.js';

const ADMINISTRATOR = { username: 'root', password: 'a-password' };

export interface Rest {
  osb: Harness;
  hosts: VersionedStore<DockerHost>;
  leases: VersionedStore<Lease>;
  offerings: VersionedStore<ServiceOffering>;
  secrets: VersionedStore<Secret>;
  instances: MemoryStore<ServiceInstance>;
  clock: ManualClock;
  /** As an administrator, where the headers say nothing else. */
  send(method: string, path: string, sent?: Sent): Promise<Answered>;
  /** All writes of all stores. */
  writes(): string[];
  /** All lines of the log. */
  logged(): string;
}

/** Without administrators, the routes are not there. */
export async function startRest(
  options: { administrators: boolean } = { administrators: true },
): Promise<Rest> {
  const hosts = new VersionedStore<DockerHost>();
  const leases = new VersionedStore<Lease>();
  const offerings = new VersionedStore<ServiceOffering>();
  const secrets = new VersionedStore<Secret>();
  const instances = new MemoryStore<ServiceInstance>();
  const clock = new ManualClock();
  const { log, text } = memoryLog();
  const credentials = new Credentials({ pairs: [ADMINISTRATOR] }, { log });
  const administrators = checks(authentication(credentials), versionCheck(412));
  const context: BrokerContext = {
    ...{ namespace: 'brokers', log, clock, offerings, secrets, instances },
    follow: () => {
      throw new Error('nothing more is followed');
    },
    ...(options.administrators ? { administrators } : {}),
  };
  const osb = await startHarness({ app: { pages: [dockerRoutes(context, { hosts, leases })] } });
  const stores = [hosts, leases, offerings, secrets];
  return {
    ...{ osb, hosts, leases, offerings, secrets, instances, clock },
    send: (method, path, sent = {}) =>
      osb.send(method, path, {
        ...sent,
        headers: { authorization: basic(ADMINISTRATOR), ...sent.headers },
      }),
    writes: () => stores.flatMap((store) => store.writes()),
    logged: () => text() + osb.text(),
  };
}

export const imagePath = (image: string): string => `/docker/image/${encodeURIComponent(image)}`;

export const offeringMade = (name: string, service: string, settings: object = {}): ServiceOffering => ({
  apiVersion: API_VERSION,
  kind: OFFERINGS.kind,
  metadata: { name },
  spec: {
    ...{ id: service, name: service, description: 'By hand' },
    plans: [
      { id: `${service}_s`, name: 's', description: 'd', backend: 'docker', settings: { ...settings } },
    ],
  },
});

export const secretMade = (name: string, data: Record<string, string>, role = 'backend'): Secret => ({
  ...{ apiVersion: 'v1', kind: 'Secret' },
  metadata: { name, labels: role ? { [SECRET_LABEL]: role } : {} },
  data: Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
});

export function instanceMade(name: string, image: string, plan: string, settings: object): ServiceInstance {
  const { spec, ...rest } = instanceOf(name);
  const planId = `${image}_${plan}`;
  const resolvedPlan = { ...spec.resolvedPlan!, planId, settings: { ...settings } };
  return { ...rest, spec: { ...spec, serviceId: image, planId, resolvedPlan } };
}
