// What is refused of an instance that came by kubectl, where a platform's request would have got a 4xx. Pure.
import type { JsonObject } from '../authoring/backend.js';
import type { Catalog } from '../catalog/catalog.js';
import { type Plan, planChangeProblem } from '../catalog/plan.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { objectName } from '../resources/names.js';
import { openSecrets } from './parameters.js';

/** The conditions' reason and message. */
export interface Refusal {
  reason: string;
  description: string;
}

/** Why the instance cannot become what kubectl made of its spec; asked before the plan of before is forgotten. */
export function changeProblem(
  catalog: Catalog,
  instance: Readonly<ServiceInstance>,
  plan: Plan | undefined,
): Refusal | undefined {
  const { applied } = instance.status ?? {};
  const { serviceId, planId } = instance.spec;
  if (!applied) return undefined;
  if (applied.serviceId !== serviceId) {
    return {
      reason: 'ServiceChanged',
      description: `spec.serviceId cannot change; it was ${applied.serviceId}`,
    };
  }
  if (!plan || applied.planId === planId) return undefined;
  const problem = planChangeProblem(catalog.find(serviceId, applied.planId), plan);
  return problem === undefined
    ? undefined
    : { reason: 'PlanNotUpdateable', description: `spec.planId: ${problem}` };
}

/** What a platform would have got a 400 for, where the resource came by kubectl. */
export function problemsOf(
  { spec, metadata }: Readonly<ServiceInstance>,
  plan: Plan | undefined,
  parameters: JsonObject,
): Refusal | undefined {
  if (objectName(spec.instanceId ?? metadata.name) !== metadata.name) {
    const description = `spec.instanceId does not belong to the name ${metadata.name}: leave it out`;
    return { reason: 'InvalidId', description };
  }
  const open = plan ? openSecrets(spec.parameters, plan.secret.instance) : [];
  if (open.length > 0) return { reason: 'SecretInSpec', description: open.join('; ') };
  const problems = plan?.checks.instance(parameters) ?? [];
  return problems.length > 0 ? { reason: 'InvalidParameters', description: problems.join('; ') } : undefined;
}
