// Whether the broker can work on the cluster at all: asked once at the start, so that what a person has to put right is
// said in a sentence, and not tried again for ever.
import type { ClusterConfig } from './kube/config.js';
import { KubeError } from './kube/errors.js';
import { createResourceClient } from './kube/resource-client.js';
import type { ResourceType } from './kube/types.js';
import { INSTANCES } from './resources/kinds.js';

/** Throws an error that names the cluster, what is wrong, and the remedy. `more` is what the broker follows beside its own. */
export async function requireCluster(
  cluster: ClusterConfig,
  namespace: string,
  more: readonly ResourceType[] = [],
): Promise<void> {
  for (const type of [INSTANCES, ...more]) {
    try {
      await createResourceClient(cluster, type, namespace).list({ limit: 1 });
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      const problem = problemOf(error, type.plural, namespace);
      throw new Error(`the cluster at ${cluster.serverUrl} ${problem}`, { cause: error });
    }
  }
}

function problemOf(error: KubeError, resources: string, namespace: string): string {
  switch (error.status) {
    case 404:
      return 'does not know the custom resources: kubectl apply -f crds/ brings them';
    case 401:
      return 'does not accept the credentials of the kubeconfig or service account: renew them';
    case 403:
      return `does not let the broker list ${resources} in the namespace ${namespace}: give it a role that does`;
    default:
      return `cannot be used now (${error.message}): see that it runs, and that the kubeconfig names its address`;
  }
}
