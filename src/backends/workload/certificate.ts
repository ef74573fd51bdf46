// A server's certificate and the authority that signed it, made together; the authority's key is thrown away, so that
// nobody can ever sign another. Knows nothing of plans and templates.
import 'reflect-metadata'; // before the library, which does not load without it
import { KeyObject, randomUUID, webcrypto } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import type { JsonGeneralName, X509Certificate } from '@peculiar/x509';

/** All in PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly privateKey: string;
  /** The certificate of the authority. */
  readonly authority: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
/** The last label is no number: an address that is none must not pass for a name. */
const DNS_NAME = new RegExp(`^(\\*\\.)?(${LABEL}\\.)*(?!\\d+$)${LABEL}$`, 'i');
const MAX_DNS_NAME = 253;

/** Whether it is a DNS name, its first label maybe `*`, or an IP address. */
export const isServerName = (name: unknown): name is string =>
  typeof name === 'string' && (isAddress(name) || (name.length <= MAX_DNS_NAME && DNS_NAME.test(name)));

/** The names must be server names. It is valid for so many days from now, and since an hour, as clocks differ. */
export async function makeCertificate(names: readonly string[], days: number): Promise<Certificate> {
  const x509 = await import('@peculiar/x509'); // some 20 MB, for those brokers alone that make one
  const now = Date.now();
  const [signer, server] = await Promise.all([newKeys(false), newKeys(true)]);
  const common = {
    issuer: [{ CN: [`authority ${randomUUID()}`] }], // whoever trusts several can tell them apart
    signingKey: signer.privateKey,
    notBefore: new Date(now - HOUR),
    notAfter: new Date(now + days * DAY),
  };
  const authority = await x509.X509CertificateGenerator.create({
    ...common,
    subject: common.issuer,
    publicKey: signer.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(signer.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...common,
    publicKey: server.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map(generalName), true), // critical, as there is no subject
      await x509.SubjectKeyIdentifierExtension.create(server.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
    ],
  });
  const privateKey = KeyObject.from(server.privateKey).export({ type: 'pkcs8', format: 'pem' }) as string;
  return { certificate: pem(certificate), privateKey, authority: pem(authority) };
}

/** All of it in one string. */
export const bundleOf = ({ privateKey, certificate, authority }: Certificate): string =>
  privateKey + certificate + authority;

/** Throws where the string is no bundle; the message does not tell what it is. */
export function certificateFrom(bundle: string): Certificate {
  const blocks = bundle.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----\n/g) ?? [];
  const [privateKey, certificate, authority] = blocks;
  if (privateKey === undefined || certificate === undefined || authority === undefined) {
    throw new Error('the generated value is no certificate: it was made as something else');
  }
  return { certificate, privateKey, authority };
}

const newKeys = (isExtractable: boolean) =>
  webcrypto.subtle.generateKey(ALGORITHM, isExtractable, ['sign', 'verify']);

const pem = (certificate: X509Certificate): string => `${certificate.toString('pem')}\n`;

const isAddress = (name: string): boolean => isIP(name) !== 0 && !name.includes('%');

function generalName(name: string): JsonGeneralName {
  if (!isAddress(name)) return { type: 'dns', value: name };
  // The library does not read addresses that end as those of IPv4 do; a URL has none of these.
  return { type: 'ip', value: isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name };
}
