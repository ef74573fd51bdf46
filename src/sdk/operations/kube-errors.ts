// What the API server refuses, in the words of the protocol.
import { KubeError } from '../kube/errors.js';
import { OsbError } from '../osb/errors.js';
import { errorDetails, type Log } from '../telemetry/log.js';

/** What to throw instead of `error`: itself, where it is not the API server's. */
export function translated(error: unknown, log: Log): unknown {
  if (!(error instanceof KubeError)) return error;
  log.warn('the API server refused', errorDetails(error));
  switch (error.status) {
    case 400:
    case 413:
    case 422: // all else in the resource is ours, so it is what came with the request
      return new OsbError('BadRequest', 'the request cannot be stored: it is too large or not valid');
    case 409:
      return new OsbError('ConcurrencyError', 'another request is at work on it');
    default:
      return new OsbError('Unavailable', 'the broker cannot store the request now; try again');
  }
}
