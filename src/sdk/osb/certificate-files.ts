// The server's certificate and key, read from files that may be replaced while it runs.
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { errorDetails, type Log } from '../telemetry/log.js';

export interface CertificatePaths {
  certFile: string;
  keyFile: string;
}

export interface Certificate {
  cert: string;
  key: string;
}

export class CertificateFiles {
  readonly #paths: CertificatePaths;
  #current: Certificate;
  #complaint = '';

  /** Throws when the files cannot be read or do not belong together. */
  constructor(paths: CertificatePaths) {
    this.#paths = paths;
    this.#current = this.#read();
  }

  get current(): Certificate {
    return this.#current;
  }

  /** The certificate if it has changed and can be used; on any trouble the present one stays. */
  changed(log: Log): Certificate | undefined {
    try {
      const next = this.#read();
      this.#complaint = '';
      if (next.cert === this.#current.cert && next.key === this.#current.key) return undefined;
      this.#current = next;
      return next;
    } catch (error) {
      // Half written files look like this, too: said once, and tried again next time.
      const { error: complaint } = errorDetails(error);
      if (complaint !== this.#complaint) {
        log.warn('TLS certificate not reloaded, the present one stays', { ...this.#paths, error: complaint });
      }
      this.#complaint = String(complaint);
      return undefined;
    }
  }

  #read(): Certificate {
    const { certFile, keyFile } = this.#paths;
    const certificate = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    createSecureContext(certificate); // throws for what a handshake would fail with
    return certificate;
  }
}
