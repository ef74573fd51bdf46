// Who a host is registered with, and gets its signs of life: a cluster, or a broker.
import type { Certificates } from './certificates.js';

export interface Receiver {
  /** For people: `the broker at https://broker.example`. */
  readonly name: string;
  /** Registers the host and gives a sign of its life. */
  beat(signal: AbortSignal): Promise<void>;
  /**
   * What the host's engine is to be verified with and logged in to with, from now on. Resolves with a sentence where
   * somebody else has to bring it there.
   */
  bring(certificates: Certificates, signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}
