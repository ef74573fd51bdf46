// What a provision writes, written with the same client and no broker: the yardstick of every write.
import { randomUUID } from 'node:crypto';
import { EVENTS, type KubeEvent } from '../../src/sdk/kube/events.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { ResourceClient } from '../../src/sdk/kube/types.js';
import { INSTANCES, type ServiceInstance } from '../../src/sdk/resources/kinds.js';
import { BenchBroker, STATUS_WRITE } from './broker.js';
import type { BenchCluster } from './cluster.js';
import { quiet } from './quiet.js';

export class BareWrites {
  readonly instances: ResourceClient<ServiceInstance>;
  readonly #events: ResourceClient<KubeEvent>;
  readonly #model: ServiceInstance;
  readonly #event: KubeEvent;

  private constructor(
    clients: { instances: ResourceClient<ServiceInstance>; events: ResourceClient<KubeEvent> },
    models: { instance: ServiceInstance; event: KubeEvent },
  ) {
    this.instances = clients.instances;
    this.#events = clients.events;
    this.#model = models.instance;
    this.#event = models.event;
  }

  /** In a namespace of their own, where no broker sees them; a broker makes the first instance, to copy from. */
  static async open(cluster: BenchCluster): Promise<BareWrites> {
    const namespace = await cluster.namespace();
    const broker = await BenchBroker.start(cluster, { namespace });
    const { instanceId: id } = await broker.provision();
    await broker.process.call('untilAnswered', STATUS_WRITE, 1);
    await quiet(broker);
    await broker.stop();
    const instances = createResourceClient<ServiceInstance>(cluster.config, INSTANCES, namespace);
    const events = createResourceClient<KubeEvent>(cluster.config, EVENTS, namespace);
    const instance = await instances.get(id);
    const event = (await events.list()).items.find(({ involvedObject }) => involvedObject.name === id);
    if (!instance?.status || !event) throw new Error('the broker did not finish its instance');
    return new BareWrites({ instances, events }, { instance, event });
  }

  get namespace(): string {
    return this.instances.namespace;
  }

  /** The very object that a provision creates, under a name of its own. */
  create(): Promise<ServiceInstance> {
    const { apiVersion, kind, metadata, spec } = this.#model;
    const name = randomUUID();
    const { finalizers } = metadata;
    return this.instances.create({
      apiVersion,
      kind,
      metadata: { name, ...(finalizers ? { finalizers } : {}) },
      spec: { ...spec, instanceId: name },
    });
  }

  /** And the status that makes it Ready; and the Event that tells of it. */
  async createReady({ withEvent = false } = {}): Promise<void> {
    const created = await this.create();
    await this.instances.replaceStatus({ ...created, status: this.#model.status! });
    if (withEvent) await this.#tell(created);
  }

  async #tell({ metadata: { name, uid } }: ServiceInstance): Promise<void> {
    const { metadata, involvedObject, ...rest } = this.#event;
    await this.#events.create({
      ...rest,
      metadata: { name: `${name}.${randomUUID()}`, namespace: metadata.namespace ?? this.namespace },
      involvedObject: { ...involvedObject, name, ...(uid === undefined ? {} : { uid }) },
    });
  }
}
