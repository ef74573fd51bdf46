// Certificates for a real etcd: an authority, and what it signs. They last for two days.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of one certificate, in PEM. */
export interface Certificate {
  certFile: string;
  keyFile: string;
}

export interface Request {
  usage: Usage;
  commonName: string | undefined;
  /** Where its holder is; 127.0.0.1 by default. */
  address?: string;
}

export type Usage = 'serverAuth' | 'clientAuth' | 'serverAuth,clientAuth';

export const pemOf = ({ certFile, keyFile }: Certificate): { cert: string; key: string } => ({
  cert: readFileSync(certFile, 'utf8'),
  key: readFileSync(keyFile, 'utf8'),
});

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

const openssl = (...words: string[]): void => void execFileSync('openssl', words, { stdio: 'ignore' });

const filesOf = (directory: string, name: string): Certificate => ({
  certFile: join(directory, `${name}.crt`),
  keyFile: join(directory, `${name}.key`),
});

export class Authority {
  readonly #directory: string;
  readonly #own: Certificate;

  constructor(directory: string) {
    this.#directory = directory;
    this.#own = filesOf(directory, 'ca');
    const { certFile, keyFile } = this.#own;
    const what = ['-x509', ...NEW_KEY, '-days', '2', '-subj', '/CN=an authority'];
    openssl('req', ...what, '-out', certFile, '-keyout', keyFile);
  }

  get certFile(): string {
    return this.#own.certFile;
  }

  /**
   * A certificate for that address, in files of that name. etcd takes those of version 3 only, which is what the extensions
   * make it.
   */
  issue(name: string, { usage, commonName, address = '127.0.0.1' }: Request): Certificate {
    const issued = filesOf(this.#directory, name);
    const [request, extensions] = [`${issued.certFile}.csr`, `${issued.certFile}.ext`];
    writeFileSync(extensions, `subjectAltName=IP:${address}\nextendedKeyUsage=${usage}\n`);
    const subject = commonName === undefined ? `/O=${name}` : `/CN=${commonName}`;
    openssl('req', '-new', ...NEW_KEY, '-subj', subject, '-out', request, '-keyout', issued.keyFile);
    const signer = ['-CA', this.#own.certFile, '-CAkey', this.#own.keyFile, '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', request, ...signer, '-extfile', extensions, '-out', issued.certFile);
    return issued;
  }
}
