// How a host is named in a ping, and where its engine is by that.
import { isIPv6 } from 'node:net';

/** The Docker Engine's port where nothing else is said. */
export const DEFAULT_ENGINE_PORT = 2375;

/** Is it the name or the address of a host, with nothing before or after it? */
export const isHost = (text: string): boolean =>
  isIPv6(text) || /^(?!.*\.\.)[a-zA-Z0-9][a-zA-Z0-9._-]{0,252}$/.test(text);

/** `tcp://10.0.0.7:2375` */
export const tcpEngine = (host: string, port: number): string =>
  `tcp://${isIPv6(host) ? `[${host}]` : host}:${port}`;
