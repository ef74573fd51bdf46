// PATCH /v2/service_instances/:instance_id
import type { Broker } from '../broker.js';
import { UpdateDto } from '../dto.js';
import type { Handler } from '../endpoint.js';
import { parse, present } from '../parse.js';
import { maintenanceVersion } from './maintenance-version.js';

export function update(broker: Broker): Handler {
  return async ({ instance, patience, body, note }) => {
    const waiting = patience();
    const dto = parse(UpdateDto, await body());
    note({ serviceId: dto.service_id, planId: dto.plan_id });
    return broker.update({
      ...instance,
      ...waiting,
      serviceId: dto.service_id,
      ...present({
        planId: dto.plan_id,
        context: dto.context,
        parameters: dto.parameters,
        maintenanceVersion: maintenanceVersion(dto.maintenance_info),
      }),
    });
  };
}
