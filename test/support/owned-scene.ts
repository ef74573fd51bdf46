// Owned objects against an API server, without a broker around them: instances and bindings of which no controller knows,
// and one term of leadership after the other.
import { randomBytes } from 'node:crypto';
import type { Manifest, OwnedObject, OwnedResources } from '../../src/sdk/authoring/owned-resources.js';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { ApplyingClient, ResourceType, Secret } from '../../src/sdk/kube/types.js';
import { OwnedObjects } from '../../src/sdk/owned/owned-objects.js';
import type { AnyObject } from '../../src/sdk/owned/owner.js';
import {
  BINDINGS,
  INSTANCE_LABEL,
  INSTANCES,
  SECRET_LABEL,
  SECRETS,
  type ServiceBinding,
  type ServiceInstance,
} from '../../src/sdk/resources/kinds.js';
import { systemClock } from '../../src/sdk/runtime/clock.js';
import { ResourceStore } from '../../src/sdk/runtime/resource-store.js';
import { createLog } from '../../src/sdk/telemetry/log.js';
import { openCluster, type TestCluster } from './cluster.js';
import { bindingObject, instanceObject } from './kube.js';
import { eventually } from './unchanged.js';

export const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
};
export const ACCOUNTS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
};

const log = createLog({ level: 'error', format: 'json' });

export const unique = (): string => randomBytes(4).toString('hex');

export class OwnedScene {
  readonly cluster: TestCluster;
  readonly config: ClusterConfig;
  readonly secrets: ResourceStore<Secret>;
  /** Verb, kind and status of each. */
  requests: string[] = [];
  /** The names of the bindings and instances that were woken. */
  woken: string[] = [];
  /** How many writes to owned objects are left until it leads no more. */
  writesLeft = Infinity;
  readonly signal = new AbortController().signal;
  readonly #ending = new AbortController();
  readonly #terms: OwnedObjects[] = [];

  private constructor(cluster: TestCluster) {
    this.cluster = cluster;
    this.config = cluster.config();
    this.config.onRequest = ({ verb, kind, status }) => this.requests.push(`${verb} ${kind} ${status}`);
    const client = createResourceClient<Secret>(this.config, SECRETS, cluster.namespace);
    this.secrets = new ResourceStore<Secret>({ client, log, labelSelector: SECRET_LABEL });
  }

  static async open(): Promise<OwnedScene> {
    const scene = new OwnedScene(await openCluster());
    scene.secrets.start(scene.#ending.signal);
    await scene.secrets.synced;
    return scene;
  }

  /** Ends the terms of one test. */
  reset(): void {
    for (const objects of this.#terms.splice(0)) objects.stop();
    this.requests = [];
    this.woken = [];
    this.writesLeft = Infinity;
  }

  async close(): Promise<void> {
    this.reset();
    this.#ending.abort();
    await this.config.close();
    await this.cluster.close();
  }

  /** As the next leader has it: knows nothing but what the API server tells. */
  newTerm({ config = this.config, namespace = this.cluster.namespace } = {}): OwnedObjects {
    const objects = new OwnedObjects({
      cluster: config,
      namespace,
      secrets: this.secrets,
      log,
      clock: systemClock,
      random: Math.random,
      assertLeading: () => {
        if (this.writesLeft-- <= 0) throw new Error('leads no more');
      },
    });
    objects.start((instance, binding) => this.woken.push(binding ?? instance));
    this.#terms.push(objects);
    return objects;
  }

  /** The objects of the instance, as the next leader has them. */
  resourcesOf(instance: ServiceInstance): OwnedResources {
    return this.newTerm().forInstance(instance, this.signal);
  }

  client(type: ResourceType, namespace = this.cluster.namespace): ApplyingClient<AnyObject> {
    return createResourceClient<AnyObject>(this.config, type, namespace);
  }

  createInstance(): Promise<ServiceInstance> {
    const { namespace } = this.cluster;
    return createResourceClient<ServiceInstance>(this.config, INSTANCES, namespace).create(
      instanceObject(`i-${unique()}`, { serviceId: 's', planId: 'p' }),
    );
  }

  createBinding(instance: string): Promise<ServiceBinding> {
    const { namespace } = this.cluster;
    return createResourceClient<ServiceBinding>(this.config, BINDINGS, namespace).create(
      bindingObject(`b-${unique()}`, instance),
    );
  }

  /** The names of the instance's objects of that kind, as the API server has them. */
  async labelled(type: ResourceType, instance: string): Promise<string[]> {
    const { items } = await this.client(type).list({ labelSelector: `${INSTANCE_LABEL}=${instance}` });
    return items.map(({ metadata }) => metadata.name).sort();
  }
}

export const configMap = (
  name: string,
  data: Record<string, string> = { a: '1' },
  metadata: Partial<Manifest['metadata']> = {},
): Manifest & AnyObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data });

export const account = (name: string, metadata: object = {}): Manifest & AnyObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, ...metadata },
});

export const namesOf = (objects: readonly OwnedObject[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();

/** Asks for it until it is done, as a controller does. */
export const removed = (resources: OwnedResources): Promise<boolean> =>
  eventually(() => resources.remove(), Boolean);

/** What has drifted, once something has. */
export const drifted = (
  resources: OwnedResources,
  manifests: readonly Manifest[],
): Promise<readonly string[]> =>
  eventually(
    () => resources.drift(manifests),
    (told) => told.length > 0,
  );

export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
