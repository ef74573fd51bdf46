// The signs of life for one receiver, for ever: one each keepalive while the engine answers, and soon again after one that
// failed. What goes wrong is logged when it changes, and not each time.
import { sleep } from '../sdk/runtime/abortable.js';
import { equalJitter } from '../sdk/runtime/backoff.js';
import type { Clock } from '../sdk/runtime/clock.js';
import type { Log } from '../sdk/telemetry/log.js';
import { type Certificates, fingerprintOf } from './certificates.js';
import type { Receiver } from './receiver.js';

const FIRST_RETRY_MS = 1000;

export interface Signs {
  keepaliveMs: number;
  certificates: () => Promise<Certificates | undefined>;
  /** Rejects with a sentence while the engine does not answer. */
  checkEngine: (certificates: Certificates | undefined, signal: AbortSignal) => Promise<void>;
  log: Log;
  clock: Clock;
  random: () => number;
}

/** Resolves when `signal` has fired and nothing is under way any more. */
export async function giveSignsOfLife(receiver: Receiver, signs: Signs, signal: AbortSignal): Promise<void> {
  const { keepaliveMs, clock, random } = signs;
  const log = signs.log.child({ receiver: receiver.name });
  let failures = 0;
  let told: string | undefined;
  let brought = '';
  const once = async (): Promise<void> => {
    const certificates = await signs.certificates();
    await signs.checkEngine(certificates, signal);
    const fingerprint = certificates ? fingerprintOf(certificates) : '';
    if (certificates && fingerprint !== brought) {
      const problem = await receiver.bring(certificates, signal);
      brought = fingerprint;
      if (problem === undefined) log.info('certificates of the engine brought');
      else log.warn(problem);
    }
    await receiver.beat(signal);
  };
  const tell = (problem: string): void => {
    if (problem === told) return;
    if (problem !== '') log.error('no sign of life', { error: problem });
    else log.info(told === undefined ? 'first sign of life' : 'signs of life again');
    told = problem;
  };
  while (!signal.aborted) {
    const problem = await once().then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    if (signal.aborted) return;
    failures = problem === '' ? 0 : failures + 1;
    tell(problem);
    const retry = { baseMs: FIRST_RETRY_MS, maxMs: keepaliveMs, random };
    await sleep(failures === 0 ? keepaliveMs : equalJitter(failures - 1, retry), signal, clock);
  }
}
