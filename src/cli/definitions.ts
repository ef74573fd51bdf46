// Brings the custom resource definitions and the namespace into a cluster, by server-side apply.
import { readdirSync, readFileSync } from 'node:fs';
import { type KubernetesObject, KubernetesObjectApi, loadYaml, PatchStrategy } from '@kubernetes/client-node';
import type { ClusterConfig } from '../sdk/index.js';

const DEFINITIONS = new URL('../../crds/', import.meta.url);
const FIELD_MANAGER = 'brokersdk';

/** Resolves when the API server serves all of them. */
export async function applyDefinitions(cluster: ClusterConfig, namespace: string): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(cluster);
  await apply(api, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const definitions = readdirSync(DEFINITIONS).map((file) =>
    loadYaml<KubernetesObject>(readFileSync(new URL(file, DEFINITIONS), 'utf8')),
  );
  for (const definition of definitions) await apply(api, definition);
  for (const definition of definitions) await established(api, definition);
}

async function apply(api: KubernetesObjectApi, object: KubernetesObject): Promise<void> {
  await api.patch(object, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
}

interface Definition extends KubernetesObject {
  status?: { conditions?: { type: string; status: string }[] };
}

async function established(api: KubernetesObjectApi, definition: KubernetesObject): Promise<void> {
  const { apiVersion, kind, metadata } = definition;
  const header = { apiVersion: apiVersion!, kind: kind!, metadata: { name: metadata!.name! } };
  for (let attempt = 0; attempt < 100; attempt++) {
    const { status } = await api.read<Definition>(header);
    if (status?.conditions?.some(({ type, status: holds }) => type === 'Established' && holds === 'True'))
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(
    `the cluster does not serve ${header.metadata.name}: see its status with kubectl describe crd`,
  );
}
