// What is refused of a binding that came by kubectl, where a platform's request would have got a 4xx.
import type { JsonObject } from '../authoring/backend.js';
import type { Plan } from '../catalog/plan.js';
import type { ServiceBinding } from '../resources/kinds.js';
import { objectName } from '../resources/names.js';
import type { ReconcileContext } from './context.js';
import type { Refusal } from './instance-checks.js';
import { openSecrets } from './parameters.js';
import { bindingIdOf } from './views.js';

/** What a platform would have got a 400 for, where the resource came by kubectl. */
export function bindingProblem(
  binding: Readonly<ServiceBinding>,
  plan: Plan | undefined,
  parameters: JsonObject,
): Refusal | undefined {
  const { spec, metadata } = binding;
  if (objectName(bindingIdOf(binding)) !== metadata.name) {
    const description = `spec.bindingId does not belong to the name ${metadata.name}: leave it out`;
    return { reason: 'InvalidId', description };
  }
  if (!plan) return undefined;
  if (!plan.bindable) return { reason: 'NotBindable', description: `plan ${plan.spec.name} cannot be bound` };
  if (plan.service.requiresApp && typeof spec.bindResource?.app_guid !== 'string') {
    return { reason: 'RequiresApp', description: 'spec.bindResource.app_guid: must name an application' };
  }
  const open = openSecrets(spec.parameters, plan.secret.binding);
  if (open.length > 0) return { reason: 'SecretInSpec', description: open.join('; ') };
  const problems = plan.checks.binding(parameters);
  return problems.length > 0 ? { reason: 'InvalidParameters', description: problems.join('; ') } : undefined;
}

/** The rules of a rotation (specification: Binding Rotation), where the binding came by kubectl. */
export function predecessorProblem(
  context: ReconcileContext,
  binding: Readonly<ServiceBinding>,
  plan: Plan | undefined,
): Refusal | undefined {
  const { predecessorBindingId: id, instanceRef, operation } = binding.spec;
  if (id === undefined || operation) return undefined; // over HTTP it was checked, and may be gone by now
  const no = (text: string): Refusal => ({
    reason: 'InvalidPredecessor',
    description: `spec.predecessorBindingId: ${text}`,
  });
  if (plan?.spec.bindingRotatable !== true) return no("this plan's bindings cannot be rotated");
  const predecessor = context.stores.bindings.get(objectName(id));
  if (predecessor?.spec.instanceRef.name !== instanceRef.name || !predecessor.status?.secretRef) {
    return no(`${id} is not a finished binding of this service instance`);
  }
  const { expiresAt } = predecessor.status;
  return expiresAt !== undefined && Date.parse(expiresAt) <= context.clock.now()
    ? no(`${id} has expired`)
    : undefined;
}
