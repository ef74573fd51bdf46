// What a call to the Kubernetes API can fail with, in one class whose message is safe to log: it never holds a header
// or a body. Knows nothing of what the caller does about it.

/** The part of the API's `Status` object that says why. */
export interface StatusObject {
  kind?: string;
  code?: number;
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number | undefined; causes?: { field?: string }[] };
}

export interface KubeErrorOptions {
  /** The HTTP status; 0 when there was no usable answer. */
  status: number;
  reason?: string | undefined;
  retryAfterSeconds?: number | undefined;
  fields?: readonly string[];
  cause?: unknown;
}

const MAX_MESSAGE_LENGTH = 1000;

/** A failed call to the Kubernetes API. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** 0 when there was no usable answer: refused, reset, timed out, not JSON. */
  readonly status: number;
  readonly reason?: string;
  /** How long the server asks us to stay away. */
  readonly retryAfterSeconds?: number;
  /** The paths of the fields that the server objects to, without their values. */
  readonly fields: readonly string[];

  constructor(message: string, options: KubeErrorOptions) {
    super(message.slice(0, MAX_MESSAGE_LENGTH), options.cause === undefined ? {} : { cause: options.cause });
    this.status = options.status;
    if (options.reason !== undefined) this.reason = options.reason;
    this.fields = options.fields ?? [];
    if (options.retryAfterSeconds !== undefined) this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** How a call is named in messages, and whether what the server says about it may be repeated there. */
export interface CallDescription {
  /** As in `create secrets web-binding`. */
  call: string;
  /** The server's message may quote the object, so it is kept out. */
  confidential: boolean;
}

/** The error of an answer with an HTTP error status. `body` is looked at for a `Status`, and never kept. */
export function errorOfAnswer(
  description: CallDescription,
  answer: { status: number; retryAfter?: string | undefined; body: string },
): KubeError {
  const status = parseStatus(answer.body);
  const seconds = Number(answer.retryAfter ?? status.details?.retryAfterSeconds ?? NaN);
  return errorOfStatus(description, {
    ...status,
    code: answer.status,
    details: { ...status.details, retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined },
  });
}

/** The error of a `Status` object, from an answer or from within a watch. */
export function errorOfStatus({ call, confidential }: CallDescription, status: StatusObject): KubeError {
  const code = status.code ?? 0;
  const words = [String(code), status.reason].filter(Boolean).join(' ');
  const said = confidential || !status.message ? '' : `: ${status.message}`;
  return new KubeError(`${call}: ${words}${said}`, {
    status: code,
    reason: status.reason,
    retryAfterSeconds: status.details?.retryAfterSeconds,
    fields: (status.details?.causes ?? []).flatMap(({ field }) => field || []),
  });
}

/** The error of a call that got no usable answer. */
export function errorOfFailure({ call }: CallDescription, cause: unknown): KubeError {
  return new KubeError(`${call}: ${failureText(cause)}`, { status: 0, cause });
}

function parseStatus(body: string): StatusObject {
  try {
    const value = JSON.parse(body) as StatusObject | null;
    return value?.kind === 'Status' ? value : {};
  } catch {
    return {};
  }
}

function failureText(cause: unknown): string {
  if (!(cause instanceof Error)) return 'failed';
  if (cause.name === 'TimeoutError') return 'no answer in time';
  const code = (cause as { code?: unknown }).code;
  const text = [typeof code === 'string' ? code : '', cause.message].filter(Boolean).join(' ');
  return text || cause.name;
}

function hasStatus(error: unknown, status: number): error is KubeError {
  return error instanceof KubeError && error.status === status;
}

export function isNotFound(error: unknown): error is KubeError {
  return hasStatus(error, 404);
}

export function isAlreadyExists(error: unknown): error is KubeError {
  return hasStatus(error, 409) && error.reason === 'AlreadyExists';
}

/** The stored object is not the one that the caller knew. */
export function isConflict(error: unknown): error is KubeError {
  return hasStatus(error, 409) && error.reason !== 'AlreadyExists';
}

/** The resourceVersion or the continue token is too old: list again. */
export function isGone(error: unknown): error is KubeError {
  return hasStatus(error, 410);
}

export function isInvalid(error: unknown): error is KubeError {
  return hasStatus(error, 422);
}
