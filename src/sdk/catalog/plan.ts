// A plan that can be ordered: the catalog's entry, the backend behind it, and the checks of its parameters.
import { check as checkClass } from '../authoring/parameters.js';
import type { JsonObject, ParametersClass } from '../authoring/backend.js';
import type { ConfigMap } from '../kube/types.js';
import type { PlanSpec, ResolvedPlan, ServiceOfferingSpec } from '../resources/kinds.js';
import { secretNames } from '../resources/secret-parameters.js';
import type { Backends, ResolvedBackend } from './backends.js';
import { settingsSource, withSettings } from './plan-settings.js';
import { type Check, compileSchema } from './schema-check.js';

export interface Plan extends ResolvedBackend {
  service: ServiceOfferingSpec;
  spec: PlanSpec;
  bindable: boolean;
  planUpdateable: boolean;
  /** Names of parameters that are secret. */
  secret: { instance: ReadonlySet<string>; binding: ReadonlySet<string> };
  /** What is written into an instance, so that it can be removed when the offering is gone. */
  resolved: ResolvedPlan;
  checks: {
    /** The whole parameters of an instance. */
    instance: Check;
    /** What an update carries. */
    update: Check;
    binding: Check;
  };
}

/** The plans of an offering that can be ordered, and what is wrong with the others. */
export interface JudgedPlans {
  plans: Plan[];
  problems: string[];
  /** Settings that are not there. */
  missing: string[];
}

/** `configMap` finds a ConfigMap with settings by its name. */
export function toPlans(
  service: ServiceOfferingSpec,
  backends: Backends,
  configMap: (name: string) => Readonly<ConfigMap> | undefined,
): JudgedPlans {
  const judged: JudgedPlans = { plans: [], problems: [], missing: [] };
  service.plans.forEach((entry, index) => {
    const tell = (into: string[], text: string): void => void into.push(`plans[${index}].${text}`);
    const found = withSettings(entry, configMap);
    if ('problem' in found) {
      tell(found.reason === 'Invalid' ? judged.problems : judged.missing, found.problem);
      return;
    }
    const plan = toPlan(service, found.plan, backends);
    if ('problems' in plan) {
      for (const text of plan.problems) tell(judged.problems, text + settingsSource(entry, text));
    } else judged.plans.push(plan);
  });
  return judged;
}

/** The plan, or the sentences that say what is wrong with it. */
export function toPlan(
  service: ServiceOfferingSpec,
  spec: PlanSpec,
  backends: Backends,
): Plan | { problems: string[] } {
  const found = backends.resolve(service.id, spec.backend, spec.settings);
  if ('problems' in found) return found;
  const problems: string[] = [];
  const schema = (name: keyof NonNullable<PlanSpec['schemas']>): Check[] => {
    const source = spec.schemas?.[name];
    if (!source) return [];
    try {
      return [compileSchema(source)];
    } catch (error) {
      problems.push(`schemas.${name}: ${(error as Error).message}`);
      return [];
    }
  };
  const checks = {
    instance: all([...schema('instanceCreate'), ...classCheck(found.parameters)]),
    update: all(schema('instanceUpdate')),
    binding: all([...schema('bindingCreate'), ...classCheck(found.bindParameters)]),
  };
  if (problems.length > 0) return { problems };
  return {
    ...found,
    service,
    spec,
    checks,
    bindable: spec.bindable ?? service.bindable ?? true,
    planUpdateable: spec.planUpdateable ?? service.planUpdateable ?? false,
    secret: {
      instance: secretNames(spec.schemas?.instanceCreate),
      binding: secretNames(spec.schemas?.bindingCreate),
    },
    resolved: {
      planId: spec.id,
      serviceName: service.name,
      planName: spec.name,
      backend: spec.backend,
      ...(spec.settings ? { settings: spec.settings } : {}),
    },
  };
}

/** Why an instance of the one plan cannot become one of the other; undefined when it can. */
export function planChangeProblem(from: Plan | undefined, to: Plan): string | undefined {
  if (from?.spec.id === to.spec.id) return undefined;
  if (!from?.planUpdateable) return 'the plan of this service instance cannot be changed';
  // What the one backend made, the other would neither find nor remove.
  if (from.spec.backend !== to.spec.backend) return 'the plan cannot be changed to one of another backend';
  return undefined;
}

/** The first check that finds something speaks; the class only where the schema is content. */
function all(checks: Check[]): Check {
  return (value) => {
    for (const check of checks) {
      const problems = check(value);
      if (problems.length > 0) return problems;
    }
    return [];
  };
}

function classCheck(target: ParametersClass<unknown> | undefined): Check[] {
  if (!target) return [];
  return [
    (value) =>
      checkClass(target as ParametersClass<object>, value as JsonObject).problems.map(
        (text) => `parameters.${text}`,
      ),
  ];
}
