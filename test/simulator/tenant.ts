// A user who has an instance all to himself, goes through its life step by step, and knows at each step what there must
// be: whatever happens on the way, nobody else can be the reason.
import type { ServiceBinding, ServiceInstance } from '../../src/sdk/resources/kinds.js';
import { BINDINGS, INSTANCES } from '../../src/sdk/resources/kinds.js';
import type { ApiServer } from './api-server.js';
import type { HttpAnswer, OsbRequest } from './http.js';
import { bindingId } from './ledger.js';
import { isConcurrent, isUnclear, Platform, type PlatformWorld } from './platform.js';
import type { Random } from './random.js';
import { type Ids, LARGE, SHY, SLOW, SMALL } from './services.js';

type Parameters = Record<string, unknown>;

interface Expected extends Ids {
  parameters: Parameters;
}

const CONTEXT = { platform: 'simulated' };

export class Tenant {
  readonly #world: PlatformWorld & { api: ApiServer };
  readonly #random: Random;
  readonly #platform: Platform;
  readonly #id: string;
  /** The longest that he waits between two steps. */
  readonly #hasteMs: number;
  /** What there is, as far as it is told; undefined when there is nothing. */
  #instance: Expected | undefined;
  readonly #bindings = new Map<string, { predecessor?: string }>();
  /** Nothing goes wrong in the cloud, so that what is asked for is done. */
  #isOrdinary = false;

  constructor(id: string, world: PlatformWorld & { api: ApiServer }, random: Random) {
    this.#id = id;
    this.#world = world;
    this.#random = random;
    this.#hasteMs = random.pick([50, 4_000]);
    this.#platform = new Platform(id, world, random);
  }

  async live(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.#platform.wait(1, this.#hasteMs);
      if (!this.#instance) await this.#provision();
      else await this.#next();
    }
  }

  /** Each thing once, in the usual order. */
  async ordinaryLife(): Promise<void> {
    const [first, second] = [bindingId(this.#id, 1), bindingId(this.#id, 2)];
    this.#isOrdinary = true;
    while (!this.#instance)
      await this.#provisionAs({ ...SMALL, parameters: { size: 1, token: 'secret-1' } }, true);
    while (!this.#bindings.has(first)) await this.#bind(first);
    await this.#fetch();
    await this.#update({ planId: LARGE.planId, parameters: { token: 'secret-2' } }, true);
    while (!this.#bindings.has(second)) await this.#bind(second, first);
    await this.#unbind(first);
    await this.#deprovision();
  }

  /** Removes all that is left. */
  async leave(): Promise<void> {
    await this.#deprovision();
  }

  #next(): Promise<void> {
    const bindings = [...this.#bindings.keys()];
    const step = this.#drawStep(bindings.length);
    const binding = bindings.length > 0 ? this.#random.pick(bindings) : '';
    const steps: Record<typeof step, () => Promise<void>> = {
      bind: () => this.#bind(this.#freeBinding()),
      fetch: () => this.#fetch(),
      fetchBinding: () => this.#fetchBinding(binding),
      repeat: () => this.#repeat(),
      other: () => this.#provisionOther(),
      bindAgain: () => this.#bind(binding, this.#bindings.get(binding)?.predecessor),
      rotate: () => this.#bind(this.#freeBinding(), binding),
      update: () => this.#drawUpdate(),
      unbind: () => this.#unbind(binding),
      refused: () => this.#refused(),
      deprovision: () => this.#deprovision(),
    };
    return steps[step]();
  }

  #drawStep(bindings: number) {
    const { serviceId } = this.#instance!;
    const isStore = serviceId === SMALL.serviceId;
    const whereBound = (weight: number): number => (bindings > 0 ? weight : 0);
    return this.#random.weighted({
      bind: bindings < 3 ? 5 : 0,
      fetch: 2,
      fetchBinding: serviceId === SHY.serviceId ? 0 : whereBound(2),
      repeat: 2,
      other: 1,
      bindAgain: whereBound(2),
      rotate: isStore && bindings < 4 ? whereBound(2) : 0,
      update: isStore ? 4 : 0,
      unbind: whereBound(2),
      refused: 1,
      deprovision: 1.5,
    });
  }

  #freeBinding(): string {
    for (let number = 1; ; number++) {
      const id = bindingId(this.#id, number);
      if (!this.#bindings.has(id)) return id;
    }
  }

  async #provision(): Promise<void> {
    const ids = this.#random.pick([SMALL, SMALL, SMALL, LARGE, SLOW, SHY]);
    const parameters: Parameters = ids.serviceId === SMALL.serviceId ? this.#drawParameters() : {};
    await this.#provisionAs({ ...ids, parameters }, ids === SLOW || this.#random.chance(0.6));
  }

  async #provisionAs(wanted: Expected, acceptsIncomplete: boolean): Promise<void> {
    const isThere = await this.#make({ ...this.#provisionRequest(wanted), acceptsIncomplete }, 'provision');
    if (isThere) this.#become(wanted);
  }

  /** What is told to be there is there. */
  #become(instance: Expected): void {
    this.#instance = instance;
    const server = this.#world.ledger.cloud!.servers.get(this.#id);
    const isIt = server?.planId === instance.planId && isSame(server.parameters, instance.parameters);
    const details = `${this.#id} is ${server?.planId} ${JSON.stringify(server?.parameters)}`;
    if (!isIt) this.#world.trace.violation('what was asked for is there', details);
  }

