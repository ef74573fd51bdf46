// GET /v2/service_instances/:instance_id/service_bindings/:binding_id/last_operation; ids in the query are hints
import type { Broker } from '../broker.js';
import type { Handler } from '../endpoint.js';
import { polling } from './polling.js';

export function bindingLastOperation(broker: Broker): Handler {
  return async ({ binding, query, note }) => {
    const asked = query.operation();
    note({ operationId: asked.operation });
    return polling(await broker.bindingLastOperation({ ...binding, ...asked }));
  };
}
