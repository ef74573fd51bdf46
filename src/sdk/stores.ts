// The stores of one broker: which kinds it follows, and by what else than their names they are found.
import { BY_INSTANCE } from './controllers/context.js';
import type { ConfigMap, KubeObject, ResourceClient, ResourceType, Secret } from './kube/types.js';
import {
  BINDINGS,
  CONFIG_MAP_LABEL,
  CONFIG_MAPS,
  INSTANCES,
  OFFERINGS,
  SECRET_LABEL,
  SECRETS,
  type ServiceBinding,
  type ServiceInstance,
  type ServiceOffering,
} from './resources/kinds.js';
import type { Indexer } from './runtime/cache.js';
import type { Clock } from './runtime/clock.js';
import { ResourceStore } from './runtime/resource-store.js';
import type { Log } from './telemetry/log.js';

export interface BrokerStores {
  instances: ResourceStore<ServiceInstance>;
  bindings: ResourceStore<ServiceBinding>;
  offerings: ResourceStore<ServiceOffering>;
  /** Our own alone, by their label. */
  secrets: ResourceStore<Secret>;
  /** Those with settings of plans alone, by their label. */
  configMaps: ResourceStore<ConfigMap>;
}

export interface StoresOptions {
  clientOf: <T extends KubeObject>(type: ResourceType) => ResourceClient<T>;
  log: Log;
  clock: Clock;
  random: () => number;
}

export function createStores({ clientOf, ...options }: StoresOptions): BrokerStores {
  const store = <T extends KubeObject>(
    type: ResourceType,
    more: { labelSelector?: string; indexes?: Record<string, Indexer<T>> } = {},
  ): ResourceStore<T> => new ResourceStore<T>({ client: clientOf<T>(type), ...options, ...more });
  return {
    instances: store(INSTANCES),
    bindings: store(BINDINGS, { indexes: { [BY_INSTANCE]: ({ spec }) => [spec.instanceRef.name] } }),
    offerings: store(OFFERINGS),
    secrets: store(SECRETS, { labelSelector: SECRET_LABEL }),
    configMaps: store(CONFIG_MAPS, { labelSelector: `${CONFIG_MAP_LABEL}=settings` }),
  };
}

export const allStores = ({ instances, bindings, offerings, secrets, configMaps }: BrokerStores) => [
  instances,
  bindings,
  offerings,
  secrets,
  configMaps,
];
