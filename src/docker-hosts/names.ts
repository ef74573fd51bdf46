// What belongs to a Docker host beside its DockerHost, and by which names it is found.
import { GROUP } from '../sdk/resources/kinds.js';

/** On the Leases that are heartbeats of Docker hosts, with the value `docker-host`. */
export const LEASE_LABEL = `${GROUP}/lease`;
export const LEASE_OF_HOST = 'docker-host';
/** Selects the heartbeats of all Docker hosts. */
export const LEASE_SELECTOR = `${LEASE_LABEL}=${LEASE_OF_HOST}`;

const LEASE_PREFIX = 'docker-host-';

/** The Lease that is the heartbeat of the host. */
export const leaseName = (host: string): string => LEASE_PREFIX + host;

/** The host whose heartbeat the Lease of that name is; undefined for any other. */
export const hostOfLease = (lease: string): string | undefined =>
  lease.startsWith(LEASE_PREFIX) ? lease.slice(LEASE_PREFIX.length) : undefined;

/** The Secret with the TLS material of a host's engine, where the broker makes it. */
export const tlsSecretName = (host: string): string => `docker-host-tls-${host}`;
