// The way through a broker: POST /ping for each sign of life, PUT /certificate/<docker host> before the first.
import { readFile } from 'node:fs/promises';
import type { BrokerServer } from './brokers.js';
import { call, type Call } from './http-call.js';
import type { Receiver } from './receiver.js';
import type { AgentSettings } from './settings-read.js';

/** The version of the protocol that brokers are spoken to in. */
const VERSION = '2.17';
const MAX_DESCRIPTION_LENGTH = 300;

export function brokerReceiver(broker: BrokerServer, settings: AgentSettings): Receiver {
  const { url, user, password } = broker;
  const name = `the broker at ${url}`;
  const { origin, pathname } = new URL(url);
  const base = pathname.replace(/\/$/, '');
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const send = async (
    method: Call['method'],
    path: string,
    body: object,
    signal: AbortSignal,
  ): Promise<void> => {
    const ca = settings.brokerCa && (await readFile(settings.brokerCa, 'utf8'));
    const what: Call = {
      origin,
      method,
      path: base + path,
      headers: { authorization, 'x-broker-api-version': VERSION, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(ca ? { tls: { ca } } : {}),
    };
    const answer = await call(what, signal).catch((error: unknown) => {
      throw new Error(`${name} does not answer: ${(error as Error).message}`, { cause: error });
    });
    if (answer.status >= 300 || answer.status < 200) {
      throw new Error(`${name} answers ${method} ${path} with ${answer.status}${reasonOf(answer)}`);
    }
  };
  return {
    name,
    beat: (signal) => send('POST', '/ping', pingOf(settings), signal),
    bring: async ({ cert, key, ca }, signal) => {
      const { dockerHost: Host } = settings;
      const body = { Host, ClientCert: cert, ClientKey: key, CA: ca };
      await send('PUT', `/certificate/${encodeURIComponent(Host)}`, body, signal);
      return undefined;
    },
    close: () => Promise.resolve(),
  };
}

function pingOf(settings: AgentSettings): object {
  const { serviceHost, dockerHost, dockerPort, isActive, perfFactor, keepalive, portbindMin, portbindMax } =
    settings;
  return {
    ServiceHost: serviceHost,
    DockerHost: dockerHost,
    DockerPort: dockerPort,
    IsActive: isActive,
    PerfFactor: perfFactor,
    KeepAlive: keepalive,
    Portbind_min: portbindMin,
    Portbind_max: portbindMax,
  };
}

function reasonOf({ status, body }: { status: number; body: string }): string {
  if (status === 401) return ': see that the user and password are those of one of its administrators';
  if (status === 404) return ': it has no administrators, or no Docker hosts';
  try {
    const { description } = JSON.parse(body) as { description?: unknown };
    return typeof description === 'string' ? `: ${description.slice(0, MAX_DESCRIPTION_LENGTH)}` : '';
  } catch {
    return '';
  }
}
