// GET /v2/service_instances/:instance_id; service_id and plan_id in the query are hints that are not needed
import type { Broker } from '../broker.js';
import type { Handler } from '../endpoint.js';

export function fetchInstance(broker: Broker): Handler {
  return ({ instance }) => broker.fetchInstance(instance);
}
