// The TLS material of Docker hosts by their names: a Secret each, which is written here and never shown again.
import type { JsonObject } from '../../sdk/index.js';
import type { Secret } from '../../sdk/kube/types.js';
import { OsbError } from '../../sdk/osb/errors.js';
import { GROUP, SECRET_LABEL } from '../../sdk/resources/kinds.js';
import { tlsSecretName } from '../names.js';
import { describeMaterial, type Material, readMaterial } from './certificate-material.js';
import type { Answer, RestContext } from './context.js';
import { clearTls, setTls, tlsSecretOf } from './host-tls.js';
import { hostNameOf } from './resolve-host.js';
import { bringSecret, despiteOthers } from './writes.js';

/** On the Secret: the Docker host as it was named in the request, which the name of the object may not tell. */
const DOCKER_HOST_ANNOTATION = `${GROUP}/docker-host`;

/** The Secret first: no host is ever to name one that is not there. */
export async function putCertificate(
  context: RestContext,
  dockerHost: string,
  body: JsonObject,
): Promise<Answer> {
  const { secrets, clock, log } = context;
  const host = hostNameOf(context.hosts, dockerHost);
  const wanted = secretOf(host, dockerHost, readMaterial(dockerHost, body, clock.now()));
  const isNew = await despiteOthers(() => bringSecret(secrets, wanted));
  await setTls(context, host);
  log.info('a docker host has TLS material', { dockerHost, host });
  return { status: isNew ? 201 : 200, body: shown(host, wanted.metadata.name, wanted) };
}

export async function getCertificate(context: RestContext, dockerHost: string): Promise<Answer> {
  const host = hostNameOf(context.hosts, dockerHost);
  const named = tlsSecretOf(context.hosts.get(host));
  const name = named ?? tlsSecretName(host);
  const secret = await context.secrets.read(name); // another replica may have made it just now
  if (!named && !isTls(secret)) {
    throw new OsbError('NotFound', `there is no certificate of the Docker host ${dockerHost}`);
  }
  return { status: 200, body: shown(host, name, secret) };
}

/** Those of all hosts that name a Secret, and those that are there for hosts to come. */
export async function listCertificates({ hosts, secrets }: RestContext): Promise<Answer> {
  const prefix = tlsSecretName('');
  const names = new Map<string, string>();
  for (const secret of secrets.list()) {
    const { name } = secret.metadata;
    if (isTls(secret) && name.startsWith(prefix)) names.set(name.slice(prefix.length), name);
  }
  for (const host of hosts.list()) {
    const name = tlsSecretOf(host);
    if (name !== undefined) names.set(host.metadata.name, name);
  }
  const body = [...names].sort().map(([host, name]) => shown(host, name, secrets.get(name)));
  return { status: 200, body };
}

/** The host first, for the same reason. */
export async function deleteCertificate(context: RestContext, dockerHost: string): Promise<Answer> {
  const host = hostNameOf(context.hosts, dockerHost);
  const name = tlsSecretName(host);
  await despiteOthers(async () => {
    const secret = await context.secrets.read(name);
    if (!isTls(secret)) throw absent(context, host, dockerHost);
    await clearTls(context, host);
    const { uid } = secret!.metadata;
    await context.secrets.delete(name, uid === undefined ? {} : { uid });
  });
  context.log.info('a docker host has no TLS material any more', { dockerHost, host });
  return { status: 200, body: {} };
}

/** What the host takes from elsewhere is not this API's to delete. */
function absent({ hosts }: RestContext, host: string, dockerHost: string): OsbError {
  const other = tlsSecretOf(hosts.get(host));
  return other === undefined || other === tlsSecretName(host)
    ? new OsbError('Gone', `there is no certificate of the Docker host ${dockerHost}`)
    : new OsbError(
        'Conflict',
        `the DockerHost ${host} uses the Secret ${other}, which was not made by this API: change it with kubectl`,
      );
}

const isTls = (secret: Readonly<Secret> | undefined): boolean =>
  secret?.metadata.labels?.[SECRET_LABEL] === 'backend';

const secretOf = (host: string, dockerHost: string, data: Material): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'Opaque',
  metadata: {
    name: tlsSecretName(host),
    labels: { [SECRET_LABEL]: 'backend' },
    annotations: { [DOCKER_HOST_ANNOTATION]: dockerHost },
  },
  data,
});

function shown(host: string, name: string, secret: Readonly<Secret> | undefined): JsonObject {
  return {
    Host: secret?.metadata.annotations?.[DOCKER_HOST_ANNOTATION] ?? host,
    DockerHost: host,
    Secret: name,
    ...(secret && isTls(secret)
      ? describeMaterial(secret)
      : { Problem: `there is no such Secret with the label ${SECRET_LABEL}: backend` }),
  };
}
