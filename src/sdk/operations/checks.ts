// What is refused before anything is written, and with which error.
import type { Catalog } from '../catalog/catalog.js';
import type { Plan } from '../catalog/plan.js';
import { OsbError } from '../osb/errors.js';

export function findPlan(catalog: Catalog, serviceId: string, planId: string): Plan {
  const plan = catalog.find(serviceId, planId);
  if (plan) return plan;
  if (!catalog.hasService(serviceId)) throw new OsbError('BadRequest', 'service_id is not in the catalog');
  throw new OsbError('BadRequest', 'plan_id is not a plan of this service');
}

/** The platform's idea of the plan's maintenance version must be the catalog's (Service Broker Errors). */
export function checkMaintenance(plan: Plan, version: string | undefined): void {
  const present = plan.spec.maintenanceInfo?.version;
  if (version === undefined || version === present) return;
  throw new OsbError(
    'MaintenanceInfoConflict',
    present === undefined
      ? 'the plan has no maintenance_info; fetch the catalog anew'
      : `the plan's maintenance_info.version is ${present}; fetch the catalog anew`,
  );
}

export function requireAsync(needed: boolean | undefined, request: { acceptsIncomplete: boolean }): void {
  if (needed && !request.acceptsIncomplete) {
    throw new OsbError(
      'AsyncRequired',
      'this service plan works asynchronously only: send accepts_incomplete=true',
    );
  }
}

export function checkParameters(problems: string[]): void {
  if (problems.length > 0) throw new OsbError('BadRequest', problems.join('; '));
}
