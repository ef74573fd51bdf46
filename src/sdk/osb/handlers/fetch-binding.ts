// GET /v2/service_instances/:instance_id/service_bindings/:binding_id; ids in the query are hints that are not needed
import type { Broker } from '../broker.js';
import type { Handler } from '../endpoint.js';

export function fetchBinding(broker: Broker): Handler {
  return ({ binding }) => broker.fetchBinding(binding);
}
