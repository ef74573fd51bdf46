// Where the contract suite runs: on an embedded API server of its own, or, with TEST_CLUSTER=1, on the API server of
// the current kubeconfig, in a namespace of its own that is removed at the end.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesObjectApi } from '@kubernetes/client-node';
import { applyDefinitions } from '../../src/cli/definitions.js';
import { type ClusterConfig, loadKubeConfig } from '../../src/sdk/kube/config.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { KubeObject } from '../../src/sdk/kube/types.js';
import { BINDINGS, INSTANCES } from '../../src/sdk/resources/kinds.js';
import { type Faults, type LocalApiServer, startLocalApiServer } from '../../src/sdk/local/index.js';

export const ON_REAL_CLUSTER = process.env.TEST_CLUSTER === '1';

/** For tests of what an API server does only on demand: says why they do not run on a real one. */
export function faultsOf(cluster: TestCluster, test: Mocha.Context): Faults {
  if (cluster.local) return cluster.local.faults;
  console.warn(`SKIPPED: ${test.test?.fullTitle() ?? 'tests'}: only the embedded API server fails on demand`);
  return test.skip();
}

export interface TestCluster {
  readonly namespace: string;
  /** A file for kubectl, and for processes. */
  readonly kubeconfig: string;
  /** Only where the API server is the embedded one. */
  readonly local?: LocalApiServer;
  /** A configuration of its own for each user; whoever asks closes it. */
  config(): ClusterConfig;
  close(): Promise<void>;
}

export async function openCluster(): Promise<TestCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-test-'));
  const namespace = `brokersdk-test-${randomBytes(4).toString('hex')}`;
  const local = ON_REAL_CLUSTER ? undefined : await startLocalApiServer();
  const kubeconfig = local ? join(directory, 'kubeconfig') : (process.env.KUBECONFIG ?? '');
  if (local) writeFileSync(kubeconfig, local.kubeconfig(namespace));
  const config = (): ClusterConfig => loadKubeConfig({ kubeconfig });
  const admin = config();
  await applyDefinitions(admin, namespace);
  return {
    namespace,
    kubeconfig,
    ...(local ? { local } : {}),
    config,
    async close() {
      if (!local) await removeNamespace(admin, namespace);
      await admin.close();
      await local?.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** No broker is there any more to let go of what a test left behind. */
async function removeNamespace(admin: ClusterConfig, namespace: string): Promise<void> {
  for (const type of [BINDINGS, INSTANCES]) {
    const client = createResourceClient<KubeObject>(admin, type, namespace);
    for (const left of (await client.list()).items) {
      if (!left.metadata.finalizers) continue;
      await client
        .replace({ ...left, metadata: { ...left.metadata, finalizers: [] } })
        .catch(() => undefined);
    }
  }
  const api = KubernetesObjectApi.makeApiClient(admin);
  await api.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
}
