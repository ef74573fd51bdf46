// GET of an instance and of a binding (specification: Fetching a Service Instance, Fetching a Service Binding).
import type { Answer, BindingRequest, InstanceRequest } from '../osb/broker.js';
import { OsbError } from '../osb/errors.js';
import type { FetchBindingBody, FetchInstanceBody } from '../osb/wire.js';
import type { ServiceBinding } from '../resources/kinds.js';
import { currentOperation, isDeleting } from '../resources/operations.js';
import { openParameters } from '../resources/secret-parameters.js';
import { bindingBody } from './binding-body.js';
import type { OperationContext } from './context.js';
import { isBusy } from './describe.js';
import { existingInstance, findBinding } from './lookup.js';
import { bodyOf } from './provision.js';

export async function fetchInstance(
  context: OperationContext,
  request: InstanceRequest,
): Promise<Answer<200, FetchInstanceBody>> {
  const instance = await existingInstance(
    context,
    request.instanceId,
    (shown) => shown.status?.applied !== undefined && !isBusy(shown, context.now()),
  );
  const { applied } = instance.status ?? {};
  const { serviceId } = instance.spec;
  if (!applied) throw new OsbError('NotFound', 'the service instance is not there yet');
  const plan = context.catalog.find(serviceId, applied.planId);
  if (plan?.service.instancesRetrievable === false) {
    throw new OsbError('NotFound', 'instances of this service cannot be fetched');
  }
  if (isBusy(instance, context.now())) {
    const { type } = currentOperation(instance, context.now());
    throw new OsbError('ConcurrencyError', `a ${type} of the service instance is in progress`);
  }
  return {
    status: 200,
    body: {
      service_id: serviceId,
      plan_id: applied.planId,
      ...bodyOf(context, instance),
      ...(applied.parameters ? { parameters: openParameters(applied.parameters) } : {}),
      ...(applied.maintenanceVersion === undefined
        ? {}
        : { maintenance_info: { version: applied.maintenanceVersion } }),
    },
  };
}

export async function fetchBinding(
  context: OperationContext,
  request: BindingRequest,
): Promise<Answer<200, FetchBindingBody>> {
  const isFinished = (shown: Readonly<ServiceBinding>): boolean =>
    shown.status?.secretRef !== undefined && !isDeleting(shown);
  const binding = await findBinding(context, request.instanceId, request.bindingId, isFinished);
  if (!binding || isDeleting(binding) || !binding.status?.secretRef) {
    throw new OsbError('NotFound', 'there is no finished service binding with this id');
  }
  const instance = await existingInstance(context, request.instanceId);
  const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
  if (plan?.service.bindingsRetrievable === false) {
    throw new OsbError('NotFound', 'bindings of this service cannot be fetched');
  }
  const { parameters } = binding.spec;
  return {
    status: 200,
    body: {
      ...(await bindingBody(context, binding)),
      ...(parameters ? { parameters: openParameters(parameters) } : {}),
    },
  };
}
