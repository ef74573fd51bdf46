// The TLS material of the host's engine: files that are read again each time, so that they can be renewed.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { EngineAddress } from '../docker-hosts/engine-address.js';
import type { AgentSettings } from './settings-read.js';

export type Certificates = NonNullable<EngineAddress['tls']>;

/** What reads them; it gives undefined where the settings name none, and rejects with a sentence that names the file. */
export function certificateFiles({
  clientCert,
  clientKey,
  caCert,
}: Pick<AgentSettings, 'clientCert' | 'clientKey' | 'caCert'>): () => Promise<Certificates | undefined> {
  if (!clientCert || !clientKey || !caCert) return () => Promise.resolve(undefined);
  return async () => {
    const [cert, key, ca] = await Promise.all([clientCert, clientKey, caCert].map(read));
    return { cert: cert!, key: key!, ca: ca! };
  };
}

/** The same for the same material. */
export const fingerprintOf = ({ ca, cert, key }: Certificates): string =>
  createHash('sha256').update([ca, cert, key].join('\0')).digest('hex');

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}
