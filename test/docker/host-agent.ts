// The agent of a Docker host, in the process of a test: registers the host, gives signs of its life, and falls silent on
// demand.
import { beat, register, type Registration } from '../../src/docker-hosts/registration.js';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import { type Lease, LEASES } from '../../src/sdk/kube/lease.js';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { ResourceClient } from '../../src/sdk/kube/types.js';
import { DOCKER_HOSTS, type DockerHost } from '../../src/sdk/resources/kinds.js';

export class HostAgent {
  readonly hosts: ResourceClient<DockerHost>;
  readonly #leases: ResourceClient<Lease>;
  readonly #registration: Registration;
  #timer: NodeJS.Timeout | undefined;

  constructor(config: ClusterConfig, namespace: string, registration: Registration) {
    this.hosts = createResourceClient<DockerHost>(config, DOCKER_HOSTS, namespace);
    this.#leases = createResourceClient<Lease>(config, LEASES, namespace);
    this.#registration = registration;
  }

  /** Resolves when the host is registered and has given its first sign of life. */
  async start(): Promise<void> {
    await register(this.hosts, this.#registration);
    await this.#beat();
    const { keepaliveSeconds } = this.#registration;
    this.#timer = setInterval(() => void this.#beat().catch(() => undefined), keepaliveSeconds * 1000);
  }

  fallSilent(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    const { name: host, keepaliveSeconds } = this.#registration;
    await beat(this.#leases, { host, holder: 'a-test', keepaliveSeconds }, Date.now());
  }
}
