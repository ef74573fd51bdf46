// The one table of errors: a word for programmers, the status that the specification gives it, and the error code.
import { userText } from './user-text.js';
import type { ErrorBody } from './wire.js';

/** Name → HTTP status, and the `error` code where the specification names one (Service Broker Errors). */
export const ERRORS = {
  BadRequest: { status: 400 },
  Unauthorized: { status: 401 },
  NotFound: { status: 404 },
  MethodNotAllowed: { status: 405 },
  Conflict: { status: 409 },
  Gone: { status: 410 },
  VersionNotSupported: { status: 412 },
  BodyTooLarge: { status: 413 },
  Unprocessable: { status: 422 },
  AsyncRequired: { status: 422, error: 'AsyncRequired' },
  ConcurrencyError: { status: 422, error: 'ConcurrencyError' },
  RequiresApp: { status: 422, error: 'RequiresApp' },
  MaintenanceInfoConflict: { status: 422, error: 'MaintenanceInfoConflict' },
  Internal: { status: 500 },
  Unavailable: { status: 503 },
} as const satisfies Record<string, { status: number; error?: string }>;

export type ErrorName = keyof typeof ERRORS;

/** An answer that is not a success. The description is for the platform's user: it holds no secret. */
export class OsbError extends Error {
  readonly status: number;
  readonly body: ErrorBody;

  constructor(
    name: ErrorName,
    description: string,
    details: { instanceUsable?: boolean | undefined; updateRepeatable?: boolean | undefined } = {},
  ) {
    super(description);
    this.name = name;
    const { status, error } = ERRORS[name] as { status: number; error?: string };
    this.status = status;
    this.body = {
      ...(error ? { error } : {}),
      description: userText(description),
      ...(details.instanceUsable !== undefined ? { instance_usable: details.instanceUsable } : {}),
      ...(details.updateRepeatable !== undefined ? { update_repeatable: details.updateRepeatable } : {}),
    };
  }
}
