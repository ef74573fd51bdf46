// What the broker may do with the kinds that a plan needs, asked of the API server itself.
import type { KindReference, MissingRights } from '../authoring/owned-resources.js';
import type { ClusterConfig } from '../kube/config.js';
import { type Discovery, type DiscoveredType, NoKindError } from '../kube/discovery.js';
import { createResourceClient } from '../kube/resource-client.js';
import type { KubeObject, ResourceClient } from '../kube/types.js';

interface AccessReview extends KubeObject {
  spec: { resourceAttributes: { verb: string; group: string; resource: string; namespace?: string } };
  status?: { allowed?: boolean };
}

const REVIEWS = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
};

/** All that it takes to make, follow and remove an object. */
const VERBS = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

export function missingRights(cluster: ClusterConfig, discovery: Discovery, home: string): MissingRights {
  const reviews = createResourceClient<AccessReview>(cluster, REVIEWS, '');
  return async (kinds, { everywhere = false } = {}) => {
    const told = await Promise.all(
      kinds.map(async (kind) => {
        const type = await servedType(discovery, kind);
        if (typeof type === 'string') return [type];
        const namespace = everywhere || !type.namespaced ? undefined : home;
        const missing = await refused(reviews, type, namespace);
        return missing.length === 0 ? [] : [sentence(type, namespace, missing)];
      }),
    );
    return [...new Set(told.flat())];
  };
}

/** The type, or why there is none. */
async function servedType(discovery: Discovery, kind: KindReference): Promise<DiscoveredType | string> {
  try {
    return await discovery.typeOf(kind);
  } catch (error) {
    if (error instanceof NoKindError) return error.message;
    throw error;
  }
}

async function refused(
  reviews: ResourceClient<AccessReview>,
  { group, plural: resource }: DiscoveredType,
  namespace: string | undefined,
): Promise<string[]> {
  const allowed = await Promise.all(
    VERBS.map(async (verb) => {
      const { status } = await reviews.create({
        apiVersion: `${REVIEWS.group}/${REVIEWS.version}`,
        kind: REVIEWS.kind,
        metadata: { name: '' },
        spec: {
          resourceAttributes: { verb, group, resource, ...(namespace === undefined ? {} : { namespace }) },
        },
      });
      return status?.allowed === true;
    }),
  );
  return VERBS.filter((_, index) => !allowed[index]);
}

function sentence(
  { group, plural, namespaced }: DiscoveredType,
  namespace: string | undefined,
  verbs: readonly string[],
): string {
  const resource = group === '' ? plural : `${plural}.${group}`;
  const where = namespace ? ` in the namespace ${namespace}` : namespaced ? ' in all namespaces' : '';
  const role = namespace ? 'its Role' : 'a ClusterRole of its own';
  return (
    `the broker may not ${verbs.join(', ')} ${resource}${where}: add a rule with apiGroups [${group || '""'}], ` +
    `resources [${plural}], verbs [${VERBS.join(', ')}] to ${role}`
  );
}