  /**
   * Sends a provision or a bind until it is clear what became of it. False when there is nothing, which is so after a
   * failure too, since that is cleaned up.
   */
  async #make(request: OsbRequest, method: 'provision' | 'bind'): Promise<boolean> {
    const first = await this.#platform.send(method, request);
    const isAbandoned = isUnclear(first) && this.#random.chance(0.4);
    if (isAbandoned) return this.#cleanUp(request, first);
    const answer =
      first.status === 0 || first.status >= 422 ? await this.#platform.insist(method, request) : first;
    if (answer.status === 200 || answer.status === 201) return this.#isThere(request, method, answer);
    if (answer.status === 202) {
      const end = await this.#platform.ended(request, answer.body.operation);
      if (end === 'succeeded') return this.#isThere(request, method, answer);
      if (end === 'gone') this.#unlessLagging(answer, 'nothing accepted is lost', method);
      if (this.#isOrdinary) this.#unlessLagging(answer, 'what is asked for is done', method);
      return this.#cleanUp(request);
    }
    // What was taken back because it failed may not go away before it is removed.
    if (!isConcurrent(answer) && !(answer.status === 409 && this.#hasFailed(request)))
      this.#unlessLagging(answer, 'a repeated request gets the same answer', method);
    return this.#cleanUp(request);
  }

  /** A replica that is behind may say that there is what there was. */
  #isThere(
    request: OsbRequest,
    method: 'provision' | 'bind',
    answer: HttpAnswer,
  ): Promise<boolean> | boolean {
    return answer.isLagging ? this.#make(request, method) : true;
  }

  /** What was given up may be made after its end was answered: then it is removed once more. */
  async #cleanUp(request: OsbRequest, abandoned?: HttpAnswer): Promise<false> {
    const remove = (): Promise<void> =>
      request.bindingId === undefined ? this.#deprovision(request) : this.#unbind(request.bindingId);
    await remove();
    if (!abandoned || abandoned.isOver) return false;
    while (!abandoned.isOver) await this.#platform.wait(100, 1_000);
    await remove();
    return false;
  }

