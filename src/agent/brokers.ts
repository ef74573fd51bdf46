// The brokers that get an agent's signs of life: from the addresses that were given, or from the list of the file.
import { isIPv6 } from 'node:net';
import { variableOf } from './settings.js';
import { whole } from './setting-kinds.js';
import type { ListedBroker } from './settings-file.js';

export interface BrokerServer {
  /** Without a slash at its end. */
  url: string;
  user: string;
  password: string;
}

export interface BrokerSources {
  addresses: readonly string[] | undefined;
  listed: readonly ListedBroker[];
  /** In place of those of the file. */
  user: string | undefined;
  password: string | undefined;
}

/** All of them; what is wrong with one is added to `problems`, without its credentials. */
export function brokersOf(
  { addresses, listed, user, password }: BrokerSources,
  problems: string[],
): BrokerServer[] {
  const found = addresses
    ? addresses.map((url) => ({ label: url, url, user, password }))
    : listed.map(({ label, fields }) => ({
        label,
        url: urlOf(label, fields.get('host') ?? '', fields.get('port') ?? '', problems),
        user: user ?? fields.get('user'),
        password: password ?? fields.get('password'),
      }));
  return found.map(({ label, url, user, password }) => {
    if (user?.includes(':')) problems.push(`the user of ${label} must have no colon`);
    if (!user) problems.push(`${label} has no user: ${remedy('brokerUser', 'user')}`);
    if (!password) problems.push(`${label} has no password: ${remedy('brokerPassword', 'password')}`);
    return { url, user: user ?? '', password: password ?? '' };
  });
}

const remedy = (setting: 'brokerUser' | 'brokerPassword', field: string): string =>
  `set ${variableOf(setting)}, or ${field} in brokerservers in the file`;

const HOST = 'must be a host such as broker.example, or an address such as https://broker.example';

/** https where the host does not say otherwise; the port is that of the scheme where there is none. */
function urlOf(label: string, host: string, port: string, problems: string[]): string {
  const [, scheme = 'https', name = ''] = /^(?:(https?):\/\/)?([^/?#@\s]+)\/?$/.exec(host) ?? [];
  const address = `${scheme}://${isIPv6(name) ? `[${name}]` : name}`;
  if (name === '' || !URL.canParse(address) || (port !== '' && new URL(address).port !== '')) {
    problems.push(`host of ${label} ${HOST}`);
    return '';
  }
  try {
    return port === '' ? address : `${address}:${whole(1, 65_535)(port)}`;
  } catch (error) {
    problems.push(`port of ${label} ${(error as Error).message}`);
    return '';
  }
}
