// What a backend's functions return and throw. Knows nothing of HTTP or Kubernetes.

/** The world matches what was asked. */
export interface Done<T> {
  readonly state: 'done';
  readonly result: T;
}

/** Work is under way elsewhere; the function is called again later. */
export interface Waiting {
  readonly state: 'waiting';
  readonly text: string;
  readonly retryAfterSeconds?: number;
}

export type Outcome<T> = Done<T> | Waiting;

/** Ends the operation as succeeded. `result` is what the user gets: a dashboard URL, credentials. */
export function done(): Done<Record<string, never>>;
export function done<T extends object>(result: T): Done<T>;
export function done(result: object = {}): Done<object> {
  return { state: 'done', result };
}

/**
 * Keeps the operation in progress. `text` is told to the user by `last_operation`, so it holds no secret;
 * `retryAfter` is in seconds, both until the next call and for the platform's next poll.
 */
export function waiting(text: string, { retryAfter }: { retryAfter?: number } = {}): Waiting {
  if (retryAfter === undefined) return { state: 'waiting', text };
  if (!(retryAfter > 0 && Number.isFinite(retryAfter))) {
    throw new RangeError(`waiting: retryAfter must be a number of seconds above 0, not ${retryAfter}`);
  }
  return { state: 'waiting', text, retryAfterSeconds: retryAfter };
}

/**
 * Ends the operation as failed: trying again would not help. The message is told to the user, so it holds no
 * secret. Anything else that a backend throws is logged, retried with backoff and not told to the user.
 */
export class TerminalError extends Error {
  /** Can the instance still be used? Told after a failed update or deprovision (specification: Service Broker Errors). */
  readonly instanceUsable: boolean | undefined;
  /** Could the same update succeed later? Told after a failed update. */
  readonly updateRepeatable: boolean | undefined;

  constructor(
    message: string,
    options: { instanceUsable?: boolean; updateRepeatable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TerminalError';
    this.instanceUsable = options.instanceUsable;
    this.updateRepeatable = options.updateRepeatable;
  }
}
