// Makes service instances true: provision, update and deprovision through the plan's backend.
import { instanceFacts, instanceIdOf } from '../authoring/facts.js';
import type { InstanceResult, JsonObject } from '../authoring/backend.js';
import type { ResolvedBackend } from '../catalog/backends.js';
import { type Plan, planChangeProblem } from '../catalog/plan.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { objectName } from '../resources/names.js';
import {
  currentOperation,
  isDeleting,
  isSettled,
  type Operation,
  type Progress,
} from '../resources/operations.js';
import { logContext } from '../telemetry/log.js';
import {
  type Again,
  BY_INSTANCE,
  deadlineOf,
  dropFinalizer,
  hasFinalizer,
  type ReconcileContext,
  tell,
  withFinalizer,
  writeProgress,
} from './context.js';
import { openSecrets, revealed, SECRET_GRACE_MS } from './parameters.js';
import { runStep } from './step.js';
import { bindingIdOf, instanceView } from './views.js';

/** For how long an instance may be ahead of its offering, both applied with kubectl, before it is refused. */
const OFFERING_GRACE_MS = 30_000;

export async function reconcileInstance(
  context: ReconcileContext,
  name: string,
  signal: AbortSignal,
): Promise<Again> {
  const instance = context.stores.instances.get(name);
  if (!instance) return;
  const operation = currentOperation(instance, context.now());
  return logContext.run({ instanceId: instanceIdOf(instance), operationId: operation.id }, async () =>
    (isDeleting(instance) ? remove : realise)({ context, instance, operation, signal }),
  );
}

interface Work {
  context: ReconcileContext;
  instance: Readonly<ServiceInstance>;
  operation: Operation;
  signal: AbortSignal;
}

async function realise(work: Work): Promise<Again> {
  const { context, instance, operation, signal } = work;
  if (isSettled(instance)) return;
  const { serviceId, planId } = instance.spec;
  const plan = context.catalog.find(serviceId, planId);
  const change = changeProblem(work, plan);
  if (change) return report(work, { state: 'failed', ...change });
  if (await adopt(work, plan)) return;
  if (!plan && instance.spec.resolvedPlan?.planId !== planId) return awaitOffering(work);
  const { parameters, missing } = revealed(context, instance, plan?.secret.instance);
  if (missing.length > 0) return awaitSecrets(work, missing);
  const problems = problemsOf(instance, plan, parameters);
  if (problems) return report(work, { state: 'failed', ...problems });
  const resolved = context.catalog.backendFor(instance);
  if ('problems' in resolved) return wait(work, 'NoBackend', resolved.problems.join('; '));
  const step = await runStep<InstanceResult>({
    object: instance,
    operation,
    deadline: deadlineOf(context, operation, plan),
    now: context.now(),
    signal,
    log: context.log,
    call: (stop) =>
      resolved.backend.ensure(
        instanceView(context, instance, { plan, resolved }, { operationId: operation.id, signal: stop }),
      ),
  });
  if (step.state === 'done') return succeed(work, resolved, step.result);
  await report(work, step.progress);
  return step.state === 'in progress' ? { requeueAfterMs: step.requeueAfterMs } : undefined;
}

/** Fills in what a platform's request would have brought. True when it wrote: the change comes back as an event. */
async function adopt({ context, instance }: Work, plan: Plan | undefined): Promise<boolean> {
  const { spec, metadata } = instance;
  const resolvedPlan = plan && spec.resolvedPlan?.planId !== plan.spec.id ? plan.resolved : spec.resolvedPlan;
  if (hasFinalizer(instance) && spec.instanceId && resolvedPlan === spec.resolvedPlan) return false;
  const maintenance = spec.maintenanceInfo ?? versionOf(plan);
  await context.stores.instances.replace({
    ...instance,
    metadata: { ...metadata, finalizers: withFinalizer(instance) },
    spec: {
      ...spec,
      instanceId: instanceIdOf(instance),
      ...(resolvedPlan ? { resolvedPlan } : {}),
      ...(maintenance ? { maintenanceInfo: maintenance } : {}),
    },
  });
  return true;
}

