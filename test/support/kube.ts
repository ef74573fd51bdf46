// The Kubernetes side of a test: looks at what the broker keeps there, and writes to it as someone with kubectl would.
// What is seen here, a broker may see a moment later: ask it with `eventually` then, or until its operation has ended.
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import { isConflict } from '../../src/sdk/kube/errors.js';
import { EVENTS, type KubeEvent } from '../../src/sdk/kube/events.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { KubeObject, ResourceClient, ResourceType, Secret } from '../../src/sdk/kube/types.js';
import {
  API_VERSION,
  BINDINGS,
  INSTANCES,
  OFFERINGS,
  SECRETS,
  type ServiceBinding,
  type ServiceBindingSpec,
  type ServiceInstance,
  type ServiceInstanceSpec,
  type ServiceOffering,
} from '../../src/sdk/resources/kinds.js';
import { ResourceStore } from '../../src/sdk/runtime/resource-store.js';
import { createLog } from '../../src/sdk/telemetry/log.js';
import type { TestCluster } from './cluster.js';

/** Far longer than anything takes: only a test that fails waits for so long. */
const PATIENCE_MS = 20_000;

/** Changes an object as `kubectl edit` does: once more where somebody else was faster. Returns what is stored then. */
export async function edit<T extends KubeObject>(
  client: ResourceClient<T>,
  name: string,
  change: (present: T) => T,
): Promise<T> {
  for (;;) {
    const present = await client.get(name);
    if (!present) throw new Error(`there is no ${name} to change`);
    try {
      return await client.replace(change(present));
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

/** The objects of one kind. */
export class Objects<T extends KubeObject> {
  readonly client: ResourceClient<T>;
  readonly #store: ResourceStore<T>;

  constructor(config: ClusterConfig, type: ResourceType, namespace: string) {
    this.client = createResourceClient<T>(config, type, namespace);
    this.#store = new ResourceStore<T>({
      client: this.client,
      log: createLog({ level: 'error', format: 'json' }),
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#store.start(signal);
    await this.#store.synced;
  }

  /** Asks the API server. */
  get(name: string): Promise<T | undefined> {
    return this.client.get(name);
  }

  async list(): Promise<T[]> {
    return (await this.client.list()).items;
  }

  edit(name: string, change: (present: T) => T): Promise<T> {
    return edit(this.client, name, change);
  }

  /** The object of that name, once it is there and the predicate holds. */
  async until(name: string, holds: (object: Readonly<T>) => boolean = () => true): Promise<Readonly<T>> {
    const waited = await this.#store.waitFor(name, (object) => object !== undefined && holds(object), {
      timeoutMs: PATIENCE_MS,
    });
    if (!waited.met) throw new Error(`waited in vain: ${JSON.stringify(waited.object)}`);
    return waited.object!;
  }

  async untilGone(name: string): Promise<void> {
    await this.#store.read(name); // or what was not seen to come would pass for gone
    const waited = await this.#store.waitFor(name, (object) => object === undefined, {
      timeoutMs: PATIENCE_MS,
    });
    if (!waited.met) throw new Error(`it is still there: ${JSON.stringify(waited.object)}`);
  }

  /** What the predicate picks of all objects, once there are so many. */
  async untilSome(count: number, picks: (object: Readonly<T>) => boolean): Promise<Readonly<T>[]> {
    const found = (): Readonly<T>[] => this.#store.list().filter(picks);
    let unsubscribe = (): void => undefined;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (found().length >= count) resolve();
      };
      unsubscribe = this.#store.onChange(look);
      timer = setTimeout(() => reject(new Error(`only ${found().length} of ${count}`)), PATIENCE_MS);
      look();
    }).finally(() => {
      unsubscribe();
      clearTimeout(timer);
    });
    return found();
  }
}

export class Kube {
  readonly instances: Objects<ServiceInstance>;
  readonly bindings: Objects<ServiceBinding>;
  readonly offerings: Objects<ServiceOffering>;
  readonly secrets: Objects<Secret>;
  readonly events: Objects<KubeEvent>;
  readonly #config: ClusterConfig;
  readonly #ending = new AbortController();

  private constructor(cluster: TestCluster) {
    const { namespace } = cluster;
    this.#config = cluster.config();
    this.instances = new Objects(this.#config, INSTANCES, namespace);
    this.bindings = new Objects(this.#config, BINDINGS, namespace);
    this.offerings = new Objects(this.#config, OFFERINGS, namespace);
    this.secrets = new Objects(this.#config, SECRETS, namespace);
    this.events = new Objects(this.#config, EVENTS, namespace);
  }

  static async open(cluster: TestCluster): Promise<Kube> {
    const kube = new Kube(cluster);
    await Promise.all(kube.#all().map((objects) => objects.start(kube.#ending.signal)));
    return kube;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#config.close();
  }

  /** Every object that the broker may have written, as text. */
  async dump(
    kinds: readonly Objects<any>[] = [this.instances, this.bindings, this.offerings, this.events],
  ): Promise<string> {
    return JSON.stringify(await Promise.all(kinds.map((objects) => objects.list())));
  }

  #all(): Objects<any>[] {
    return [this.instances, this.bindings, this.offerings, this.secrets, this.events];
  }
}

/** A ServiceInstance as a user applies it. */
export const instanceObject = (name: string, spec: ServiceInstanceSpec): ServiceInstance => ({
  apiVersion: API_VERSION,
  kind: INSTANCES.kind,
  metadata: { name },
  spec,
});

/** A ServiceBinding as a user applies it. */
export const bindingObject = (
  name: string,
  instance: string,
  spec: Partial<ServiceBindingSpec> = {},
): ServiceBinding => ({
  apiVersion: API_VERSION,
  kind: BINDINGS.kind,
  metadata: { name },
  spec: { instanceRef: { name: instance }, ...spec },
});
