// What platforms were told: what is there, which operations were accepted, how they ended. Every answer is held against
// it, and so is what happens in the cloud.
import type { KubeObject, ResourceType } from '../../src/sdk/kube/types.js';
import { BINDINGS, INSTANCES } from '../../src/sdk/resources/kinds.js';
import type { ApiServer } from './api-server.js';
import type { Cloud, Promises } from './cloud.js';
import type { HttpAnswer, Method, OsbRequest } from './http.js';
import type { Trace } from './trace.js';

/** The ids of bindings begin with that of their instance. */
export const bindingId = (instanceId: string, number: number): string => `${instanceId}-b${number}`;
const instanceOf = (name: string): string => name.split('-b')[0]!;

const isDeletion = (operation: string): boolean => /^(deprovision|unbind)-/.test(operation);

export class Ledger implements Promises {
  readonly #trace: Trace;
  readonly #api: ApiServer;
  /** How often the removal of an instance or a binding was asked for. */
  readonly #removals = new Map<string, number>();
  /** What is there as somebody was told, since when, and the password of a binding. */
  readonly #there = new Map<string, { epoch: number; password?: string }>();
  /** Accepted operations: which object each is about, and what must hold when it has succeeded. */
  readonly #accepted = new Map<string, { uid: string | undefined; onSuccess: () => void }>();
  /** The operation that an object was made with. */
  readonly #makers = new Map<string, string>();
  readonly #outcomes = new Map<string, string>();
  readonly #abandoned = new Set<string>();
  cloud: Cloud | undefined;

  constructor(trace: Trace, api: ApiServer) {
    this.#trace = trace;
    this.#api = api;
  }

  mayVanish(name: string): boolean {
    if (this.#there.get(name)?.epoch !== this.#epochOf(name)) return true;
    // What is going already may be handed out by a broker that does not know it yet.
    return this.#isGoing(INSTANCES, instanceOf(name)) || this.#isGoing(BINDINGS, name);
  }

  vanished(name: string): void {
    this.#there.delete(name);
  }

  /** From now on nobody accounts for what the cloud holds of the instance. */
  abandon(instance: string): void {
    this.#abandoned.add(instance);
  }

  isAbandoned(name: string): boolean {
    return this.#abandoned.has(instanceOf(name));
  }

  askRemoval(name: string): void {
    this.#removals.set(name, (this.#removals.get(name) ?? 0) + 1);
  }

  /** To be called before a request is sent; what it returns, with the answer. */
  observe(method: Method, request: OsbRequest): (answer: HttpAnswer) => void {
    const name = request.bindingId ?? request.instanceId;
    const isRemoval = method === 'deprovision' || method === 'unbind';
    if (isRemoval) this.askRemoval(name);
    const epoch = this.#epochOf(name);
    const checkRemoved = this.#watchRemoval(name);
    return (answer) => {
      const { status, body } = answer;
      this.#checkRefusal(method, request, answer);
      if (status === 202) this.#accept(method, body.operation as string, answer, checkRemoved);
      if (isRemoval && status === 200) checkRemoved();
      if (method.endsWith('LastOperation')) this.#checkOutcome(request, answer);
      // A removal that crosses the request, or a replica that is behind, leaves open what there is.
      if (epoch !== this.#epochOf(name) || answer.isLagging) return;
      if (status === 0 || status >= 202) return;
      if (['provision', 'fetchInstance'].includes(method)) this.#there.set(name, { epoch });
      if (['bind', 'fetchBinding'].includes(method))
        this.#checkCredentials(name, epoch, body.credentials?.password as string);
    };
  }

  /** Grows with each request to remove it, or its instance. */
  #epochOf(name: string): number {
    const instance = instanceOf(name);
    return (this.#removals.get(name) ?? 0) + (instance === name ? 0 : (this.#removals.get(instance) ?? 0));
  }

  #isGoing(type: ResourceType, name: string): boolean {
    return this.#removals.has(name) && this.#api.object(type, name)?.metadata.deletionTimestamp !== undefined;
  }

  /** What is in the cloud now must not be there any more when the removal is said to have succeeded. */
  #watchRemoval(name: string): () => void {
    const { servers, users } = this.cloud!;
    const [server, password] = [servers.get(name), users.get(name)?.password];
    return () => {
      if (this.isAbandoned(name)) return;
      if (password !== undefined && this.cloud!.works(name, password))
        this.#trace.violation('no credential works after its unbind', `${name} ${password}`);
      if (server && servers.get(name) === server)
        this.#trace.violation('nothing is left of what was removed', `server ${name}`);
    };
  }