  /** Whether the first making of it has failed, which a repeated request may say. */
  #hasFailed({ instanceId, bindingId: binding }: OsbRequest): boolean {
    const { api } = this.#world;
    const object =
      binding === undefined
        ? api.object<ServiceInstance>(INSTANCES, instanceId)
        : api.object<ServiceBinding>(BINDINGS, binding);
    return object?.status?.lastOperation?.state === 'failed';
  }

  async #repeat(): Promise<void> {
    const request = { ...this.#provisionRequest(this.#instance!), acceptsIncomplete: true };
    const answer = await this.#platform.insist('provision', request);
    if (answer.status !== 200)
      this.#unlessLagging(answer, 'a repeated request gets the same answer', 'provision');
  }

  /** The same id with other attributes is a conflict. */
  async #provisionOther(): Promise<void> {
    const other = { ...this.#instance!, ...(this.#instance!.planId === SMALL.planId ? LARGE : SMALL) };
    const request = { ...this.#provisionRequest({ ...other, parameters: {} }), acceptsIncomplete: true };
    const answer = await this.#platform.insist('provision', request);
    if (answer.status !== 409) this.#unlessLagging(answer, 'another request is refused', 'provision');
  }

  /** Requests that can only be refused. */
  async #refused(): Promise<void> {
    const request = {
      ...this.#provisionRequest(this.#instance!),
      instanceId: `${this.#id}-x`,
      acceptsIncomplete: true,
    };
    const wrong = this.#random.pick([
      { ...request, planId: 'plan-unknown' },
      { ...request, ...SMALL, parameters: { size: 'large' } },
      { ...request, ...SLOW, parameters: {}, acceptsIncomplete: false },
    ]);
    const answer = await this.#platform.insist('provision', wrong);
    if (answer.status < 400 || this.#world.api.object(INSTANCES, wrong.instanceId))
      this.#violation('a wrong request is refused', 'provision', answer);
  }

  async #fetch(): Promise<void> {
    if (!this.#instance) return;
    const request = { instanceId: this.#id };
    const answer = await this.#platform.insist('fetchInstance', request);
    const { planId, parameters } = this.#instance;
    const { token: _, ...open } = parameters;
    const isRight =
      answer.status === 200 && answer.body.plan_id === planId && isSame(answer.body.parameters ?? {}, open);
    if (!isRight) this.#unlessLagging(answer, 'a fetch tells what is there', 'fetchInstance');
  }

  async #fetchBinding(binding: string): Promise<void> {
    const request = { instanceId: this.#id, bindingId: binding };
    const answer = await this.#platform.insist('fetchBinding', request);
    if (answer.status !== 200) this.#unlessLagging(answer, 'a fetch tells what is there', 'fetchBinding');
  }

  #drawUpdate(): Promise<void> {
    const planId = this.#random.pick([undefined, SMALL.planId, LARGE.planId]);
    const parameters = this.#random.chance(0.7) ? this.#drawParameters() : undefined;
    return this.#update({ planId, parameters }, this.#random.chance(0.6));
  }

  async #update(
    { planId, parameters }: { planId: string | undefined; parameters: Parameters | undefined },
    acceptsIncomplete: boolean,
  ): Promise<void> {
    const before = this.#instance;
    if (!before) return;
    const request = {
      instanceId: this.#id,
      serviceId: before.serviceId,
      ...(planId === undefined ? {} : { planId }),
      ...(parameters ? { parameters } : {}),
      acceptsIncomplete,
    };
    const answer = await this.#platform.insist('update', request);
    let end = answer.status === 200 ? 'succeeded' : 'failed';
    if (answer.status === 202) end = await this.#platform.ended(request, answer.body.operation);
    else if (answer.status !== 200 && answer.status !== 422)
      this.#violation('an update is taken', 'update', answer);
    if (end === 'succeeded')
      this.#become({
        ...before,
        planId: planId ?? before.planId,
        parameters: { ...before.parameters, ...parameters },
      });
    else if (end === 'gone') this.#violation('nothing accepted is lost', 'update', answer);
    else if (this.#isOrdinary) this.#violation('what is asked for is done', 'update', answer);
  }

  async #bind(binding: string, predecessor?: string): Promise<void> {
    if (!this.#instance) return;
    const { serviceId, planId } = this.#instance;
    if (predecessor !== undefined && !this.#bindings.has(predecessor) && !this.#bindings.has(binding)) return;
    const request = {
      instanceId: this.#id,
      bindingId: binding,
      serviceId,
      planId,
      ...(predecessor === undefined ? {} : { predecessorBindingId: predecessor }),
      acceptsIncomplete:
        serviceId !== SHY.serviceId && (serviceId === SLOW.serviceId || this.#random.chance(0.6)),
    };
    const wasThere = this.#bindings.has(binding);
    if (wasThere) return this.#bindAgain(request);
    if (!(await this.#make(request, 'bind'))) return;
    this.#bindings.set(binding, predecessor === undefined ? {} : { predecessor });
    if (serviceId !== SHY.serviceId) await this.#fetchBinding(binding);
  }

  async #bindAgain(request: OsbRequest): Promise<void> {
    const answer = await this.#platform.insist('bind', request);
    if (answer.status !== 200) this.#unlessLagging(answer, 'a repeated request gets the same answer', 'bind');
  }

  async #unbind(binding: string): Promise<void> {
    const { serviceId, planId } = this.#instance ?? SMALL;
    const request = { instanceId: this.#id, bindingId: binding, serviceId, planId, acceptsIncomplete: true };
    await this.#remove(request, 'unbind');
    this.#bindings.delete(binding);
  }

  async #deprovision(made: Partial<OsbRequest> = {}): Promise<void> {
    const { serviceId, planId } = { ...SMALL, ...this.#instance, ...made };
    const request = { instanceId: this.#id, serviceId, planId, acceptsIncomplete: true };
    await this.#remove(request, 'deprovision');
    this.#instance = undefined;
    this.#bindings.clear();
  }

  /** Until it is gone; one that failed is tried again. */
  async #remove(request: OsbRequest, method: 'unbind' | 'deprovision'): Promise<void> {
    const sync = {
      ...request,
      acceptsIncomplete: request.serviceId === SLOW.serviceId || this.#random.chance(0.6),
    };
    const refused = await this.#platform.remove(method, sync);
    if (refused) this.#violation('what is there can be removed', method, refused);
  }

  #provisionRequest({ serviceId, planId, parameters }: Expected): OsbRequest {
    return { instanceId: this.#id, serviceId, planId, parameters, context: CONTEXT };
  }

  #drawParameters(): Parameters {
    const size = { size: 1 + this.#random.int(3) };
    return this.#random.chance(0.5) ? { ...size, token: `secret-${this.#random.int(3)}` } : size;
  }

  /** A replica whose cache is behind may say what was so a moment ago. */
  #unlessLagging(answer: HttpAnswer, invariant: string, method: string): void {
    if (!answer.isLagging) this.#violation(invariant, method, answer);
  }

  #violation(invariant: string, method: string, { status, body }: HttpAnswer): void {
    this.#world.trace.violation(invariant, `${method} ${this.#id}: ${status} ${JSON.stringify(body)}`);
  }
}

const isSame = (a: object, b: object): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
