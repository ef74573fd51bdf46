// The operation that a request begins, as the spec keeps it until the next one.
import type { OperationType } from '../resources/operations.js';
import type { OperationContext } from './context.js';

/** With the identity of the request, so that what a controller does about it can be found in the log. */
export function newOperation<T extends OperationType>(
  { now, newOperationId }: OperationContext,
  type: T,
  { requestId }: { requestId: string },
): { id: string; type: T; requestedAt: string; requestId: string } {
  return { id: newOperationId(type), type, requestedAt: now().toISOString(), requestId };
}
