// A real etcd with authentication on, in a process of its own, and a broker whose catalog has a plan of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EtcdSettings } from '../../src/backends/etcd/settings.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { KubeObject } from '../../src/sdk/kube/types.js';
import { API_VERSION, SECRET_LABEL, SECRETS } from '../../src/sdk/resources/kinds.js';
import { EtcdServer, missingEtcd } from '../../test/support/etcd-server.js';
import { BenchBroker } from './broker.js';
import { type BenchCluster, openCluster } from './cluster.js';
import { quiet } from './quiet.js';
import type { Measurement } from './report.js';

/** What etcd hashes with where nobody says otherwise. */
export const DEFAULT_BCRYPT_COST = 10;

export const ETCD_IDS = { service_id: 'etcd', plan_id: 'etcd-shared' };

const ADMIN_SECRET = 'etcd-admin';

export interface EtcdScene {
  etcd: EtcdServer;
  settings: EtcdSettings;
  broker: BenchBroker;
}

/** Measures with what is started for it alone; where no etcd is installed, says so instead. */
export async function unlessMissing(
  title: string,
  measure: () => Promise<Measurement>,
): Promise<Measurement> {
  const missing = missingEtcd();
  if (missing === undefined) return measure();
  process.stderr.write(`\nSKIPPED: ${title}: ${missing}\n`);
  return { title: `${title}: skipped`, rows: [{ 'not measured': missing }] };
}

export async function withEtcd<T>(bcryptCost: number, work: (scene: EtcdScene) => Promise<T>): Promise<T> {
  const etcd = await EtcdServer.start({ bcryptCost });
  const killed = (): void => void etcd.killMember(); // also where the benchmark ends before its end
  process.once('exit', killed);
  try {
    const cluster = await openCluster();
    try {
      const settings: EtcdSettings = {
        endpoints: etcd.endpoints,
        adminSecret: ADMIN_SECRET,
        timeoutMs: 30_000,
      };
      const broker = await startBroker(cluster, etcd, settings);
      return await work({ etcd, settings, broker }).finally(() => broker.stop());
    } finally {
      await cluster.close();
    }
  } finally {
    process.off('exit', killed);
    await etcd.stop();
  }
}

async function startBroker(
  cluster: BenchCluster,
  { admin }: EtcdServer,
  settings: EtcdSettings,
): Promise<BenchBroker> {
  const namespace = await cluster.namespace();
  const encoded = Object.entries(admin).map(([key, value]) => [
    key,
    Buffer.from(value as string).toString('base64'),
  ]);
  const secret: KubeObject & { data: Record<string, string> } = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: ADMIN_SECRET, labels: { [SECRET_LABEL]: 'backend' } },
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
  await createResourceClient<KubeObject>(cluster.config, SECRETS, namespace).create(secret);
  const catalog = join(cluster.directory, 'catalog.yaml');
  writeFileSync(catalog, JSON.stringify(offering(settings)));
  const broker = await BenchBroker.start(cluster, { namespace, env: { BROKER_CATALOG_FILE: catalog } });
  await quiet(broker); // until the offering has been accepted
  return broker;
}

const offering = (settings: EtcdSettings): object => ({
  apiVersion: API_VERSION,
  kind: 'ServiceOffering',
  metadata: { name: 'etcd' },
  spec: {
    ...{ id: ETCD_IDS.service_id, name: 'etcd', description: 'A key space of your own' },
    plans: [
      { id: ETCD_IDS.plan_id, name: 'shared', description: 'In a shared cluster', backend: 'etcd', settings },
    ],
  },
});

/** Milliseconds of processor time since the start, as the member itself tells. */
export async function etcdProcessorMs({ endpoints }: EtcdServer): Promise<number> {
  const answer = await fetch(`${endpoints[0]}/metrics`);
  const [, seconds] = /^process_cpu_seconds_total (\S+)$/m.exec(await answer.text()) ?? [];
  return Number(seconds) * 1000;
}

export async function etcdVersion({ endpoints }: EtcdServer): Promise<string> {
  const answer = (await (await fetch(`${endpoints[0]}/version`)).json()) as { etcdserver: string };
  return answer.etcdserver;
}
