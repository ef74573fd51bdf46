// The refusals of the API, each the Status body that a real server would send. Knows nothing of HTTP or of storage.
import type { Kind } from './kinds.js';
import type { JsonObject } from './objects.js';

export interface Cause {
  reason: string;
  message: string;
  field: string;
}

export interface StatusBody extends JsonObject {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: JsonObject;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: JsonObject;
  code: number;
}

export class ApiError extends Error {
  constructor(readonly body: StatusBody) {
    super(body.message);
  }
}

function failure(code: number, reason: string | undefined, message: string, details?: JsonObject): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason ? { reason } : {}),
    ...(details ? { details } : {}),
    code,
  });
}

type Named = Pick<Kind, 'group' | 'plural'>;
type Typed = Pick<Kind, 'group' | 'kind'>;

const qualified = (kind: Named) => (kind.group ? `${kind.plural}.${kind.group}` : kind.plural);
const qualifiedKind = (kind: Typed) => (kind.group ? `${kind.kind}.${kind.group}` : kind.kind);
const details = (kind: Named, name: string) => ({
  ...(name ? { name } : {}),
  ...(kind.group ? { group: kind.group } : {}),
  kind: kind.plural,
});

export const notFound = (kind: Named, name: string) =>
  failure(404, 'NotFound', `${qualified(kind)} "${name}" not found`, details(kind, name));

export const alreadyExists = (kind: Named, name: string) =>
  failure(409, 'AlreadyExists', `${qualified(kind)} "${name}" already exists`, details(kind, name));

export const conflict = (kind: Named, name: string, why: string) =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`,
    details(kind, name),
  );

export const modified = (kind: Named, name: string) =>
  conflict(
    kind,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

export const badRequest = (message: string) => failure(400, 'BadRequest', message);

/** What the real server answers where it did not foresee the input; it gives no reason. */
export const internal = (message: string) => failure(500, undefined, message);

export const forbidden = (kind: Named, name: string, why: string, causes?: Cause[]) =>
  failure(403, 'Forbidden', `${qualified(kind)} "${name}" is forbidden: ${why}`, {
    ...details(kind, name),
    ...(causes ? { causes } : {}),
  });

export const methodNotAllowed = (kind: Named, verb: string) =>
  failure(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${qualified(kind)}"`,
    details(kind, ''),
  );

export const notAcceptable = (accepted: string[]) =>
  failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);

export const unsupportedMediaType = (accepted: string[]) =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

export const expired = (message: string) => failure(410, 'Expired', message);

export const tooLargeVersion = (asked: number, current: number) =>
  failure(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

/** A JSON patch that cannot be applied: the real server says no more than this. */
export const unprocessable = () =>
  failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

export const applyConflict = (causes: Cause[]) => {
  const count = `${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  const text = causes.map((cause) => `${cause.message}: ${cause.field}`).join(', ');
  return failure(409, 'Conflict', `Apply failed with ${count}: ${text}`, { causes });
};

/** 422 with one cause for each field; the text lists them as the real server does. */
export function invalid(kind: Typed, name: string, causes: Cause[]): ApiError {
  const lines = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  return failure(422, 'Invalid', `${qualifiedKind(kind)} "${name}" is invalid: ${text}`, {
    ...(name ? { name } : {}),
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.kind,
    causes,
  });
}

const shown = (value: unknown) => JSON.stringify(value ?? 'null');

export const causes = {
  invalid: (field: string, value: unknown, why: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shown(value)}: ${why}`,
    field,
  }),
  required: (field: string, why = ''): Cause => ({
    reason: 'FieldValueRequired',
    message: why ? `Required value: ${why}` : 'Required value',
    field,
  }),
  notSupported: (field: string, value: unknown, supported: unknown[]): Cause => ({
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${shown(value)}: supported values: ${supported.map(shown).join(', ')}`,
    field,
  }),
  forbidden: (field: string, why: string): Cause => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${why}`,
    field,
  }),
};

/** A refusal of a given code with no more to say, for faults on demand. */
export function plainFailure(code: number, reason: string, message: string, retryAfterSeconds?: number) {
  return failure(code, reason, message, retryAfterSeconds === undefined ? undefined : { retryAfterSeconds });
}
