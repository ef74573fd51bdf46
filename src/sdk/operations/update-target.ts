// What an instance would be after an update: the part of its spec that an update may touch, in a form that can be
// compared. Pure.
import type { Plan } from '../catalog/plan.js';
import type { UpdateRequest } from '../osb/broker.js';
import type { ResolvedPlan, ServiceInstance, ServiceInstanceSpec } from '../resources/kinds.js';
import { presentState } from './attributes.js';

type JsonObject = Record<string, unknown>;

export type Target = Pick<ServiceInstanceSpec, 'planId'> &
  Partial<Pick<ServiceInstanceSpec, 'parameters' | 'context' | 'maintenanceInfo'>>;

/** `parameters` are the confirmed ones, with their secret values. */
export function targetOf(
  instance: Readonly<ServiceInstance>,
  request: UpdateRequest,
  plan: Plan,
  parameters: JsonObject,
): Target {
  const { applied } = instance.status ?? {};
  const moves = plan.spec.id !== presentState(instance).planId || request.maintenanceVersion !== undefined;
  return normal({
    planId: plan.spec.id,
    parameters: combine(parameters, request.parameters),
    context: request.context ?? applied?.context,
    maintenanceInfo: versionOf(moves ? plan.spec.maintenanceInfo?.version : applied?.maintenanceVersion),
  });
}

/** What was asked for last. */
export function wantedTarget({ spec }: Readonly<ServiceInstance>, parameters: JsonObject): Target {
  const { planId, context, maintenanceInfo } = spec;
  return normal({ planId, parameters, context, maintenanceInfo });
}

/** What is confirmed. */
export function confirmedTarget(
  { status }: Readonly<ServiceInstance>,
  parameters: JsonObject | undefined = status?.applied?.parameters,
): Target {
  const { planId, context, maintenanceVersion } = status!.applied!;
  return normal({ planId, parameters, context, maintenanceInfo: versionOf(maintenanceVersion) });
}

/** Each parameter that is given replaces the old one, null removes it, the others stay. */
export function combine(old: JsonObject, given: JsonObject | undefined): JsonObject {
  return Object.fromEntries(Object.entries({ ...old, ...given }).filter(([, value]) => value !== null));
}

/** Without what is empty: no parameters and `{}` are the same. */
export function normal(target: { [K in keyof Target]: Target[K] | undefined }): Target {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(target).filter(([, value]) => !isEmpty(value))) as Target;
}

/** The instance, asked to become the target. */
export function withTarget(
  instance: Readonly<ServiceInstance>,
  target: Target,
  resolvedPlan: ResolvedPlan,
  more: Partial<ServiceInstanceSpec>,
): ServiceInstance {
  const spec = { ...instance.spec, resolvedPlan, ...more };
  for (const field of ['parameters', 'context', 'maintenanceInfo'] as const) delete spec[field];
  return { ...instance, spec: { ...spec, ...target } };
}

const versionOf = (version: string | undefined): { version: string } | undefined =>
  version === undefined ? undefined : { version };
