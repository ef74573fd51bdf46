// Values that are made once: a password, a pair of keys, a certificate. Each is kept as one string; of a pair that is the
// private key, which tells the public one, of a certificate all that belongs to it.
import { createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { newPassword } from '../password.js';
import { bundleOf, certificateFrom, makeCertificate } from './certificate.js';
import { DEFAULT_CERTIFICATE_DAYS, type GeneratedSecret } from './settings.js';

const RSA_BITS = 3072;

const makeKeyPair = promisify(generateKeyPair);

/** Makes a new one, in the form in which it is kept. The names of a certificate must be rendered. */
export async function generate(secret: GeneratedSecret): Promise<string> {
  const { kind, length, algorithm, names = [], days } = secret;
  if (kind === 'Password') return newPassword(length);
  if (kind === 'Certificate') return bundleOf(await makeCertificate(names, days ?? DEFAULT_CERTIFICATE_DAYS));
  const { privateKey } =
    algorithm === 'RSA'
      ? await makeKeyPair('rsa', { modulusLength: RSA_BITS })
      : await makeKeyPair('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** The kept values as templates see them. */
export const valuesFor = (
  secrets: readonly GeneratedSecret[],
  kept: Readonly<Record<string, string>>,
): Record<string, unknown> =>
  Object.fromEntries(
    secrets.flatMap(({ name, kind }) => {
      const value = kept[name];
      if (value === undefined) return [];
      return [[name, READERS[kind](value)]];
    }),
  );

const FIELDS: Record<GeneratedSecret['kind'], readonly string[]> = {
  Password: [],
  KeyPair: ['privateKey', 'publicKey'],
  Certificate: ['certificate', 'privateKey', 'authority'],
};

/** The fields that a value has in templates; none where it is a string itself. */
export const fieldsOf = ({ kind }: GeneratedSecret): readonly string[] => FIELDS[kind];

/** The fields, of any kind, that everybody may know. */
export const PUBLIC_FIELDS: readonly unknown[] = ['publicKey', 'certificate', 'authority'];

function keyPair(privateKey: string): { privateKey: string; publicKey: string } {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;
  return { privateKey, publicKey };
}

const READERS: Record<GeneratedSecret['kind'], (kept: string) => unknown> = {
  Password: (kept) => kept,
  KeyPair: keyPair,
  Certificate: certificateFrom,
};
