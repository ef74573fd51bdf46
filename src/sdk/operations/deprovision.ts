// DELETE /v2/service_instances/{instance_id} (specification: Deprovisioning).
// A deprovision overtakes a provision or an update at work, and takes what bindings are left with it.
import type { Answer, DeprovisionRequest } from '../osb/broker.js';
import { OsbError } from '../osb/errors.js';
import type { OperationBody } from '../osb/wire.js';
import { requireAsync } from './checks.js';
import type { OperationContext } from './context.js';
import { remove } from './delete.js';
import { findInstance, plansOf, upToDate } from './lookup.js';

export async function deprovision(
  context: OperationContext,
  request: DeprovisionRequest,
): Promise<Answer<200 | 202, OperationBody>> {
  const { serviceId, planId } = request;
  if (serviceId === undefined) throw new OsbError('BadRequest', 'service_id is missing in the query');
  if (planId === undefined) throw new OsbError('BadRequest', 'plan_id is missing in the query');
  requireAsync(context.catalog.find(serviceId, planId)?.spec.asyncRequired?.instances, request);
  const cached = await findInstance(context, request.instanceId);
  const instance = await upToDate(
    context.stores.instances,
    cached,
    (shown) => serviceId === shown.spec.serviceId && plansOf(shown).includes(planId),
  );
  if (!instance) throw new OsbError('Gone', 'there is no service instance with this id');
  if (serviceId !== instance.spec.serviceId)
    throw new OsbError('BadRequest', "service_id is not the service instance's");
  if (!plansOf(instance).includes(planId))
    throw new OsbError('BadRequest', "plan_id is not the service instance's");
  return remove(context, context.stores.instances, instance, { ...request, type: 'deprovision' });
}
