// Whether a repeated request asks for the same thing (specification: the 200, 202 and 409 of each PUT).
import { isDeepStrictEqual } from 'node:util';
import type { BindRequest, ProvisionRequest } from '../osb/broker.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { objectName } from '../resources/names.js';
import type { Revealed } from '../resources/secret-parameters.js';

type JsonObject = Record<string, unknown>;

/** What is confirmed of the instance, or, while it is being provisioned, what was asked for. */
export function presentState(instance: Readonly<ServiceInstance>): {
  planId: string;
  parameters: JsonObject;
} {
  const { planId, parameters } = instance.status?.applied ?? instance.spec;
  return { planId, parameters: parameters ?? {} };
}

/**
 * Compared with the present state: the original request, repeated after an update, is a different one. The parameters
 * are those of the present state, with their secret values.
 */
export function isSameInstance(
  instance: Readonly<ServiceInstance>,
  parameters: Revealed,
  request: ProvisionRequest,
): boolean {
  const { spec } = instance;
  const present = presentState(instance);
  return (
    spec.serviceId === request.serviceId &&
    present.planId === request.planId &&
    (spec.organizationGuid ?? '') === (request.organizationGuid ?? '') &&
    (spec.spaceGuid ?? '') === (request.spaceGuid ?? '') &&
    sameParameters(parameters, request.parameters ?? {})
  );
}

/** The parameters are those of the binding, with their secret values. */
export function isSameBinding(
  { binding, parameters }: { binding: Readonly<ServiceBinding>; parameters: Revealed },
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
    ((rotation && request.parameters === undefined) ||
      sameParameters(parameters, request.parameters ?? {})) &&
    same(spec.bindResource, bindResourceOf(request))
  );
}

/** What is missing may be anything: it is what an interrupted request did not get to store. */
function sameParameters(present: Revealed, asked: JsonObject): boolean {
  const known = Object.fromEntries(Object.entries(asked).filter(([name]) => !present.missing.includes(name)));
  return isDeepStrictEqual(present.parameters, known);
}

/** `app_guid` in its deprecated place means the same as in `bind_resource`. */
export function bindResourceOf(request: BindRequest): JsonObject | undefined {
  if (request.appGuid === undefined) return request.bindResource;
  return { app_guid: request.appGuid, ...request.bindResource };
}
