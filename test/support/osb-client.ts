// A platform: speaks the Open Service Broker API to a broker under test, as a platform must.
import { type Dispatcher, request } from 'undici';

export interface OsbResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: any;
}

export interface OsbCall {
  query?: Record<string, string | undefined>;
  body?: unknown;
  headers?: Record<string, string | undefined>;
  /** Fires when the platform gives up. */
  signal?: AbortSignal;
}

export interface Credentials {
  username: string;
  password: string;
}

type Query = Record<string, string | undefined>;

export class OsbClient {
  readonly #url: string;
  readonly #authorization: string;

  constructor(url: string, credentials: Credentials = { username: 'broker', password: 'broker' }) {
    this.#url = url;
    this.#authorization = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  }

  /** Sends the request with the headers that a platform sends; `undefined` leaves a header out. */
  async send(method: Dispatcher.HttpMethod, path: string, call: OsbCall = {}): Promise<OsbResponse> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) query.set(name, value);
    const headers: Record<string, string | undefined> = {
      authorization: this.#authorization,
      'x-broker-api-version': '2.17',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    };
    const response = await request(`${this.#url}${path}${query.size > 0 ? `?${query.toString()}` : ''}`, {
      method,
      signal: call.signal ?? null,
      headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
      body:
        call.body === undefined
          ? null
          : typeof call.body === 'string'
            ? call.body
            : JSON.stringify(call.body),
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  catalog(call: OsbCall = {}): Promise<OsbResponse> {
    return this.send('GET', '/v2/catalog', call);
  }

  provision(instanceId: string, body: object, query: Query = {}): Promise<OsbResponse> {
    return this.send('PUT', instancePath(instanceId), { body, query });
  }

  fetch(instanceId: string, query: Query = {}): Promise<OsbResponse> {
    return this.send('GET', instancePath(instanceId), { query });
  }

  update(instanceId: string, body: object, query: Query = {}): Promise<OsbResponse> {
    return this.send('PATCH', instancePath(instanceId), { body, query });
  }

  deprovision(instanceId: string, query: Query): Promise<OsbResponse> {
    return this.send('DELETE', instancePath(instanceId), { query });
  }

  lastOperation(instanceId: string, query: Query = {}): Promise<OsbResponse> {
    return this.send('GET', `${instancePath(instanceId)}/last_operation`, { query });
  }

  bind(instanceId: string, bindingId: string, body: object, query: Query = {}): Promise<OsbResponse> {
    return this.send('PUT', bindingPath(instanceId, bindingId), { body, query });
  }

  fetchBinding(instanceId: string, bindingId: string, query: Query = {}): Promise<OsbResponse> {
    return this.send('GET', bindingPath(instanceId, bindingId), { query });
  }

  unbind(instanceId: string, bindingId: string, query: Query): Promise<OsbResponse> {
    return this.send('DELETE', bindingPath(instanceId, bindingId), { query });
  }

  bindingLastOperation(instanceId: string, bindingId: string, query: Query = {}): Promise<OsbResponse> {
    return this.send('GET', `${bindingPath(instanceId, bindingId)}/last_operation`, { query });
  }

  /** Polls until the operation has ended, as a platform does, only more often; 410 is an end too. */
  async untilEnded(poll: () => Promise<OsbResponse>): Promise<OsbResponse> {
    for (;;) {
      const answer = await poll();
      if (answer.status !== 200 || answer.body.state !== 'in progress') return answer;
      await new Promise((resolve) => setTimeout(resolve, 10).unref());
    }
  }
}

export const instancePath = (instanceId: string): string =>
  `/v2/service_instances/${encodeURIComponent(instanceId)}`;

export const bindingPath = (instanceId: string, bindingId: string): string =>
  `${instancePath(instanceId)}/service_bindings/${encodeURIComponent(bindingId)}`;
