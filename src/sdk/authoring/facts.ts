// A custom resource as the author's functions see it.
import type { ServiceInstance } from '../resources/kinds.js';
import type { InstanceFacts, JsonObject, ParametersClass, ParametersClasses } from './backend.js';
import { openParameters } from '../resources/secret-parameters.js';
import { check } from './parameters.js';

export const instanceIdOf = (instance: Readonly<ServiceInstance>): string =>
  instance.spec.instanceId ?? instance.metadata.name;

/** What a backend may know of an instance; of its secret parameters only where they are given. */
export function instanceFacts(
  instance: Readonly<ServiceInstance>,
  resolved: ParametersClasses & { settings: Readonly<JsonObject> },
  parameters: JsonObject = openParameters(instance.spec.parameters),
): InstanceFacts {
  const { spec, metadata } = instance;
  return Object.freeze({
    id: instanceIdOf(instance),
    name: metadata.name,
    serviceId: spec.serviceId,
    planId: spec.planId,
    settings: resolved.settings,
    parameters: typed(resolved.parameters, parameters),
    context: spec.context ?? {},
    ...(spec.maintenanceInfo?.version === undefined
      ? {}
      : { maintenanceVersion: spec.maintenanceInfo.version }),
    ...(spec.originatingIdentity ? { originatingIdentity: spec.originatingIdentity } : {}),
  });
}

/** Parameters as an object of the author's class, where there is one and they fit it. */
export function typed(
  target: ParametersClass<unknown> | undefined,
  parameters: JsonObject | undefined,
): JsonObject {
  if (!target) return parameters ?? {};
  return Object.freeze(
    check(target as ParametersClass<JsonObject>, parameters ?? {}).value ?? parameters ?? {},
  );
}
