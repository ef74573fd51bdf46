// What the API server refuses, in the words of the protocol.
import { KubeError } from '../kube/errors.js';
import { OsbError } from '../osb/errors.js';
import { errorDetails, type Log } from '../telemetry/log.js';

export async function translateKubeErrors<T>(operation: () => Promise<T>, log: Log): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    log.warn('the API server refused', errorDetails(error));
    switch (error.status) {
      case 400:
      case 413:
      case 422: // all else in the resource is ours, so it is what came with the request
        throw new OsbError('BadRequest', 'the request cannot be stored: it is too large or not valid');
      case 409:
        throw new OsbError('ConcurrencyError', 'another request is at work on it');
      default:
        throw new OsbError('Unavailable', 'the broker cannot store the request now; try again');
    }
  }
}
