// Server-side apply tells ports apart by number and protocol, and API servers as old as 1.20 refuse those that leave the
// protocol out, though they have a default for it: here it is filled in.
import { isJsonObject } from './json.js';

/** Whose ports those are: of Services, and of the containers in pods and in templates of pods. */
const GROUPS = ['', 'apps', 'batch'];

export function withProtocols<T extends object>(group: string, object: T): T {
  return GROUPS.includes(group) ? (filled(object) as T) : object;
}

function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      const isPorts = field === 'ports' && Array.isArray(inner);
      return [field, isPorts ? inner.map(withProtocol) : filled(inner)];
    }),
  );
}

function withProtocol(port: unknown): unknown {
  const isPort = isJsonObject(port) && ('containerPort' in port || 'port' in port);
  return isPort && port.protocol === undefined ? { ...port, protocol: 'TCP' } : port;
}
