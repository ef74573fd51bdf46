// What an application gets. A key that was once here stays, with its meaning: applications are written against it.
import type { Endpoint } from '../../sdk/index.js';
import { prefixOf } from './access.js';
import type { EtcdSettings } from './settings.js';

export interface EtcdAccount {
  settings: Readonly<EtcdSettings>;
  /** Its name. */
  instance: string;
  username: string;
  password: string;
  /** PEM; absent without TLS, or where the system knows it. */
  ca: string | undefined;
}

export type EtcdCredentials = {
  /** Of the first member. */
  host: string;
  port: string;
  /** Of all members: `http://etcd-0:2379`. */
  endpoints: string[];
  username: string;
  password: string;
  /** All keys are below it, with a slash between: `/service_instances/<instance>`. Two names of the same. */
  base_path: string;
  keypath: string;
  /** Of the first member, with the user in it. */
  uri: string;
  /** PEM. */
  ca_cert?: string;
};

export function credentialsOf({ settings, instance, username, password, ca }: EtcdAccount): EtcdCredentials {
  const endpoints = publicEndpointsOf(settings);
  const { host, port } = addressOf(endpoints[0]!);
  const keypath = prefixOf(instance).replace(/\/$/, '');
  const uri = new URL(endpoints[0]!);
  Object.assign(uri, { username, password });
  return {
    ...{ host, port, endpoints, username, password, base_path: keypath, keypath },
    uri: uri.href.replace(/\/$/, ''),
    ...(ca ? { ca_cert: ca } : {}),
  };
}

export const endpointsOf = (settings: Readonly<EtcdSettings>): Endpoint[] =>
  publicEndpointsOf(settings).map((endpoint) => {
    const { host, port } = addressOf(endpoint);
    return { host, ports: [port], protocol: 'tcp' };
  });

const publicEndpointsOf = ({ endpoints, publicEndpoints }: Readonly<EtcdSettings>): string[] => [
  ...(publicEndpoints ?? endpoints),
];

function addressOf(endpoint: string): { host: string; port: string } {
  const { hostname, port, protocol } = new URL(endpoint);
  // The brackets of an IPv6 address belong to the URL, not to the host.
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port || (protocol === 'https:' ? '443' : '80') };
}