const versionOf = (plan: Plan | undefined): { version: string } | undefined =>
  plan?.spec.maintenanceInfo && { version: plan.spec.maintenanceInfo.version };

/** Why the instance cannot become what kubectl made of its spec; asked before the plan of before is forgotten. */
function changeProblem(
  { context, instance }: Work,
  plan: Plan | undefined,
): { reason: string; description: string } | undefined {
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
  const problem = planChangeProblem(context.catalog.find(serviceId, applied.planId), plan);
  return problem === undefined
    ? undefined
    : { reason: 'PlanNotUpdateable', description: `spec.planId: ${problem}` };
}

/** What a platform would have got a 400 for, where the resource came by kubectl. */
function problemsOf(
  { spec, metadata }: Readonly<ServiceInstance>,
  plan: Plan | undefined,
  parameters: JsonObject,
): { reason: string; description: string } | undefined {
  if (objectName(spec.instanceId ?? metadata.name) !== metadata.name) {
    const description = `spec.instanceId does not belong to the name ${metadata.name}: leave it out`;
    return { reason: 'InvalidId', description };
  }
  const open = plan ? openSecrets(spec.parameters, plan.secret.instance) : [];
  if (open.length > 0) return { reason: 'SecretInSpec', description: open.join('; ') };
  const problems = plan?.checks.instance(parameters) ?? [];
  return problems.length > 0 ? { reason: 'InvalidParameters', description: problems.join('; ') } : undefined;
}

/** Secret parameters whose values are not there: an interrupted request, repeated, brings them. */
async function awaitSecrets(work: Work, names: string[]): Promise<Again> {
  const { context, operation } = work;
  const begun = Date.parse(operation.startedAt);
  const now = context.now().getTime();
  if (now < begun + SECRET_GRACE_MS) return { requeueAfterMs: SECRET_GRACE_MS };
  return wait(work, 'SecretMissing', `the Secret of the parameters ${names.join(', ')} is missing`);
}

/** An instance may come before its offering, both applied with kubectl; after a while it is refused. */
async function awaitOffering(work: Work): Promise<Again> {
  const { context, instance, operation } = work;
  const { serviceId, planId } = instance.spec;
  const what = context.catalog.hasService(serviceId)
    ? `spec.planId: ${planId} is not a plan of service ${serviceId}`
    : `spec.serviceId: no accepted ServiceOffering has the id ${serviceId}`;
  const left = Date.parse(operation.startedAt) + OFFERING_GRACE_MS - context.now().getTime();
  const state = left > 0 ? 'in progress' : 'failed';
  await report(work, {
    state,
    reason: 'NotInCatalog',
    description: `${what}; kubectl get osbo -o wide shows the catalog`,
  });
  return left > 0 ? { requeueAfterMs: left } : undefined;
}

async function succeed(work: Work, resolved: ResolvedBackend, result: InstanceResult): Promise<void> {
  const { instance, operation } = work;
  const { serviceId, planId, parameters, context, maintenanceInfo } = instance.spec;
  const dashboardUrl =
    resolved.backend.dashboardUrl?.(instanceFacts(instance, resolved)) ?? instance.status?.dashboardUrl;
  await writeProgress(work.context, work.context.stores.instances, instance, {
    operation,
    progress: { state: 'succeeded', reason: 'Succeeded', description: `the ${operation.type} succeeded` },
    more: {
      applied: {
        serviceId,
        planId,
        ...(parameters ? { parameters } : {}),
        ...(context ? { context } : {}),
        ...(maintenanceInfo?.version === undefined ? {} : { maintenanceVersion: maintenanceInfo.version }),
      },
      ...(dashboardUrl === undefined ? {} : { dashboardUrl }),
      ...(result.metadata ? { metadata: result.metadata } : {}),
    },
  });
}

