// The client of one Docker Engine: dockerode, with TLS verified and nothing taken from the environment.
import { Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { inspect } from 'node:util';
import type Docker from 'dockerode';
import type { EngineAddress } from '../../docker-hosts/engine-address.js';
import { EngineError } from './engine-errors.js';

const DEFAULT_PORTS = { http: '2375', https: '2376' } as const;

/** Connects to nothing yet. Throws an EngineError for what is no address of an engine. */
export async function clientOf(address: EngineAddress): Promise<Docker> {
  const options = optionsOf(address);
  const { default: Client } = await import('dockerode'); // weighs much, and most brokers have no use for it
  return new Client(options);
}

/** How the engine is called in messages: without what may stand before the host in a URL. */
export function titleOf({ engine }: EngineAddress): string {
  return engine.replace(/\/\/[^/]*@/, '//');
}

/** All that docker-modem would else take from DOCKER_HOST and its like is set here, be it to nothing. */
function optionsOf(address: EngineAddress): Docker.DockerOptions {
  const { protocol, hostname, port, pathname } = urlOf(address);
  const nothing = { ca: undefined, cert: undefined, key: undefined, timeout: undefined, port: undefined };
  const options = { ...nothing, pathPrefix: '/', agent: agentOf(address) };
  if (protocol === 'unix:') {
    return { ...options, protocol: 'http', host: undefined, socketPath: decodeURIComponent(pathname) };
  }
  const scheme = address.tls ? 'https' : 'http';
  const host = `${scheme}://${hostname}`;
  return { ...options, protocol: scheme, host, socketPath: undefined, port: port || DEFAULT_PORTS[scheme] };
}

function urlOf(address: EngineAddress): URL {
  const url = URL.canParse(address.engine) ? new URL(address.engine) : undefined;
  const isEngine =
    url?.protocol === 'unix:' ? url.pathname !== '' : url?.protocol === 'tcp:' && url.hostname !== '';
  if (url && isEngine) return url;
  throw new EngineError(
    'invalid',
    `${titleOf(address)} is no address of a Docker Engine: it must be as tcp://10.0.0.7:2376 or unix:///var/run/docker.sock`,
  );
}

/**
 * Each request has a connection of its own: none outlives the engine's restart, or the certificate that it was made
 * with. The engine is verified whatever NODE_TLS_REJECT_UNAUTHORIZED says.
 */
function agentOf({ tls }: EngineAddress): PlainAgent {
  const agent = tls
    ? new TlsAgent({ ...tls, keepAlive: false, rejectUnauthorized: true })
    : new PlainAgent({ keepAlive: false });
  // docker-modem writes out all options of each request for its debug lines: not the key.
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}
