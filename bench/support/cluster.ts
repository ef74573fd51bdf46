// Where the benchmarks run: an embedded API server in a process of its own, or, only where BENCH_CLUSTER=1 says so, the
// API server of the current kubeconfig, in namespaces that are removed afterwards.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesObjectApi, VersionApi } from '@kubernetes/client-node';
import { applyDefinitions } from '../../src/cli/definitions.js';
import { type ClusterConfig, loadKubeConfig } from '../../src/sdk/kube/config.js';
import { isConflict, isNotFound } from '../../src/sdk/kube/errors.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { KubeObject } from '../../src/sdk/kube/types.js';
import { BINDINGS, INSTANCES } from '../../src/sdk/resources/kinds.js';
import type { ApiServerInfo } from './api-server-process.js';
import { Child } from './child.js';
import { inParallel } from './load.js';
import { pages } from './pages.js';

export const ON_REAL_CLUSTER = process.env.BENCH_CLUSTER === '1';

const CLEANERS = 32;

export interface BenchCluster {
  /** For files that go with it. */
  readonly directory: string;
  /** Of the kubeconfig file. */
  readonly kubeconfig: string;
  readonly config: ClusterConfig;
  /** Another namespace, with the custom resources served. */
  namespace(): Promise<string>;
  close(): Promise<void>;
}

const open = new Set<BenchCluster>();

/** For an end before the end: nothing is to be left on a cluster that is somebody's. */
export async function closeAll(): Promise<void> {
  for (const cluster of open) await cluster.close();
}

export async function openCluster(): Promise<BenchCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-bench-'));
  const local = ON_REAL_CLUSTER
    ? undefined
    : await Child.start<ApiServerInfo, Record<string, never>>('./api-server-process.js');
  const kubeconfig = local ? join(directory, 'kubeconfig') : givenKubeconfig();
  if (local) writeFileSync(kubeconfig, local.info.kubeconfig);
  const config = loadKubeConfig({ kubeconfig });
  const namespaces: string[] = [];
  const cluster: BenchCluster = {
    directory,
    kubeconfig,
    config,
    async namespace() {
      const name = `brokersdk-bench-${randomBytes(4).toString('hex')}`;
      namespaces.push(name);
      await applyDefinitions(config, name);
      return name;
    },
    async close() {
      open.delete(cluster);
      if (!local) for (const name of namespaces) await removeNamespace(config, name);
      await config.close();
      await local?.stop();
      rmSync(directory, { recursive: true });
    },
  };
  open.add(cluster);
  return cluster;
}

/** What it is that bears the load. */
export async function serverVersion(): Promise<string> {
  if (!ON_REAL_CLUSTER) return 'embedded';
  const config = loadKubeConfig({ kubeconfig: givenKubeconfig() });
  const { gitVersion } = await config.makeApiClient(VersionApi).getCode();
  await config.close();
  return `Kubernetes ${gitVersion}`;
}

function givenKubeconfig(): string {
  const path = process.env.KUBECONFIG;
  if (path) return path;
  throw new Error('BENCH_CLUSTER=1 needs KUBECONFIG: name the cluster that is to bear the load');
}

/** What was on its way out has gone meanwhile. */
function unlessGone(error: unknown): void {
  if (!isConflict(error) && !isNotFound(error)) throw error;
}

/** No broker is there any more to let go of what a benchmark left behind; with the namespace, the rest goes. */
async function removeNamespace(config: ClusterConfig, namespace: string): Promise<void> {
  for (const type of [BINDINGS, INSTANCES]) {
    const client = createResourceClient<KubeObject>(config, type, namespace);
    for await (const items of pages(client)) {
      await inParallel(items.length, CLEANERS, (index) => {
        const { metadata, ...rest } = items[index]!;
        return client.replace({ ...rest, metadata: { ...metadata, finalizers: [] } }).catch(unlessGone);
      });
    }
  }
  const api = KubernetesObjectApi.makeApiClient(config);
  await api.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
}
