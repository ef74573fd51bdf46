// Instances and bindings as a backend's functions see them, with their secret parameters.
import type { Binding, Instance, JsonObject } from '../authoring/backend.js';
import { instanceFacts, typed } from '../authoring/facts.js';
import type { ResolvedBackend } from '../catalog/backends.js';
import type { Plan } from '../catalog/plan.js';
import type { Origin } from '../resources/binding-secret.js';
import {
  API_VERSION,
  BINDINGS,
  INSTANCES,
  type ServiceBinding,
  type ServiceInstance,
} from '../resources/kinds.js';
import { isDeleting } from '../resources/operations.js';
import { backendSecrets } from './backend-secrets.js';
import type { ReconcileContext } from './context.js';
import { revealed } from './parameters.js';

/** What belongs to one call of a backend. */
export interface Calling {
  operationId: string;
  signal: AbortSignal;
}

export function instanceView(
  context: ReconcileContext,
  instance: Readonly<ServiceInstance>,
  { plan, resolved }: { plan: Plan | undefined; resolved: ResolvedBackend },
  calling: Calling,
): Instance {
  const { parameters } = revealed(context, instance, plan?.secret.instance);
  return {
    ...instanceFacts(instance, resolved, parameters),
    ...calling,
    isDeleting: isDeleting(instance),
    secret: backendSecrets(context),
    resources: context.owned.forInstance(instance, calling.signal),
    keep: context.owned.keep(instance),
    log: context.log,
  };
}

export function bindingView(
  context: ReconcileContext,
  { binding, instance }: { binding: Readonly<ServiceBinding>; instance: Readonly<ServiceInstance> },
  { plan, resolved }: { plan: Plan | undefined; resolved: ResolvedBackend },
  calling: Calling,
): Binding {
  const { spec, metadata } = binding;
  const parameters: JsonObject = revealed(context, binding, plan?.secret.binding).parameters;
  return {
    id: bindingIdOf(binding),
    name: metadata.name,
    instance: instanceView(context, instance, { plan, resolved }, calling),
    parameters: typed(resolved.bindParameters, parameters),
    bindResource: spec.bindResource ?? {},
    context: spec.context ?? {},
    ...(spec.predecessorBindingId === undefined ? {} : { predecessorId: spec.predecessorBindingId }),
    ...(spec.originatingIdentity ? { originatingIdentity: spec.originatingIdentity } : {}),
    ...calling,
    resources: context.owned.forBinding(binding, instance, calling.signal),
    keep: context.owned.keep(binding),
    log: context.log,
  };
}

/** An instance of which no more is known than where it came from. */
export const bareInstance = (name: string, { serviceId, planId }: Origin): ServiceInstance => ({
  apiVersion: API_VERSION,
  kind: INSTANCES.kind,
  metadata: { name },
  spec: { serviceId, planId },
});

export const bareBinding = (name: string, instance: string): ServiceBinding => ({
  apiVersion: API_VERSION,
  kind: BINDINGS.kind,
  metadata: { name },
  spec: { instanceRef: { name: instance } },
});

export const bindingIdOf = (binding: Readonly<ServiceBinding>): string =>
  binding.spec.bindingId ?? binding.metadata.name;
