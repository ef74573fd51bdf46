// A user with kubectl: makes, edits and deletes resources behind the back of every platform.
import type { KubeObject } from '../../src/sdk/kube/types.js';
import { API_VERSION, BINDINGS, INSTANCES, type ServiceInstance } from '../../src/sdk/resources/kinds.js';
import { ABANDON, PAUSE, RETRY_NOW } from '../../src/sdk/resources/escape-hatches.js';
import { ApiError } from '../../src/sdk/local/api-error.js';
import type { ApiRequest, ApiServer } from './api-server.js';
import { bindingId, type Ledger } from './ledger.js';
import type { Random } from './random.js';
import { LARGE, SMALL } from './services.js';
import type { VirtualTime } from './time.js';
import type { Trace } from './trace.js';

export interface KubectlWorld {
  time: VirtualTime;
  trace: Trace;
  api: ApiServer;
  ledger: Ledger;
}

export class KubectlUser {
  readonly #world: KubectlWorld;
  readonly #random: Random;
  /** Instances that he plays with: one of his own, and one of others. */
  readonly #ids: readonly string[];

  constructor(ids: readonly string[], world: KubectlWorld, random: Random) {
    this.#ids = ids;
    this.#world = world;
    this.#random = random;
  }

  async live(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.#world.time.sleep(this.#random.between(1, this.#random.pick([100, 8_000])));
      this.#act(this.#random.pick(this.#ids));
    }
    for (const id of this.#ids) this.#annotate(id, PAUSE, undefined);
  }

  #act(id: string): void {
    const binding = bindingId(id, 1 + this.#random.int(2));
    const action = this.#random.weighted({
      make: 3,
      bind: 3,
      edit: 5,
      delete: 1,
      unbind: 1,
      pause: 1,
      retry: 1,
      abandon: 0.5,
    });
    switch (action) {
      case 'make':
        return this.#create(INSTANCES, id, { ...SMALL, parameters: { size: 1 } });
      case 'bind':
        return this.#create(BINDINGS, binding, { instanceRef: { name: id } });
      case 'edit':
        return this.#edit(id);
      case 'delete':
        this.#world.ledger.askRemoval(id);
        return this.#do({ verb: 'delete', type: INSTANCES, name: id });
      case 'unbind':
        this.#world.ledger.askRemoval(binding);
        return this.#do({ verb: 'delete', type: BINDINGS, name: binding });
      case 'pause':
        return this.#annotate(id, PAUSE, this.#random.chance(0.5) ? 'true' : undefined);
      case 'retry':
        return this.#annotate(id, RETRY_NOW, 'please');
      case 'abandon':
        return this.#abandon(id);
    }
  }

  #create(type: typeof INSTANCES, name: string, spec: object): void {
    const object = { apiVersion: API_VERSION, kind: type.kind, metadata: { name }, spec } as KubeObject;
    this.#do({ verb: 'create', type, name, object });
  }

  #edit(name: string): void {
    const instance = this.#stored(name);
    if (!instance || instance.metadata.deletionTimestamp) return;
    const planId = this.#random.pick([SMALL, LARGE]).planId;
    const spec = { ...instance.spec, planId, parameters: { size: 1 + this.#random.int(4) } };
    this.#do({ verb: 'replace', type: INSTANCES, name, object: { ...instance, spec } as KubeObject });
  }

  #annotate(name: string, annotation: string, value: string | undefined): void {
    const { [annotation]: before, ...others } = this.#stored(name)?.metadata.annotations ?? {};
    if (before !== value)
      this.#replace(name, { ...others, ...(value === undefined ? {} : { [annotation]: value }) });
  }

  /** Lets the instance go with all that the backend holds of it. */
  #abandon(id: string): void {
    const { ledger } = this.#world;
    if (!this.#stored(id)) return;
    ledger.askRemoval(id);
    ledger.abandon(id);
    this.#annotate(id, ABANDON, 'true');
    this.#do({ verb: 'delete', type: INSTANCES, name: id });
  }

  #stored(name: string): ServiceInstance | undefined {
    return this.#world.api.object<ServiceInstance>(INSTANCES, name);
  }

  #replace(name: string, annotations: Record<string, string>): void {
    const instance = this.#stored(name);
    if (!instance) return;
    const object = { ...instance, metadata: { ...instance.metadata, annotations } };
    this.#do({ verb: 'replace', type: INSTANCES, name, object });
  }

  #do(request: ApiRequest): void {
    const { api, trace } = this.#world;
    const text = `${request.verb} ${request.type.plural} ${request.name}`;
    try {
      api.perform(request);
      trace.add('kubectl', `${text}: stored as ${api.version}`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      trace.add('kubectl', `${text}: ${error.body.code}`);
    }
  }
}
