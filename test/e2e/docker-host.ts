// What an agent has in the cluster: a DockerHost that nobody reaches, and the Lease that is its heartbeat.

/** A list, for `kubectl create`. */
export const dockerHost = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'sdkbroker.broker.io/v1alpha1',
      kind: 'DockerHost',
      metadata: { name },
      spec: { engine: 'tcp://192.0.2.1:2376', serviceHost: '192.0.2.1' },
    },
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: `docker-host-${name}`, labels: { 'sdkbroker.broker.io/lease': 'docker-host' } },
      spec: { holderIdentity: name, leaseDurationSeconds: 180 },
    },
  ],
});
