// What users are told of an engine that does not do its part: what it says itself, addresses with it, goes to the log.
import { type BackendLog, TerminalError, type Waiting, waiting } from '../../sdk/index.js';
import { PortsExhausted } from '../../docker-hosts/ports.js';
import { type EngineErrorKind, isEngineError } from './engine-errors.js';
import { UnknownPort } from './substitute.js';

/** Worth waiting for: somebody puts it right, or it passes. */
const PASSING: Partial<Record<EngineErrorKind, string>> = {
  unreachable: 'the Docker host does not answer',
  late: 'the Docker host does not answer in time',
  untrusted:
    'the broker and the Docker host do not trust each other: their operator has to look at the certificates',
  conflict: 'the Docker host is still at work on the container',
  'no space': 'the Docker host has no space left',
  'port taken': 'a port of the Docker host is taken by something else',
};

const FINAL: Partial<Record<EngineErrorKind, string>> = {
  'no image': 'the image of the plan is not to be had on the Docker host',
  invalid:
    'the Docker host refuses what the plan asks for: its operator finds the reason in the log of the broker',
};

/** What users are told of an engine that does not answer as it should, and may again; undefined for any other error. */
export const passingText = (error: unknown): string | undefined =>
  isEngineError(error) ? PASSING[error.kind] : undefined;

const RETRY = { retryAfter: 5 };

export async function told<T>(log: BackendLog, work: () => Promise<T>): Promise<T | Waiting> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PortsExhausted) return waiting(error.message, RETRY);
    if (error instanceof UnknownPort) throw new TerminalError(error.message, { cause: error });
    if (!isEngineError(error)) throw error;
    const { kind, message } = error;
    const [passing, final] = [passingText(error), FINAL[kind]];
    if (passing === undefined && final === undefined) throw error;
    log.warn('the Docker host did not do its part', { error: message });
    if (passing !== undefined) return waiting(passing, RETRY);
    throw new TerminalError(final!, { cause: error });
  }
}
