// PUT /v2/service_instances/:instance_id/service_bindings/:binding_id, a rotation included
import type { Broker } from '../broker.js';
import { BindDto, BindResourceDto } from '../dto.js';
import type { Handler } from '../endpoint.js';
import { parse, present, requireText } from '../parse.js';

export function bind(broker: Broker): Handler {
  return async ({ binding, patience, body, note }) => {
    const waiting = patience();
    const dto = parse(BindDto, await body());
    note({ serviceId: dto.service_id, planId: dto.plan_id });
    if (dto.predecessor_binding_id === undefined) {
      requireText(dto, 'service_id');
      requireText(dto, 'plan_id');
    }
    return broker.bind({
      ...binding,
      ...waiting,
      ...present({
        serviceId: dto.service_id,
        planId: dto.plan_id,
        predecessorBindingId: dto.predecessor_binding_id,
        appGuid: appGuid(dto),
        bindResource: dto.bind_resource,
        context: dto.context,
        parameters: dto.parameters,
      }),
    });
  };
}

/** The application's id, in its present form or the deprecated one. */
function appGuid({ bind_resource: resource, app_guid: deprecated }: BindDto): string | undefined {
  const current = resource && parse(BindResourceDto, resource, 'bind_resource.').app_guid;
  return current ?? deprecated;
}
