// What the tests through HTTP begin with: a real etcd, and a broker whose catalog has a plan of it.
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import type { EtcdSettings } from '../../src/backends/etcd/settings.js';
import { API_VERSION, SECRET_LABEL, type ServiceOffering } from '../../src/sdk/resources/kinds.js';
import { startTestBroker, type TestBroker } from '../support/broker.js';
import { idsQuery, provisionBody } from '../support/catalog.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { Kube } from '../support/kube.js';
import type { OsbClient } from '../support/osb-client.js';
import { eventually } from '../support/unchanged.js';
import { NOTHING } from './direct.js';
import { type Account, EtcdServer } from './server.js';

export const IDS = ['etcd-service', 'etcd-shared'] as const;
export const BIND = { service_id: IDS[0], plan_id: IDS[1] };
export const QUERY = idsQuery(...IDS);
export const PROVISION = provisionBody(...IDS);

export type Credentials = Account & Record<string, any>;

const offering = (settings: EtcdSettings): ServiceOffering => ({
  apiVersion: API_VERSION,
  kind: 'ServiceOffering',
  metadata: { name: 'etcd' },
  spec: {
    ...{ id: IDS[0], name: 'etcd', description: 'A key space of your own' },
    plans: [
      {
        ...{ id: IDS[1], name: 'shared', description: 'In a cluster that others use, too' },
        ...{ backend: 'etcd', bindingRotatable: true, settings: { ...settings } },
      },
    ],
  },
});

export const untilInCatalog = (osb: OsbClient): Promise<unknown> =>
  eventually(
    async () => (await osb.catalog()).body.services as unknown[],
    (services) => services.length === 1,
  );

export class EtcdScene {
  #etcd: EtcdServer | undefined;
  #cluster: TestCluster | undefined;
  #kube: Kube | undefined;
  #broker: TestBroker | undefined;

  /** Resolves when the plan is in the catalog. */
  async open(settings: Partial<EtcdSettings>): Promise<void> {
    [this.#etcd, this.#cluster] = await Promise.all([EtcdServer.start(), openCluster()]);
    this.#kube = await Kube.open(this.#cluster);
    await applyPlan(this.#kube, this.#etcd, settings);
    this.#broker = await startTestBroker(this.#cluster, {
      definition: { services: [], backends: [etcdBackend] },
      env: { BROKER_PATIENCE_SECONDS: '20' },
    });
    await untilInCatalog(this.osb);
  }

  async close(): Promise<void> {
    await this.#broker?.stop();
    await this.#kube?.close();
    await this.#cluster?.close();
    await this.#etcd?.stop();
  }

  get etcd(): EtcdServer {
    return this.#etcd!;
  }

  get cluster(): TestCluster {
    return this.#cluster!;
  }

  get kube(): Kube {
    return this.#kube!;
  }

  get broker(): TestBroker {
    return this.#broker!;
  }

  get osb(): OsbClient {
    return this.broker.osb;
  }

  async provision(id: string): Promise<void> {
    expect((await this.osb.provision(id, PROVISION)).status).to.equal(201);
  }

  async deprovision(id: string): Promise<void> {
    expect((await this.osb.deprovision(id, QUERY)).status).to.equal(200);
  }

  /** The credentials. `more` stands in the body, too. */
  async bind(id: string, binding: string, more: object = {}): Promise<Credentials> {
    const { status, body } = await this.osb.bind(id, binding, { ...BIND, ...more });
    expect(status, JSON.stringify(body.description)).to.equal(201);
    return body.credentials;
  }

  async unbind(id: string, binding: string): Promise<void> {
    expect((await this.osb.unbind(id, binding, QUERY)).status).to.equal(200);
  }

  /** What etcdctl complains of, asking as that account. */
  refused(account: Account, ...words: string[]): Promise<string> {
    return this.etcd.as(account, ...words).then(
      (said) => expect.fail(`${words.join(' ')} was not refused: ${said}`),
      (error: Error) => error.message,
    );
  }
}

/** The Secret with the administrator, and the offering. */
export async function applyPlan(
  kube: Kube,
  { admin, endpoints }: EtcdServer,
  settings: Partial<EtcdSettings> = {},
): Promise<void> {
  const encoded = Object.entries(admin).map(([key, value]) => [
    key,
    Buffer.from(value as string).toString('base64'),
  ]);
  await kube.secrets.client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'etcd-admin', labels: { [SECRET_LABEL]: 'backend' } },
    data: Object.fromEntries(encoded) as Record<string, string>,
  });
  await kube.offerings.client.create(offering({ endpoints, adminSecret: 'etcd-admin', ...settings }));
}

/** One scene for the tests of a `describe`; each of them has to leave nothing behind. */
export function useEtcdScene(settings: Partial<EtcdSettings> = {}): EtcdScene {
  const scene = new EtcdScene();
  before(() => scene.open(settings));
  after(() => scene.close());
  afterEach(async () => expect(await scene.etcd.everything(), 'what is left').to.deep.equal(NOTHING));
  return scene;
}
