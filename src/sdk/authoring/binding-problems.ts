// What can be wrong with what a backend's `bind` returned, by the rules of the specification's Binding response.
import type { BindingResult, Endpoint, VolumeMount } from './backend.js';

const PORTS = /^\d{1,5}(-\d{1,5})?$/;

/** One sentence for each fault, without any value: it may be secret. */
export function bindingProblems(result: BindingResult, requires: readonly string[]): string[] {
  const problems: string[] = [];
  const permission = (field: string, present: boolean, word: string): void => {
    if (present && !requires.includes(word))
      problems.push(`${field}: the offering must declare requires: [${word}]`);
  };
  if (result.credentials !== undefined && !isObject(result.credentials))
    problems.push('credentials: must be an object');
  permission('syslogDrainUrl', result.syslogDrainUrl !== undefined, 'syslog_drain');
  permission('routeServiceUrl', result.routeServiceUrl !== undefined, 'route_forwarding');
  permission('volumeMounts', result.volumeMounts !== undefined, 'volume_mount');
  result.endpoints?.forEach((endpoint, index) =>
    problems.push(...endpointProblems(endpoint, `endpoints[${index}]`)),
  );
  result.volumeMounts?.forEach((mount, index) =>
    problems.push(...mountProblems(mount, `volumeMounts[${index}]`)),
  );
  const { expiresAt, renewBefore } = result;
  for (const [field, time] of Object.entries({ expiresAt, renewBefore })) {
    if (time !== undefined && !(time instanceof Date && !Number.isNaN(time.getTime()))) {
      problems.push(`${field}: must be a valid Date`);
    }
  }
  if (expiresAt && renewBefore && renewBefore > expiresAt)
    problems.push('renewBefore: must not be later than expiresAt');
  return problems;
}

function endpointProblems(endpoint: Endpoint, path: string): string[] {
  const problems: string[] = [];
  if (typeof endpoint.host !== 'string' || endpoint.host === '')
    problems.push(`${path}.host: must be a host or an address`);
  const ports: unknown = endpoint.ports;
  if (
    !Array.isArray(ports) ||
    ports.length === 0 ||
    !ports.every((port) => typeof port === 'string' && PORTS.test(port))
  ) {
    problems.push(`${path}.ports: must be a list like ["443"] or ["9000-9010"]`);
  }
  if (endpoint.protocol !== undefined && !['tcp', 'udp', 'all'].includes(endpoint.protocol)) {
    problems.push(`${path}.protocol: must be tcp, udp or all`);
  }
  return problems;
}

function mountProblems(mount: VolumeMount, path: string): string[] {
  const problems: string[] = [];
  for (const field of ['driver', 'container_dir'] as const) {
    if (typeof mount[field] !== 'string' || mount[field] === '')
      problems.push(`${path}.${field}: must be a non-empty string`);
  }
  if (!['r', 'rw'].includes(mount.mode)) problems.push(`${path}.mode: must be r or rw`);
  if (mount.device_type !== 'shared') problems.push(`${path}.device_type: must be shared`);
  if (typeof mount.device?.volume_id !== 'string')
    problems.push(`${path}.device.volume_id: must be a string`);
  return problems;
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
