// A platform that speaks to the broker: sends, asks again where no answer came, polls what was accepted. Every answer
// goes through the ledger.
import type { Http, HttpAnswer, Method, OsbRequest } from './http.js';
import type { Ledger } from './ledger.js';
import type { Random } from './random.js';
import type { VirtualTime } from './time.js';
import type { Trace } from './trace.js';

export interface PlatformWorld {
  time: VirtualTime;
  trace: Trace;
  http: Http;
  ledger: Ledger;
}

export type End = 'succeeded' | 'failed' | 'gone';

/** No answer, or one that leaves open what happened. */
export const isUnclear = ({ status }: HttpAnswer): boolean => status === 0 || status >= 500;
export const isConcurrent = ({ status, body }: HttpAnswer): boolean =>
  status === 422 && body.error === 'ConcurrencyError';

const MAX_TRIES = 500;
/** After so many, that another request is at work on it is an answer. */
const MAX_CONCURRENT = 50;
const MAX_POLLING_MS = 45 * 60_000;

export class Platform {
  readonly name: string;
  readonly #world: PlatformWorld;
  readonly #random: Random;

  constructor(name: string, world: PlatformWorld, random: Random) {
    this.name = name;
    this.#world = world;
    this.#random = random;
  }

  async send(method: Method, request: OsbRequest): Promise<HttpAnswer> {
    const { http, ledger } = this.#world;
    const check = ledger.observe(method, request);
    const answer = await http.send(this.name, method, request);
    check(answer);
    return answer;
  }

  /** The same request until there is a clear answer to it. */
  async insist(method: Method, request: OsbRequest): Promise<HttpAnswer> {
    for (let tries = 0; ; tries++) {
      const answer = await this.send(method, request);
      if (!isUnclear(answer) && !(isConcurrent(answer) && tries < MAX_CONCURRENT)) return answer;
      if (tries === MAX_TRIES) {
        this.#world.trace.violation(
          'every request is answered in the end',
          `${method} ${request.instanceId}`,
        );
        return answer;
      }
      await this.wait(300, 6_000);
    }
  }

  /** Removes it until it is gone; what failed is tried again. Resolves with the refusal where there is one. */
  async remove(method: 'unbind' | 'deprovision', request: OsbRequest): Promise<HttpAnswer | undefined> {
    for (;;) {
      const answer = await this.insist(method, request);
      if (answer.status === 200 || answer.status === 410) return undefined;
      if (answer.status !== 202) return answer;
      if ((await this.ended(request, answer.body.operation)) !== 'failed') return undefined;
    }
  }

  /** How the operation ended. */
  async ended(request: OsbRequest, operation: string | undefined): Promise<End> {
    const { time, trace } = this.#world;
    const { instanceId, bindingId } = request;
    const method = bindingId === undefined ? 'instanceLastOperation' : 'bindingLastOperation';
    const since = time.now;
    const poll = {
      instanceId,
      ...(bindingId === undefined ? {} : { bindingId }),
      ...(operation ? { operation } : {}),
    };
    for (;;) {
      await this.wait(500, 6_000);
      const { status, body } = await this.insist(method, poll);
      if (status === 404 || status === 410) return 'gone';
      if (status !== 200) trace.violation('a poll is answered', `${operation}: ${status}`);
      else if (body.state !== 'in progress') return body.state as End;
      if (time.now - since > MAX_POLLING_MS || status !== 200) {
        trace.violation('every accepted operation ends', `${operation}: ${JSON.stringify(body)}`);
        return 'failed';
      }
    }
  }

  wait(low: number, high: number): Promise<void> {
    return this.#world.time.sleep(this.#random.between(low, high));
  }
}
