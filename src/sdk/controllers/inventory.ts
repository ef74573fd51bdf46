// Asks the backends behind the catalog which instances and bindings they hold.
import type { Plan } from '../catalog/plan.js';
import type { ServiceOffering } from '../resources/kinds.js';
import { isObjectName } from '../resources/names.js';
import type { ReconcileContext } from './context.js';
import { askAboutPlan, questionKey } from './plan-scope.js';

/** An instance that a backend holds, and the plan whose backend told of it. */
export interface Holding {
  name: string;
  bindings: readonly string[];
  plan: Plan;
  offering: Readonly<ServiceOffering>;
}

/** Each holding once. A backend that does not answer is left out, and logged. */
export async function takeInventory(context: ReconcileContext, signal: AbortSignal): Promise<Holding[]> {
  const holdings = new Map<string, Holding>();
  for (const { plan, offering } of plansToAsk(context)) {
    const ask = plan.backend.inventory!.bind(plan.backend);
    const held = await askAboutPlan(context, plan, { what: 'what it holds', signal, ask });
    for (const { name, bindings = [] } of held ?? []) {
      const key = `${plan.backend.name} ${name}`;
      if (!isObjectName(name) || holdings.has(key)) continue; // any other name was not given by us
      holdings.set(key, { name, bindings: bindings.filter(isObjectName), plan, offering });
    }
  }
  return [...holdings.values()];
}

/** Plans that differ in nothing that a backend sees are asked about once. */
function plansToAsk({ stores, catalog }: ReconcileContext): Pick<Holding, 'plan' | 'offering'>[] {
  const plans = new Map<string, Pick<Holding, 'plan' | 'offering'>>();
  const offerings = stores.offerings.list().sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const offering of offerings) {
    if (!catalog.verdict(offering.metadata.name)?.accepted) continue;
    for (const { id } of offering.spec.plans) {
      const plan = catalog.find(offering.spec.id, id);
      if (!plan?.backend.inventory) continue;
      const key = questionKey(plan);
      if (!plans.has(key)) plans.set(key, { plan, offering });
    }
  }
  return [...plans.values()];
}
