// Asks an etcd cluster through the JSON gateway that every member has (etcd 3.4 and later), as one user. Logs in when it
// has to, and passes over members that do not answer. Knows nothing of instances and bindings.
import { Agent, buildConnector, request } from 'undici';
import { certificateProblem, EtcdError, isRefusal, isTooLong, sentenceIn } from './errors.js';

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

/** Of a request that meets, each time, a change of users or roles. */
const MAX_ATTEMPTS = 10;

/** So that no application can fill the broker's memory with what it keeps in etcd. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export class EtcdClient {
  readonly #connection: EtcdConnection;
  readonly #agent: Agent;
  /** The member that answered last comes first. */
  #endpoints: readonly string[];
  #token: Promise<string> | undefined;

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
    this.#endpoints = connection.endpoints;
    this.#agent = new Agent({ connect: telling(connection.tls), maxResponseSize: MAX_ANSWER_BYTES });
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
      return await this.#postAs(token, path, body, signal);
    } catch (error) {
      // The revision may stand in the token, so that only another one helps.
      if (!isRefusal(error, 'stale token', 'old revision')) throw error;
    }
    if (this.#token === used) this.#token = undefined; // a member forgets it when it is started anew, and in time
    return this.#postAs(await this.#authenticated(), path, body, signal);
  }

  /** etcd refuses what is under way while users or roles change. */
  async #postAs(token: string, path: string, body: object, signal: AbortSignal): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#post(path, body, { signal, token });
      } catch (error) {
        if (!isRefusal(error, 'old revision') || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** The same without a log-in, for a cluster where anybody may do anything. */
  callOpenly(path: string, body: object, signal: AbortSignal): Promise<Answer> {
    return this.#post(path, body, { signal });
  }

  /** Logs in anew, whatever was before: throws what etcd has against that now. */
  async logIn(): Promise<void> {
    this.#token = this.#newToken();
    await this.#token;
  }

  /** One log-in for all who wait for it, so that the signal of none of them ends it. */
  #authenticated(): Promise<string> {
    this.#token ??= this.#newToken();
    return this.#token;
  }

  async #newToken(): Promise<string> {
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
        if (error instanceof EtcdError || isTooLong(error)) throw error;
        failure = error;
      }
    }
    const why = certificateProblem(failure) ?? (failure as Error).message;
    throw new Error(`no member of etcd can be used: ${why}`, { cause: failure });
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
    const text = await answer.text();
    if (statusCode === 200) return JSON.parse(text) as Answer;
    const sentence = sentenceIn(text) ?? `status ${statusCode}`;
    if (statusCode === 503 || UNABLE.test(sentence)) throw new Error(sentence);
    throw new EtcdError(path, sentence);
  }

  #prefer(endpoint: string): void {
    if (this.#endpoints[0] === endpoint) return;
    this.#endpoints = [endpoint, ...this.#endpoints.filter((other) => other !== endpoint)];
  }
}

/** In TLS 1.3, a server that wants a certificate says so after the handshake, which undici would pass over. */
function telling(tls: EtcdConnection['tls']): buildConnector.connector {
  const connect = buildConnector({ ...tls });
  return (options, callback) =>
    connect(options, (...made: Parameters<typeof callback>) => {
      const [, socket] = made;
      socket?.once('error', () => socket.destroy());
      callback(...made);
    });
}
