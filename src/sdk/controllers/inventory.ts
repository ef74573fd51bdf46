// Asks the backends behind the catalog which instances and bindings they hold.
import type { HeldInstance } from '../authoring/backend.js';
import type { Plan } from '../catalog/plan.js';
import type { ServiceOffering } from '../resources/kinds.js';
import { isObjectName } from '../resources/names.js';
import { errorDetails } from '../telemetry/log.js';
import { backendSecrets } from './backend-secrets.js';
import type { ReconcileContext } from './context.js';
import { timeLimit } from './time-limit.js';

/** What a backend may take to answer. */
const PATIENCE_MS = 60_000;

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
    for (const { name, bindings = [] } of await ask(context, plan, signal)) {
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
      const key = `${plan.backend.name} ${JSON.stringify(plan.settings)}`;
      if (!plans.has(key)) plans.set(key, { plan, offering });
    }
  }
  return [...plans.values()];
}

async function ask(
  context: ReconcileContext,
  { backend, settings, spec }: Plan,
  signal: AbortSignal,
): Promise<readonly HeldInstance[]> {
  const { clock, log } = context;
  const limit = timeLimit(clock, signal, PATIENCE_MS);
  try {
    return await backend.inventory!({ settings, signal: limit.signal, secret: backendSecrets(context), log });
  } catch (error) {
    signal.throwIfAborted();
    log.warn('a backend did not tell what it holds', {
      backend: backend.name,
      plan: spec.name,
      ...errorDetails(error),
    });
    return [];
  } finally {
    limit.release();
  }
}
