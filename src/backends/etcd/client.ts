// Asks an etcd cluster through the JSON gateway that every member has (etcd 3.4 and later), as one user. Logs in when it
// has to, and passes over members that do not answer. Knows nothing of instances and bindings.
import { Agent, request } from 'undici';
import { EtcdError, isRefusal } from './errors.js';

export interface EtcdConnection {
  readonly endpoints: readonly string[];
  readonly username: string;
  readonly password: string;
  /** PEM. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly timeoutMs: number;
}

type Answer = Record<string, unknown>;

/** Fires never: each request has its time-out. */
const FOR_ALL = new AbortController().signal;

/** What a member answers that cannot do it now, and another one may. */
const UNABLE = /no leader|leader changed|server stopped|request timed out|not capable|unhealthy cluster/;

export class EtcdClient {
  readonly #connection: EtcdConnection;
  readonly #agent: Agent;
  /** The member that answered last comes first. */
  #endpoints: readonly string[];
  #token: Promise<string> | undefined;

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
    this.#endpoints = connection.endpoints;
    this.#agent = new Agent({ connect: { ...connection.tls } });
  }

  /** Lets requests under way end, and closes the connections. */
  close(): Promise<void> {
    return this.#agent.close();
  }

  /**
   * Posts to `/v3/<path>`. Throws an EtcdError for what etcd refuses, and any other error where no member answered in
   * time, which is worth another try.
   */
  async call(path: string, body: object, signal: AbortSignal): Promise<Answer> {
    const used = this.#authenticated();
    const token = await used;
    signal.throwIfAborted();
    try {
      return await this.#post(path, body, { signal, token });
    } catch (error) {
      if (!isRefusal(error, 'stale token')) throw error;
    }
    if (this.#token === used) this.#token = undefined; // a member forgets it when it is started anew, and in time
    return this.#post(path, body, { signal, token: await this.#authenticated() });
  }

  /** One log-in for all who wait for it, so that the signal of none of them ends it. */
  #authenticated(): Promise<string> {
    this.#token ??= this.#logIn();
    return this.#token;
  }

  async #logIn(): Promise<string> {
    const { username: name, password } = this.#connection;
    try {
      const { token } = await this.#post('auth/authenticate', { name, password }, { signal: FOR_ALL });
      return String(token);
    } catch (error) {
      this.#token = undefined;
      throw error;
    }
  }

  async #post(path: string, body: object, call: { signal: AbortSignal; token?: string }): Promise<Answer> {
    let failure: unknown;
    for (const endpoint of this.#endpoints) {
      try {
        const answer = await this.#postTo(endpoint, path, body, call);
        this.#prefer(endpoint);
        return answer;
      } catch (error) {
        call.signal.throwIfAborted();
        if (error instanceof EtcdError) throw error;
        failure = error;
      }
    }
    throw new Error(`no member of etcd can be used: ${(failure as Error).message}`, { cause: failure });
  }

  async #postTo(
    endpoint: string,
    path: string,
    body: object,
    { signal, token }: { signal: AbortSignal; token?: string },
  ): Promise<Answer> {
    const { timeoutMs } = this.#connection;
    const { statusCode, body: answer } = await request(`${endpoint.replace(/\/+$/, '')}/v3/${path}`, {
      method: 'POST',
      dispatcher: this.#agent,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: token }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const said = (await answer.json()) as Answer;
    if (statusCode === 200) return said;
    const sentence = typeof said.error === 'string' ? said.error : `status ${statusCode}`;
    if (statusCode === 503 || UNABLE.test(sentence)) throw new Error(sentence);
    throw new EtcdError(path, sentence);
  }

  #prefer(endpoint: string): void {
    if (this.#endpoints[0] === endpoint) return;
    this.#endpoints = [endpoint, ...this.#endpoints.filter((other) => other !== endpoint)];
  }
}
