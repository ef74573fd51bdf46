// The straight way: the agent writes the DockerHost, its Lease and its Secret into the cluster itself.
import { hostname } from 'node:os';
import { tlsSecretName } from '../docker-hosts/names.js';
import { beat, register, type Registration } from '../docker-hosts/registration.js';
import type { ClusterConfig } from '../sdk/index.js';
import { KubeError } from '../sdk/kube/errors.js';
import { type Lease, LEASES } from '../sdk/kube/lease.js';
import { createResourceClient } from '../sdk/kube/resource-client.js';
import type { Secret } from '../sdk/kube/types.js';
import { DOCKER_HOSTS, type DockerHost, SECRET_LABEL, SECRETS } from '../sdk/resources/kinds.js';
import { unlessAborted } from '../sdk/runtime/abortable.js';
import { systemClock } from '../sdk/runtime/clock.js';
import type { Certificates } from './certificates.js';
import type { Receiver } from './receiver.js';

export interface ClusterReceiverOptions {
  cluster: ClusterConfig;
  namespace: string;
  registration: Registration;
}

/** The cluster as a receiver. Closing it ends its connections. */
export function clusterReceiver({ cluster, namespace, registration }: ClusterReceiverOptions): Receiver {
  const hosts = createResourceClient<DockerHost>(cluster, DOCKER_HOSTS, namespace);
  const leases = createResourceClient<Lease>(cluster, LEASES, namespace);
  const secrets = createResourceClient<Secret>(cluster, SECRETS, namespace);
  const { name: host, keepaliveSeconds } = registration;
  const secretName = tlsSecretName(host);
  // A container in the place of another is the same agent, as its engine is the same.
  const holder = `${hostname()}_${host}`;
  let tlsSecret: string | undefined;
  return {
    name: `the cluster at ${cluster.serverUrl}`,
    async beat(signal) {
      const wanted = tlsSecret === undefined ? registration : { ...registration, tlsSecret };
      const written = register(hosts, wanted).then(() =>
        beat(leases, { host, holder, keepaliveSeconds }, systemClock.now()),
      );
      await unlessAborted(explained(written, namespace), signal);
    },
    async bring(certificates, signal) {
      // Also where somebody else has to bring it: an engine that wants TLS is not to be spoken to in the open.
      tlsSecret = secretName;
      const applied = secrets.apply(secretOf(secretName, certificates), { force: true }).then(
        () => undefined,
        (error: unknown) => {
          if (!(error instanceof KubeError) || error.status !== 403) throw error;
          return `the agent has no right to write the Secret ${secretName}: somebody else has to bring the certificates there`;
        },
      );
      return unlessAborted(explained(applied, namespace), signal);
    },
    close: () => cluster.close(),
  };
}

function secretOf(name: string, { ca, cert, key }: Certificates): Secret {
  const texts = { 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key };
  return {
    apiVersion: SECRETS.version,
    kind: SECRETS.kind,
    metadata: { name, labels: { [SECRET_LABEL]: 'backend' } },
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(texts).map(([file, text]) => [file, base64(text)])),
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** With the remedy, where a person has to put something right. */
async function explained<T>(written: Promise<T>, namespace: string): Promise<T> {
  try {
    return await written;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    const remedy = remedyOf(error, namespace);
    throw remedy ? new Error(`${error.message}: ${remedy}`, { cause: error }) : error;
  }
}

function remedyOf({ status }: KubeError, namespace: string): string | undefined {
  switch (status) {
    case 401:
      return 'renew the credentials of the kubeconfig or service account';
    case 403:
      return `give the agent a role in the namespace ${namespace} that lets it do so`;
    case 404:
      return `kubectl apply -f crds/ brings the DockerHosts, and there must be a namespace ${namespace}`;
    default:
      return undefined;
  }
}
