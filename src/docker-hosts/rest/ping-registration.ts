// What an agent's ping says, as a registration of its host. What it says of time, of ports in use and of how to run
// something in a container is passed over: the broker knows better, or has no use for it.
import type { JsonObject } from '../../sdk/index.js';
import { objectName } from '../../sdk/resources/names.js';
import { OsbError } from '../../sdk/osb/errors.js';
import { DEFAULT_KEEPALIVE_SECONDS } from '../heartbeats.js';
import type { Registration } from '../registration.js';
import { DEFAULT_ENGINE_PORT, isHost, tcpEngine } from './ping-host.js';

/** The registration in a ping's body; its DockerHost, the key, is the same for the same host. Throws `BadRequest`. */
export function registrationOf(body: JsonObject): Registration {
  const fields: Fields = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]));
  const dockerHost = hostIn(fields, 'DockerHost');
  const ports = portsIn(fields);
  return {
    name: objectName(dockerHost),
    engine: tcpEngine(dockerHost, wholeIn(fields, 'DockerPort', [1, 65_535]) ?? DEFAULT_ENGINE_PORT),
    serviceHost: hostIn(fields, 'ServiceHost'),
    ...(ports ? { ports } : {}),
    perfFactor: factorIn(fields, 'PerfFactor') ?? 1,
    schedulable: truthIn(fields, 'IsActive') ?? true,
    keepaliveSeconds: wholeIn(fields, 'KeepAlive', [1, 3600]) ?? DEFAULT_KEEPALIVE_SECONDS,
  };
}

/** By their names in small letters: agents of before were decoded so. */
type Fields = ReadonlyMap<string, unknown>;

const refusal = (description: string): OsbError => new OsbError('BadRequest', description);

const valueIn = (fields: Fields, name: string): unknown => fields.get(name.toLowerCase()) ?? undefined;

function hostIn(fields: Fields, name: string): string {
  const value = valueIn(fields, name);
  if (typeof value === 'string' && isHost(value)) return value;
  throw refusal(`${name} must be the name or address of a host, without scheme and port`);
}

function wholeIn(fields: Fields, name: string, [min, max]: readonly [number, number]): number | undefined {
  const value = valueIn(fields, name);
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw refusal(`${name} must be a whole number from ${min} to ${max}`);
}

function factorIn(fields: Fields, name: string): number | undefined {
  const value = valueIn(fields, name);
  if (value === undefined || (typeof value === 'number' && value >= 0)) return value;
  throw refusal(`${name} must be a number, and not below 0`);
}

function truthIn(fields: Fields, name: string): boolean | undefined {
  const value = valueIn(fields, name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw refusal(`${name} must be true or false`);
}

/** Two zeros, or nothing, are no range. */
function portsIn(fields: Fields): Registration['ports'] {
  const min = wholeIn(fields, 'Portbind_min', [0, 65_535]) ?? 0;
  const max = wholeIn(fields, 'Portbind_max', [0, 65_536]) ?? 0;
  if (min === 0 && max === 0) return undefined;
  if (min > 0 && min < max) return { min, max };
  throw refusal(
    'Portbind_min and Portbind_max must be a range of ports, the first one and the one after the last, or both be absent',
  );
}
