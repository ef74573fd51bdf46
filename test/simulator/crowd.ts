// Several users of one instance who know nothing of each other: what they ask for crosses on its way. None of them can
// expect much, but what holds for every answer holds for theirs, and in the end all must agree.
import {
  BINDINGS,
  INSTANCES,
  type ServiceBinding,
  type ServiceInstance,
} from '../../src/sdk/resources/kinds.js';
import type { ApiServer } from './api-server.js';
import type { Method, OsbRequest } from './http.js';
import { bindingId } from './ledger.js';
import { Platform, type PlatformWorld } from './platform.js';
import type { Random } from './random.js';
import { LARGE, SMALL } from './services.js';

const METHODS = {
  provision: 4,
  update: 3,
  bind: 5,
  fetchInstance: 1,
  fetchBinding: 2,
  unbind: 2,
  deprovision: 1.5,
  instanceLastOperation: 2,
  bindingLastOperation: 2,
};

interface Drawn extends OsbRequest {
  acceptsIncomplete: boolean;
}

export class Stranger {
  readonly #random: Random;
  readonly #platform: Platform;
  readonly #id: string;
  /** Operations that were accepted for this user, which he asks for now and then. */
  readonly #operations: { method: Method; request: OsbRequest }[] = [];

  constructor(name: string, id: string, world: PlatformWorld, random: Random) {
    this.#id = id;
    this.#random = random;
    this.#platform = new Platform(name, world, random);
  }

  async live(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.#platform.wait(1, this.#random.pick([50, 500, 5_000]));
      await this.#act(this.#random.weighted(METHODS));
    }
  }

  async #act(method: Method): Promise<void> {
    const known = this.#operations.filter((operation) => operation.method === method);
    if (method.endsWith('LastOperation') && known.length > 0) {
      await this.#platform.send(method, this.#random.pick(known.slice(-3)).request);
      return;
    }
    const request = this.#draw(method);
    // The same request twice at once, be it by two platforms or by one that is impatient.
    const twin = { ...request, acceptsIncomplete: this.#random.chance(0.5) };
    await Promise.all([
      this.#ask(method, request),
      ...(this.#random.chance(0.3) ? [this.#ask(method, twin)] : []),
    ]);
  }

  #draw(method: Method): Drawn {
    return {
      instanceId: this.#id,
      ...(/bind/i.test(method) ? { bindingId: bindingId(this.#id, 1 + this.#random.int(2)) } : {}),
      serviceId: SMALL.serviceId,
      planId: this.#random.pick([SMALL, SMALL, LARGE]).planId,
      ...(['provision', 'update'].includes(method) ? { parameters: { size: 1 + this.#random.int(2) } } : {}),
      acceptsIncomplete: this.#random.chance(0.7),
    };
  }

  async #ask(method: Method, request: Drawn): Promise<void> {
    const { status, body } = await this.#platform.send(method, request);
    if (status !== 202) return;
    const { operation } = body as { operation: string };
    const { instanceId, bindingId: binding } = request;
    this.#operations.push(
      binding === undefined
        ? { method: 'instanceLastOperation', request: { instanceId, operation } }
        : { method: 'bindingLastOperation', request: { instanceId, bindingId: binding, operation } },
    );
    if (this.#random.chance(0.5)) await this.#platform.ended(request, operation);
  }
}

/** Removes what nobody else does, made with kubectl or left to itself. */
export async function evict(world: PlatformWorld & { api: ApiServer }, random: Random): Promise<void> {
  const platform = new Platform('evictor', world, random);
  const { api } = world;
  for (const { metadata, spec } of api.objects<ServiceInstance>(INSTANCES)) {
    const { serviceId, planId } = spec;
    await platform.remove('deprovision', {
      instanceId: metadata.name,
      serviceId,
      planId,
      acceptsIncomplete: true,
    });
  }
  for (const { metadata, spec } of api.objects<ServiceBinding>(BINDINGS)) {
    const request = {
      instanceId: spec.instanceRef.name,
      bindingId: metadata.name,
      ...SMALL,
      acceptsIncomplete: true,
    };
    await platform.remove('unbind', request);
  }
}
