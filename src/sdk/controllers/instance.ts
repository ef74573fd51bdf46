// Makes service instances true: provision, update and deprovision through the plan's backend; looks after those that are.
import { isDeepStrictEqual } from 'node:util';
import { instanceFacts, instanceIdOf } from '../authoring/facts.js';
import type { InstanceResult } from '../authoring/backend.js';
import type { ResolvedBackend } from '../catalog/backends.js';
import type { Plan } from '../catalog/plan.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { currentOperation, isDeleting, isSettled } from '../resources/operations.js';
import { type Again, hasFinalizer, nowOf, type ReconcileContext, withFinalizer } from './context.js';
import { heed } from './escape-hatches.js';
import { changeProblem, problemsOf } from './instance-checks.js';
import { removeInstance } from './instance-removal.js';
import { FIRST_LOOK_MS, type Observer } from './observation.js';
import { revealed, SECRET_GRACE_MS } from './parameters.js';
import { instanceView } from './views.js';
import { attempt, type InstanceWork, report, requestOf, wait } from './work.js';

/** For how long an instance may be ahead of its offering, both applied with kubectl, before it is refused. */
const OFFERING_GRACE_MS = 30_000;

export async function reconcileInstance(
  context: ReconcileContext,
  name: string,
  signal: AbortSignal,
  observer: Observer<ServiceInstance>,
): Promise<Again> {
  const store = context.stores.instances;
  const object = store.get(name);
  if (!object) return;
  const operation = currentOperation(object, nowOf(context));
  const identity = { instanceId: instanceIdOf(object), operationId: operation.id };
  const own = { ...context, log: context.log.child({ ...identity, ...requestOf(object, operation) }) };
  const work = await heed({ context: own, store, object, operation, instance: object, signal });
  if (!work) return;
  if (isDeleting(object)) {
    observer.forget(name);
    return removeInstance(work);
  }
  const later = await observer.putBackSecrets(work);
  if (later) return later;
  return isSettled(object) ? observer.observe(work) : realise(work);
}

async function realise(work: InstanceWork): Promise<Again> {
  const { context, object: instance, operation } = work;
  const { serviceId, planId } = instance.spec;
  const plan = context.catalog.find(serviceId, planId);
  const change = changeProblem(context.catalog, instance, plan);
  if (change) return report(work, { state: 'failed', ...change });
  if (await adopt(work, plan)) return;
  if (!plan && instance.spec.resolvedPlan?.planId !== planId) return awaitOffering(work);
  const { parameters, missing } = revealed(context, instance, plan?.secret.instance);
  if (missing.length > 0) return awaitSecrets(work, missing);
  const problems = problemsOf(instance, plan, parameters);
  if (problems) return report(work, { state: 'failed', ...problems });
  const resolved = context.catalog.backendFor(instance);
  if ('problems' in resolved) return wait(work, 'NoBackend', resolved.problems.join('; '));
  const attempted = await attempt(work, plan, (signal) =>
    resolved.backend.ensure(
      instanceView(context, instance, { plan, resolved }, { operationId: operation.id, signal }),
    ),
  );
  if (!attempted.result) return attempted.again;
  await succeed(work, resolved, attempted.result);
  return resolved.backend.observe ? { requeueAfterMs: FIRST_LOOK_MS } : undefined;
}

/** Fills in what a platform's request would have brought. True when it wrote: the change comes back as an event. */
async function adopt(work: InstanceWork, plan: Plan | undefined): Promise<boolean> {
  const { store, object: instance } = work;
  const { spec, metadata } = instance;
  const resolvedPlan = plan && isOutdated(work, plan) ? plan.resolved : spec.resolvedPlan;
  if (hasFinalizer(instance) && spec.instanceId && resolvedPlan === spec.resolvedPlan) return false;
  const maintenance = spec.maintenanceInfo ?? versionOf(plan);
  await store.replace({
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

/** An edit with kubectl names no plan's settings: it takes them as they are when it is taken up. */
function isOutdated({ object: { spec, status }, operation }: InstanceWork, { resolved }: Plan): boolean {
  if (spec.resolvedPlan?.planId !== resolved.planId) return true;
  const isTakenUp = operation.id === spec.operation?.id || operation.id === status?.lastOperation?.id;
  return !isTakenUp && !isDeepStrictEqual(spec.resolvedPlan, resolved);
}

const versionOf = (plan: Plan | undefined): { version: string } | undefined =>
  plan?.spec.maintenanceInfo && { version: plan.spec.maintenanceInfo.version };

/** Secret parameters whose values are not there: an interrupted request, repeated, brings them. */
async function awaitSecrets(work: InstanceWork, names: string[]): Promise<Again> {
  const { context, operation } = work;
  const now = context.clock.now();
  if (now < Date.parse(operation.startedAt) + SECRET_GRACE_MS) return { requeueAfterMs: SECRET_GRACE_MS };
  return wait(work, 'SecretMissing', `the Secret of the parameters ${names.join(', ')} is missing`);
}

/** An instance may come before its offering, both applied with kubectl; after a while it is refused. */
async function awaitOffering(work: InstanceWork): Promise<Again> {
  const { context, object: instance, operation } = work;
  const { serviceId, planId } = instance.spec;
  const what = context.catalog.hasService(serviceId)
    ? `spec.planId: ${planId} is not a plan of service ${serviceId}`
    : `spec.serviceId: no accepted ServiceOffering has the id ${serviceId}`;
  const left = Date.parse(operation.startedAt) + OFFERING_GRACE_MS - context.clock.now();
  const state = left > 0 ? 'in progress' : 'failed';
  await report(work, {
    state,
    reason: 'NotInCatalog',
    description: `${what}; kubectl get osbo -o wide shows the catalog`,
  });
  return left > 0 ? { requeueAfterMs: left } : undefined;
}

async function succeed(work: InstanceWork, resolved: ResolvedBackend, result: InstanceResult): Promise<void> {
  const { object: instance, operation } = work;
  const { serviceId, planId, resolvedPlan, parameters, context, maintenanceInfo } = instance.spec;
  const dashboardUrl =
    result.dashboardUrl ??
    resolved.backend.dashboardUrl?.(instanceFacts(instance, resolved)) ??
    instance.status?.dashboardUrl;
  const description = `the ${operation.type} succeeded`;
  await report(
    work,
    { state: 'succeeded', reason: 'Succeeded', description },
    {
      applied: {
        serviceId,
        planId,
        ...(resolvedPlan ? { resolvedPlan } : {}),
        ...(parameters ? { parameters } : {}),
        ...(context ? { context } : {}),
        ...(maintenanceInfo?.version === undefined ? {} : { maintenanceVersion: maintenanceInfo.version }),
      },
      ...(dashboardUrl === undefined ? {} : { dashboardUrl }),
      ...(result.metadata ? { metadata: result.metadata } : {}),
    },
  );
}
