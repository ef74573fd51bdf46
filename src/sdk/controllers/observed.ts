// What is looked at once it is Ready: instances, and bindings whose credentials are there. Each as it was made, whatever
// the offering says now.
import type { Observation } from '../authoring/backend.js';
import type { ResolvedBackend } from '../catalog/backends.js';
import type { Plan } from '../catalog/plan.js';
import { isState } from '../resources/conditions.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { isDeleting, isSettled, type Operable } from '../resources/operations.js';
import { EXPIRED, hasExpired } from './binding-expiry.js';
import type { ReconcileContext } from './context.js';
import { bindingView, instanceView } from './views.js';
import type { BindingWork, InstanceWork, Work } from './work.js';

/** How the backend of one resource looks at it, and puts it right. */
export interface Look {
  observe(signal: AbortSignal): Promise<Observation | void>;
  repair(signal: AbortSignal): Promise<unknown>;
}

/** One sort of resource that is looked at. */
export interface Observed<T extends Operable> {
  /** For a resource whose last operation has ended. Undefined where nothing is to be looked at, or nobody looks. */
  lookAt(work: Work<T>): Look | undefined;
  /** Whether a condition is the broker's own, and no backend's to write or to take away. */
  readonly isReserved: (type: string) => boolean;
}

export const observedInstances: Observed<ServiceInstance> = {
  isReserved: isState,
  lookAt({ context, object: instance, operation }: InstanceWork) {
    const made = asMade(context, instance);
    const { backend } = made?.resolved ?? {};
    if (!made || !backend?.observe) return undefined;
    const view = (signal: AbortSignal) =>
      instanceView(context, instance, made, { operationId: operation.id, signal });
    return {
      observe: (signal) => backend.observe!(view(signal)),
      repair: (signal) => backend.ensure(view(signal)),
    };
  },
};

export const observedBindings: Observed<ServiceBinding> = {
  isReserved: (type) => isState(type) || type === EXPIRED,
  lookAt({ context, object: binding, instance, operation }: BindingWork) {
    if (!instance || isDeleting(instance) || !isSettled(instance)) return undefined;
    if (binding.status?.lastOperation?.state !== 'succeeded' || hasExpired(binding)) return undefined;
    const made = asMade(context, instance);
    const { backend } = made?.resolved ?? {};
    if (!made || !backend?.observeBinding) return undefined;
    const view = (signal: AbortSignal) =>
      bindingView(context, { binding, instance }, made, { operationId: operation.id, signal });
    return {
      observe: (signal) => backend.observeBinding!(view(signal)),
      repair: async (signal) => {
        if (!backend.repairBinding) throw new Error(`the backend ${backend.name} has no repairBinding`);
        await backend.repairBinding(view(signal));
      },
    };
  },
};

/** Undefined where it was not: an update that failed has changed who knows what. */
function asMade(
  { catalog }: ReconcileContext,
  { spec: { serviceId, planId }, status }: Readonly<ServiceInstance>,
): { plan: Plan | undefined; resolved: ResolvedBackend } | undefined {
  const { resolvedPlan } = status?.applied ?? {};
  if (!resolvedPlan || status?.lastOperation?.state !== 'succeeded') return undefined;
  const resolved = catalog.backendAsIn(serviceId, resolvedPlan);
  return 'problems' in resolved ? undefined : { plan: catalog.find(serviceId, planId), resolved };
}
