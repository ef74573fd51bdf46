// Asks the backends of an offering's plans whether these can be had.
import type { Plan } from '../catalog/plan.js';
import type { ReconcileContext } from './context.js';
import { askAboutPlan, questionKey } from './plan-scope.js';

export interface PlanChecks {
  /** What an operator has to put right, each with the plan's name. */
  problems: string[];
  /** Every backend has answered. */
  isComplete: boolean;
}

export async function checkPlans(
  context: ReconcileContext,
  plans: readonly Plan[],
  signal: AbortSignal,
): Promise<PlanChecks> {
  const found: PlanChecks = { problems: [], isComplete: true };
  const asked = new Map<string, readonly string[] | undefined>();
  for (const plan of plans) {
    const { backend, spec } = plan;
    if (!backend.check) continue;
    const key = questionKey(plan);
    if (!asked.has(key)) {
      const ask = backend.check.bind(backend);
      asked.set(key, await askAboutPlan(context, plan, { what: 'whether a plan can be had', signal, ask }));
    }
    const answer = asked.get(key);
    if (!answer) found.isComplete = false;
    found.problems.push(...(answer ?? []).map((text) => `plan ${spec.name}: ${text}`));
  }
  return found;
}
