// DELETE /v2/service_instances/{instance_id} (specification: Deprovisioning).
// A deprovision overtakes a provision or an update at work, and takes what bindings are left with it.
import type { Answer, DeprovisionRequest } from '../osb/broker.js';
import { OsbError } from '../osb/errors.js';
import type { OperationBody } from '../osb/wire.js';
import { requireAsync } from './checks.js';
import type { OperationContext } from './context.js';
import { remove } from './delete.js';
import { findInstance } from './lookup.js';

export async function deprovision(
  context: OperationContext,
  request: DeprovisionRequest,
): Promise<Answer<200 | 202, OperationBody>> {
  const { serviceId, planId } = request;
  if (serviceId === undefined) throw new OsbError('BadRequest', 'service_id is missing in the query');
  if (planId === undefined) throw new OsbError('BadRequest', 'plan_id is missing in the query');
  requireAsync(context.catalog.find(serviceId, planId)?.spec.asyncRequired?.instances, request);
  const instance = await findInstance(context, request.instanceId);
  if (!instance) throw new OsbError('Gone', 'there is no service instance with this id');
  if (serviceId !== instance.spec.serviceId)
    throw new OsbError('BadRequest', "service_id is not the service instance's");
  // While a plan change is at work, or after one that failed, either plan is the instance's.
  const plans = [instance.spec.planId, instance.status?.applied?.planId];
  if (!plans.includes(planId)) throw new OsbError('BadRequest', "plan_id is not the service instance's");
  return remove(context, context.stores.instances, instance, { ...request, type: 'deprovision' });
}