async function remove(work: Work): Promise<Again> {
  const { context, instance, operation, signal } = work;
  if (!hasFinalizer(instance) || isSettled(instance)) return;
  const bindings = context.stores.bindings.byIndex(BY_INSTANCE, instance.metadata.name);
  if (bindings.length > 0) return removeBindings(work, bindings);
  for (const made of everMade(instance)) {
    const { serviceId, planId, resolvedPlan } = made.spec;
    const plan = context.catalog.find(serviceId, planId);
    if (!plan && !resolvedPlan) continue; // refused at once: no backend ever saw it
    const resolved = context.catalog.backendFor(made);
    if ('problems' in resolved) return wait(work, 'NoBackend', resolved.problems.join('; '));
    const step = await runStep({
      object: instance,
      operation,
      deadline: deadlineOf(context, operation, plan),
      now: context.now(),
      signal,
      log: context.log,
      call: (stop) => {
        const calling = { operationId: operation.id, signal: stop };
        return resolved.backend.destroy(instanceView(context, made, { plan, resolved }, calling));
      },
    });
    if (step.state !== 'done') {
      await report(work, step.progress);
      return step.state === 'in progress' ? { requeueAfterMs: step.requeueAfterMs } : undefined;
    }
  }
  await dropFinalizer(context.stores.instances, instance);
  tell(context, instance, operation, { state: 'succeeded', description: 'the deprovision succeeded' });
}

/** What there may be to remove: after a plan change that did not end well, the one of before and the one of after. */
function everMade(instance: Readonly<ServiceInstance>): Readonly<ServiceInstance>[] {
  const { applied } = instance.status ?? {};
  const { spec } = instance;
  if (!applied || (applied.planId === spec.planId && applied.serviceId === spec.serviceId)) return [instance];
  const { serviceId, planId, parameters } = applied;
  return [
    instance,
    { ...instance, spec: { ...spec, serviceId, planId, ...(parameters ? { parameters } : {}) } },
  ];
}

/** A binding whose unbind failed is tried once more for each deprovision; failing again, it fails that too. */
async function removeBindings(work: Work, bindings: readonly Readonly<ServiceBinding>[]): Promise<void> {
  const { context, operation } = work;
  const id = `unbind-${operation.id}`;
  const failed = bindings.filter((binding) => isDeleting(binding) && isSettled(binding));
  const stuck = failed.filter(({ status }) => status?.lastOperation?.id === id).map(bindingIdOf);
  if (stuck.length > 0) {
    const description = `these bindings cannot be removed: ${stuck.join(', ')}`;
    return report(work, { state: 'failed', reason: 'BindingsLeft', description });
  }
  await report(work, inProgress('RemovingBindings', `${bindings.length} bindings are removed first`));
  const again = { id, type: 'unbind' as const, requestedAt: context.now().toISOString() };
  for (const binding of bindings) {
    const { name, uid } = binding.metadata;
    if (!isDeleting(binding)) await context.stores.bindings.delete(name, uid === undefined ? {} : { uid });
    else if (failed.includes(binding)) {
      await context.stores.bindings.replace({ ...binding, spec: { ...binding.spec, operation: again } });
    }
  }
}

const inProgress = (reason: string, description: string): Progress => ({
  state: 'in progress',
  reason,
  description,
});

/** Something is missing that may yet come, until the deadline: a backend with a newer broker, a Secret. */
async function wait(work: Work, reason: string, description: string): Promise<Again> {
  const { context, operation } = work;
  const left = deadlineOf(context, operation, undefined).getTime() - context.now().getTime();
  const progress = inProgress(reason, description);
  await report(work, left > 0 ? progress : { ...progress, state: 'failed' });
  return left > 0 ? { requeueAfterMs: left } : undefined;
}

async function report({ context, instance, operation }: Work, progress: Progress): Promise<void> {
  await writeProgress(context, context.stores.instances, instance, { operation, progress });
}