  #accept(method: Method, operation: string, { uid, isLagging }: HttpAnswer, onSuccess: () => void): void {
    this.#accepted.set(operation, { uid, onSuccess });
    // What kubectl changes has operations that are named after its generation.
    const isNamed = !operation.includes(uid ?? '');
    if (uid === undefined || isLagging || !isNamed || !['provision', 'bind'].includes(method)) return;
    const maker = this.#makers.get(uid) ?? operation;
    if (maker !== operation)
      this.#trace.violation('a repeated request is about the same operation', `${maker}, then ${operation}`);
    this.#makers.set(uid, maker);
  }

  #checkCredentials(binding: string, epoch: number, password: string | undefined): void {
    const before = this.#there.get(binding);
    if (password === undefined) return this.#trace.violation('a finished binding has credentials', binding);
    if (before?.epoch === epoch && before.password !== password)
      this.#trace.violation('credentials stay the same', `${binding}: ${before.password}, then ${password}`);
    if (!this.cloud!.works(binding, password))
      this.#trace.violation('credentials that are handed out work', `${binding} ${password}`);
    this.#there.set(binding, { epoch, password });
  }

  #checkOutcome({ operation }: OsbRequest, { status, body, isLagging, uid }: HttpAnswer): void {
    if (operation === undefined) return;
    const accepted = this.#accepted.get(operation);
    const state = status === 410 && isDeletion(operation) ? 'succeeded' : (body.state as string);
    if (isDeletion(operation) && state === 'succeeded') accepted?.onSuccess();
    // What is made anew under the same id knows of operations before it only that a deletion has succeeded.
    const isOfEarlier =
      uid !== accepted?.uid && (!isDeletion(operation) || this.#outcomes.get(operation) === 'failed');
    if (status === 200 && !isOfEarlier) this.#noteOutcome(operation, state, isLagging);
  }

  #noteOutcome(operation: string, state: string, isLagging: boolean): void {
    const before = this.#outcomes.get(operation);
    const isBehind = state === 'in progress' && isLagging;
    if (before !== undefined && before !== state && !isBehind)
      this.#trace.violation('an outcome stays as it was told', `${operation}: ${before}, then ${state}`);
    if (state !== 'in progress') this.#outcomes.set(operation, state);
  }

  /** What is refused leaves nothing behind: what the request made is gone again, or going. */
  #checkRefusal(method: Method, request: OsbRequest, { status, writes }: HttpAnswer): void {
    if (status < 400 || status >= 500) return;
    // New secret parameters of an update that comes to nothing stay beside the old ones, and go with the instance.
    const made = writes.filter(
      ({ verb, type }) => verb === 'create' && !(method === 'update' && type.kind === 'Secret'),
    );
    for (const { type, name } of made) {
      const left = this.#api.object(type, name!);
      if (left && !left.metadata.deletionTimestamp && !isOwnedByTheGoing(this.#api, left))
        this.#trace.violation(
          'a refusal leaves nothing behind',
          `${method} ${request.instanceId}: ${type.plural} ${name}`,
        );
    }
  }
}

function isOwnedByTheGoing(api: ApiServer, { metadata }: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind, name, uid }) => {
    const owner = api.object(
      [INSTANCES, BINDINGS].find((type) => type.kind === kind)!,
      name,
    );
    return owner?.metadata.uid !== uid || owner?.metadata.deletionTimestamp !== undefined;
  });
}
