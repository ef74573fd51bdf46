// PUT /v2/service_instances/:instance_id
import type { Broker } from '../broker.js';
import { ProvisionDto } from '../dto.js';
import type { Handler } from '../endpoint.js';
import { parse, present, requireText } from '../parse.js';
import { maintenanceVersion } from './maintenance-version.js';

export function provision(broker: Broker, { requireGuids }: { requireGuids: boolean }): Handler {
  return async ({ instance, patience, body, note }) => {
    const waiting = patience();
    const dto = parse(ProvisionDto, await body());
    note({ serviceId: dto.service_id, planId: dto.plan_id });
    if (requireGuids) {
      requireText(dto, 'organization_guid');
      requireText(dto, 'space_guid');
    }
    return broker.provision({
      ...instance,
      ...waiting,
      serviceId: dto.service_id,
      planId: dto.plan_id,
      ...present({
        organizationGuid: dto.organization_guid || undefined,
        spaceGuid: dto.space_guid || undefined,
        context: dto.context,
        parameters: dto.parameters,
        maintenanceVersion: maintenanceVersion(dto.maintenance_info),
      }),
    });
  };
}
