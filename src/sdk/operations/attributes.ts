// Whether a repeated request asks for the same thing (specification: the 200, 202 and 409 of each PUT).
import { isDeepStrictEqual } from 'node:util';
import type { BindRequest, ProvisionRequest } from '../osb/broker.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { objectName } from '../resources/names.js';

type JsonObject = Record<string, unknown>;

/** What is confirmed of the instance, or, while it is being provisioned, what was asked for. */
export function presentState(instance: Readonly<ServiceInstance>): {
  planId: string;
  parameters: JsonObject;
} {
  const { planId, parameters } = instance.status?.applied ?? instance.spec;
  return { planId, parameters: parameters ?? {} };
}

/** Compared with the present state: the original request, repeated after an update, is a different one. */
export function isSameInstance(instance: Readonly<ServiceInstance>, request: ProvisionRequest): boolean {
  const { spec } = instance;
  const present = presentState(instance);
  return (
    spec.serviceId === request.serviceId &&
    present.planId === request.planId &&
    (spec.organizationGuid ?? '') === (request.organizationGuid ?? '') &&
    (spec.spaceGuid ?? '') === (request.spaceGuid ?? '') &&
    isDeepStrictEqual(present.parameters, request.parameters ?? {})
  );
}

export function isSameBinding(
  binding: Readonly<ServiceBinding>,
  instance: Readonly<ServiceInstance>,
  request: BindRequest,
): boolean {
  const { spec } = binding;
  const rotation = request.predecessorBindingId !== undefined;
  const same = (present: unknown, asked: JsonObject | undefined): boolean =>
    (rotation && asked === undefined) || isDeepStrictEqual(present ?? {}, asked ?? {});
  return (
    spec.instanceRef.name === objectName(request.instanceId) &&
    spec.predecessorBindingId === request.predecessorBindingId &&
    (request.serviceId ?? instance.spec.serviceId) === instance.spec.serviceId &&
    (request.planId ?? presentState(instance).planId) === presentState(instance).planId &&
    same(spec.parameters, request.parameters) &&
    same(spec.bindResource, bindResourceOf(request))
  );
}

/** `app_guid` in its deprecated place means the same as in `bind_resource`. */
export function bindResourceOf(request: BindRequest): JsonObject | undefined {
  if (request.appGuid === undefined) return request.bindResource;
  return { app_guid: request.appGuid, ...request.bindResource };
}
