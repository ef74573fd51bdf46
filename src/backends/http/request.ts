// One request to the service, and what its answer means. Nothing of an answer but its status reaches a message:
// a body may hold secrets, or a page of some proxy.
import { TerminalError } from '../../sdk/index.js';
import { DEFAULT_TIMEOUT_MS, type HttpSettings } from './settings.js';

export interface ServiceRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly settings: Readonly<HttpSettings>;
  /** What follows the base address: the names of an instance and, maybe, of a binding. */
  readonly names: readonly string[];
  /** The statuses that say: it is so. */
  readonly accepted: readonly number[];
  readonly signal: AbortSignal;
}

/** `a/b` below the base address; names are DNS labels, and encoded all the same. */
export const addressOf = (base: string, ...names: readonly string[]): string =>
  [base.replace(/\/+$/, ''), ...names.map(encodeURIComponent)].join('/');

// Statuses below 500 that say "later" rather than "no".
const TRANSIENT = [408, 425, 429];

interface ServiceAnswer {
  readonly status: number;
  readonly contentType: string | null;
  /** Of a GET; anything else says all with its status. */
  readonly body: string;
}

/**
 * Resolves when the service answered with an accepted status. Throws a TerminalError where asking again cannot help;
 * any other error, of the service, of the network or for lack of time, is worth another try.
 */
export async function send(request: ServiceRequest): Promise<ServiceAnswer> {
  const answer = await answerTo(request);
  const { status, contentType } = answer;
  const what = `The service answered ${request.method} with status ${status}`;
  if (status >= 500 || TRANSIENT.includes(status)) throw new Error(what);
  if (!request.accepted.includes(status)) throw new TerminalError(`${what}.`);
  if (status < 300 && contentType && !isJson(contentType)) {
    // A log-in page, or a proxy's word of welcome: whoever answered, it was not the service.
    throw new Error(`${what}, but not with JSON`);
  }
  return answer;
}

async function answerTo(request: ServiceRequest): Promise<ServiceAnswer> {
  const { method, settings, names, signal } = request;
  const timeoutMs = settings.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(addressOf(settings.url, ...names), {
      method,
      headers: { accept: 'application/json' },
      redirect: 'manual', // what another address answers proves nothing
      signal: AbortSignal.any([signal, timeout]),
    });
    const body = method === 'GET' ? await response.text() : '';
    if (method !== 'GET') await response.body?.cancel();
    return { status: response.status, contentType: response.headers.get('content-type'), body };
  } catch (error) {
    signal.throwIfAborted();
    const what = timeout.aborted
      ? `The service did not answer ${method} within ${timeoutMs} ms`
      : `The service cannot be reached: ${causeOf(error)}`;
    throw new Error(what, { cause: error });
  }
}

const isJson = (contentType: string): boolean => /^application\/(.+\+)?json\s*(;|$)/i.test(contentType);

/** `fetch` says "fetch failed"; the reason is one level down. */
function causeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return typeof cause?.code === 'string' ? cause.code : (error as Error).name;
}
