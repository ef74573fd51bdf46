// What a host's engine is verified with, and logged in to with: from the Secret that the DockerHost names, as it is now.
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Secret } from '../sdk/kube/types.js';
import { type DockerHost, SECRET_LABEL } from '../sdk/resources/kinds.js';
import type { Store } from '../sdk/runtime/store.js';
import type { EngineAddress } from './engine-address.js';

type Tls = NonNullable<EngineAddress['tls']>;

/** PEM; undefined where the host has none. Throws a sentence where the Secret is missing or wrong. */
export function tlsOf(
  secrets: Pick<Store<Secret>, 'get'>,
  { metadata, spec }: Readonly<DockerHost>,
): Tls | undefined {
  const name = spec.tls?.secretRef.name;
  if (name === undefined) return undefined;
  const whose = `the TLS material of the Docker host ${metadata.name}`;
  const secret = secrets.get(name);
  if (secret?.metadata.labels?.[SECRET_LABEL] !== 'backend') {
    throw new Error(
      `${whose} is missing: there is no Secret ${name} with the label ${SECRET_LABEL}: backend`,
    );
  }
  const value = (key: string): string => {
    const text = Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
    if (text.trim() === '') throw new Error(`${whose} is incomplete: the Secret ${name} has no key ${key}`);
    return text;
  };
  const tls = { ca: value('ca.crt'), cert: value('tls.crt'), key: value('tls.key') };
  if (!isUsable(tls)) {
    throw new Error(
      `${whose} cannot be used: in the Secret ${name}, ca.crt has to be a certificate in PEM, and tls.crt one with tls.key as its key`,
    );
  }
  return tls;
}

/** What OpenSSL says about it is left out: it is about a key. */
function isUsable(tls: Tls): boolean {
  try {
    new X509Certificate(tls.ca); // what is none is passed over by the other
    createSecureContext(tls);
    return true;
  } catch {
    return false;
  }
}
