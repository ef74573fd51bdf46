// GET /v2/service_instances/:instance_id/last_operation; ids in the query are hints that are not needed
import type { Broker } from '../broker.js';
import type { Handler } from '../endpoint.js';
import { polling } from './polling.js';

export function instanceLastOperation(broker: Broker): Handler {
  return async ({ instance, query, note }) => {
    const asked = query.operation();
    note({ operationId: asked.operation });
    return polling(await broker.instanceLastOperation({ ...instance, ...asked }));
  };
}
