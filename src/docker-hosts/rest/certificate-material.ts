// The TLS material of a Docker host: checked before it is stored, and then shown by fingerprint and expiry alone.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { JsonObject } from '../../sdk/index.js';
import type { Secret } from '../../sdk/kube/types.js';
import { OsbError } from '../../sdk/osb/errors.js';
import { checkSame, readFields, textOf } from './fields.js';
import { decoded, encoded } from './writes.js';

const FIELDS = ['Host', 'ClientCert', 'ClientKey', 'CA'] as const;
type Field = Exclude<(typeof FIELDS)[number], 'Host'>;

/** By the keys of the Secret: PEM in base64. */
export type Material = Record<'ca.crt' | 'tls.crt' | 'tls.key', string>;

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Throws `BadRequest`, naming the field and nothing of its value. `now` in milliseconds since 1970. */
export function readMaterial(dockerHost: string, body: JsonObject, now: number): Material {
  const fields = readFields(body, FIELDS);
  checkSame('Host', textOf(fields, 'Host'), dockerHost);
  const pem = (name: Field): string => {
    const text = textOf(fields, name);
    if (text === undefined) throw wrong(name, 'is missing');
    return text;
  };
  const [leaf, ...chain] = certificatesIn('ClientCert', pem('ClientCert'));
  const authorities = certificatesIn('CA', pem('CA'));
  if (!leaf!.checkPrivateKey(keyIn(pem('ClientKey')))) {
    throw wrong('ClientKey', 'is not the key of ClientCert');
  }
  const expired = [leaf!, ...chain].find((certificate) => expiryOf(certificate) <= now);
  if (expired) throw wrong('ClientCert', `has expired on ${dateOf(expired)}`);
  if (authorities.every((certificate) => expiryOf(certificate) <= now)) {
    throw wrong('CA', `has expired on ${dateOf(authorities[0]!)}`);
  }
  return {
    'ca.crt': encoded(pem('CA')),
    'tls.crt': encoded(pem('ClientCert')),
    'tls.key': encoded(pem('ClientKey')),
  };
}

/** What may be known of the Secret's certificates, or why nothing is. */
export function describeMaterial(secret: Readonly<Secret>): JsonObject {
  try {
    const [leaf] = certificatesIn('ClientCert', decoded(secret, 'tls.crt'));
    const authorities = certificatesIn('CA', decoded(secret, 'ca.crt'));
    return { ClientCert: shown(leaf!), CA: authorities.map(shown) };
  } catch {
    return { Problem: 'its keys tls.crt and ca.crt are no certificates in PEM' };
  }
}

const shown = (certificate: X509Certificate): JsonObject => ({
  Fingerprint: `sha256:${certificate.fingerprint256}`,
  Expires: dateOf(certificate),
});

/** At least one. */
function certificatesIn(name: Field, pem: string): X509Certificate[] {
  try {
    const certificates = (pem.match(BLOCK) ?? []).map((block) => new X509Certificate(block));
    if (certificates.length > 0) return certificates;
  } catch {
    // What OpenSSL says of it is no help to anybody.
  }
  throw wrong(name, 'is no certificate in PEM');
}

function keyIn(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw wrong('ClientKey', 'is no private key in PEM without a passphrase');
  }
}

const expiryOf = ({ validTo }: X509Certificate): number => Date.parse(validTo);
const dateOf = (certificate: X509Certificate): string => new Date(expiryOf(certificate)).toISOString();

const wrong = (name: Field, problem: string): OsbError => new OsbError('BadRequest', `${name} ${problem}`);
