// DELETE /v2/service_instances/{instance_id}/service_bindings/{binding_id} (specification: Unbinding).
// An unbind overtakes a bind at work.
import type { Answer, UnbindRequest } from '../osb/broker.js';
import { OsbError } from '../osb/errors.js';
import type { OperationBody } from '../osb/wire.js';
import { requireAsync } from './checks.js';
import type { OperationContext } from './context.js';
import { remove } from './delete.js';
import { findBinding, findInstance, plansOf, upToDate } from './lookup.js';

export async function unbind(
  context: OperationContext,
  request: UnbindRequest,
): Promise<Answer<200 | 202, OperationBody>> {
  const { serviceId, planId } = request;
  const known = serviceId !== undefined && planId !== undefined;
  const plan = known ? context.catalog.find(serviceId, planId) : undefined;
  requireAsync(plan?.spec.asyncRequired?.bindings, request);
  const binding = await findBinding(context, request.instanceId, request.bindingId);
  if (!binding) throw new OsbError('Gone', 'there is no service binding with this id');
  if (serviceId === undefined) throw new OsbError('BadRequest', 'service_id is missing in the query');
  if (planId === undefined) throw new OsbError('BadRequest', 'plan_id is missing in the query');
  const cached = await findInstance(context, request.instanceId);
  const instance = await upToDate(
    context.stores.instances,
    cached,
    (shown) => serviceId === shown.spec.serviceId && plansOf(shown).includes(planId),
  );
  if (instance) {
    if (serviceId !== instance.spec.serviceId)
      throw new OsbError('BadRequest', "service_id is not the service binding's");
    if (!plansOf(instance).includes(planId))
      throw new OsbError('BadRequest', "plan_id is not the service binding's");
  }
  return remove(context, context.stores.bindings, binding, { ...request, type: 'unbind' });
}
