// The Docker hosts of a broker, followed by it.
import type { BrokerContext } from '../sdk/index.js';
import { type Lease, LEASES } from '../sdk/kube/lease.js';
import { DOCKER_HOSTS, type DockerHost } from '../sdk/resources/kinds.js';
import { DockerHosts } from './hosts.js';
import { LEASE_SELECTOR } from './names.js';

/** To be called while attaching. */
export const followDockerHosts = ({ follow, secrets, clock }: BrokerContext): DockerHosts =>
  new DockerHosts({
    hosts: follow<DockerHost>(DOCKER_HOSTS),
    leases: follow<Lease>(LEASES, { labelSelector: LEASE_SELECTOR }),
    ...{ secrets, clock, random: Math.random },
  });
