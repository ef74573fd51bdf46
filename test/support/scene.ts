// What nearly every contract test begins with: a cluster, a broker on it, and instances and bindings that are there.
import { expect } from 'chai';
import { startTestBroker, newId, type TestBroker, type TestBrokerOptions } from './broker.js';
import { IDS, idsQuery, provisionBody } from './catalog.js';
import { openCluster, type TestCluster } from './cluster.js';
import { Kube } from './kube.js';
import type { Lab, Step, Subject } from './lab.js';
import type { OsbClient, OsbResponse } from './osb-client.js';

export const ASYNC = { accepts_incomplete: 'true' };

/** A service and one of its plans. */
export interface Ids {
  serviceId: string;
  planId: string;
}

export const PLAIN: Ids = { serviceId: IDS.plain.serviceId, planId: IDS.plain.small };
export const LARGE: Ids = { serviceId: IDS.plain.serviceId, planId: IDS.plain.large };
export const SLOW: Ids = IDS.slow;
export const BARE: Ids = { serviceId: IDS.bare.serviceId, planId: IDS.bare.planId };

export const provisionOf = ({ serviceId, planId }: Ids, more: object = {}): object =>
  provisionBody(serviceId, planId, more);
export const bindOf = ({ serviceId, planId }: Ids, more: object = {}): object => ({
  service_id: serviceId,
  plan_id: planId,
  ...more,
});
export const queryOf = (
  { serviceId, planId }: Ids,
  more: Record<string, string> = {},
): Record<string, string> => idsQuery(serviceId, planId, more);

export class Scene {
  #cluster: TestCluster | undefined;
  #broker: TestBroker | undefined;
  #kube: Kube | undefined;

  async open(options: TestBrokerOptions): Promise<void> {
    this.#cluster = await openCluster();
    this.#broker = await startTestBroker(this.#cluster, options);
    this.#kube = await Kube.open(this.#cluster);
  }

  async close(): Promise<void> {
    await this.#kube?.close();
    await this.#broker?.stop();
    await this.#cluster?.close();
  }

  /**
   * Another broker, with other settings perhaps, in the place of the first, and with the same lab. `meanwhile` is what
   * happens while none is there.
   */
  async restart(
    options: TestBrokerOptions = {},
    meanwhile: () => Promise<unknown> = async () => undefined,
  ): Promise<void> {
    const { lab } = this;
    await this.broker.stop();
    await meanwhile();
    this.#broker = await startTestBroker(this.#cluster!, { lab, ...options });
  }

  get cluster(): TestCluster {
    return this.#cluster!;
  }

  get broker(): TestBroker {
    return this.#broker!;
  }

  get kube(): Kube {
    return this.#kube!;
  }

  get lab(): Lab {
    return this.broker.lab;
  }

  get osb(): OsbClient {
    return this.broker.osb;
  }

  /** The id of an instance that is ready. */
  async instance(ids: Ids = PLAIN, more: object = {}): Promise<string> {
    const instanceId = newId();
    const answer = await this.osb.provision(instanceId, provisionOf(ids, more), ASYNC);
    expect(answer.status).to.be.oneOf([201, 202]); // a fast one may be done when the answer is written
    await this.ended(instanceId);
    return instanceId;
  }

  /** The id of a binding that is ready. */
  async binding(instanceId: string, ids: Ids = PLAIN, more: object = {}): Promise<string> {
    const bindingId = newId();
    const answer = await this.osb.bind(instanceId, bindingId, bindOf(ids, more), ASYNC);
    expect(answer.status).to.be.oneOf([201, 202]);
    await this.bindingEnded(instanceId, bindingId);
    return bindingId;
  }

  /** What the step is called with for the binding or instance of that id; it then does as usual. */
  seen<S extends Step>(step: S, id: string): Promise<Subject<S>> {
    return new Promise((resolve) => {
      this.lab.on(step, (subject: Subject<S>) => {
        if (subject.id === id) resolve(subject);
        return this.lab.usual(step, subject);
      });
    });
  }

  /** The last answer about the instance's operation, when it has ended. */
  ended(instanceId: string, operation?: string): Promise<OsbResponse> {
    return this.osb.untilEnded(() => this.osb.lastOperation(instanceId, { operation }));
  }

  bindingEnded(instanceId: string, bindingId: string, operation?: string): Promise<OsbResponse> {
    return this.osb.untilEnded(() => this.osb.bindingLastOperation(instanceId, bindingId, { operation }));
  }
}

/** One cluster and one broker for the tests of a `describe`; after each of them the lab works as usual again. */
export function useScene(options: TestBrokerOptions = {}): Scene {
  const scene = new Scene();
  before(() => scene.open(options));
  after(() => scene.close());
  afterEach(async () => {
    scene.lab.reset();
    await scene.lab.idle();
  });
  return scene;
}
