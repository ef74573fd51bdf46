// DELETE /v2/service_instances/:instance_id/service_bindings/:binding_id; a body is ignored
import type { Broker } from '../broker.js';
import type { Handler } from '../endpoint.js';

export function unbind(broker: Broker): Handler {
  return ({ binding, query, patience }) => broker.unbind({ ...binding, ...patience(), ...query.ids() });
}
