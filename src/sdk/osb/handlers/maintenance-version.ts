// `maintenance_info` of provision and update: only its version counts, its other members are ignored.
import type { JsonObject } from '../broker.js';
import { MaintenanceInfoDto } from '../dto.js';
import { parse } from '../parse.js';

export function maintenanceVersion(maintenanceInfo: JsonObject | undefined): string | undefined {
  return maintenanceInfo && parse(MaintenanceInfoDto, maintenanceInfo, 'maintenance_info.').version;
}
