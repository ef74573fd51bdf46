// Which Secret a DockerHost takes its TLS material from.
import { isNotFound } from '../../sdk/kube/errors.js';
import { type DockerHost, SECRET_LABEL } from '../../sdk/resources/kinds.js';
import { tlsSecretName } from '../names.js';
import type { RestContext } from './context.js';
import { despiteOthers } from './writes.js';

type Hosts = Pick<RestContext, 'hosts'>;

export const tlsSecretOf = (host: Readonly<DockerHost> | undefined): string | undefined =>
  host?.spec.tls?.secretRef.name;

/** Has the host, if it is there, use the Secret that this API makes for it. */
export function setTls({ hosts }: Hosts, name: string): Promise<void> {
  const secretName = tlsSecretName(name);
  return change(hosts, name, (host) =>
    tlsSecretOf(host) === secretName
      ? undefined
      : { ...host, spec: { ...host.spec, tls: { secretRef: { name: secretName } } } },
  );
}

/** Has the host, if it is there, use that Secret no more; one of another name stays. */
export function clearTls({ hosts }: Hosts, name: string): Promise<void> {
  return change(hosts, name, (host) => {
    if (tlsSecretOf(host) !== tlsSecretName(name)) return undefined;
    const { tls: _, ...spec } = host.spec;
    return { ...host, spec };
  });
}

/** A certificate may be put before its host is registered: gives the host what is there for it, where it has nothing. */
export async function adoptTls(context: Pick<RestContext, 'hosts' | 'secrets'>, name: string): Promise<void> {
  const host = context.hosts.get(name);
  const secret = context.secrets.get(tlsSecretName(name));
  if (!host || host.spec.tls || secret?.metadata.labels?.[SECRET_LABEL] !== 'backend') return;
  await setTls(context, name);
}

/** Undefined where the host is right as it is. */
async function change(
  hosts: RestContext['hosts'],
  name: string,
  changed: (host: Readonly<DockerHost>) => DockerHost | undefined,
): Promise<void> {
  await despiteOthers(async () => {
    const host = await hosts.read(name);
    const wanted = host && changed(host);
    if (!wanted) return;
    try {
      await hosts.replace(wanted);
    } catch (error) {
      if (!isNotFound(error)) throw error; // the host has just gone
    }
  });
}
