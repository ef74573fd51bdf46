// DELETE /v2/service_instances/:instance_id; a body is ignored
import type { Broker } from '../broker.js';
import type { Handler } from '../endpoint.js';

export function deprovision(broker: Broker): Handler {
  return ({ instance, query, patience }) =>
    broker.deprovision({ ...instance, ...patience(), ...query.ids() });
}
