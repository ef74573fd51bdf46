// PATCH /v2/service_instances/{instance_id} (specification: Updating a Service Instance).
// Parameters combine at the top level: each one given replaces the old one, null removes it, the others stay.
import { isDeepStrictEqual } from 'node:util';
import { instanceFacts } from '../authoring/facts.js';
import type { Plan } from '../catalog/plan.js';
import { isConflict } from '../kube/errors.js';
import type { Answer, UpdateRequest } from '../osb/broker.js';
import { OsbError } from '../osb/errors.js';
import type { UpdateBody } from '../osb/wire.js';
import type { ServiceInstance, ServiceInstanceSpec } from '../resources/kinds.js';
import { currentOperation, findOperation, isDeleting } from '../resources/operations.js';
import { presentState } from './attributes.js';
import { checkMaintenance, checkParameters, findPlan, requireAsync } from './checks.js';
import type { OperationContext } from './context.js';
import { isBusy } from './describe.js';
import { existingInstance } from './lookup.js';
import { awaitEnd, failedError, mayBeAsynchronous, tooSlow } from './outcome.js';
import { bodyOf } from './provision.js';

type UpdateAnswer = Answer<200 | 202, UpdateBody>;

/** What the instance would be after the update: the part of the spec that an update may touch. */
type Target = Pick<ServiceInstanceSpec, 'planId'> &
  Partial<Pick<ServiceInstanceSpec, 'parameters' | 'context' | 'maintenanceInfo'>>;

export async function update(context: OperationContext, request: UpdateRequest): Promise<UpdateAnswer> {
  const instance = await existingInstance(context, request.instanceId);
  return decide(context, request, instance);
}

async function decide(
  context: OperationContext,
  request: UpdateRequest,
  instance: Readonly<ServiceInstance>,
): Promise<UpdateAnswer> {
  const plan = check(context, request, instance);
  const target = targetOf(instance, request, plan);
  const operation = currentOperation(instance, context.now());
  if (isDeleting(instance))
    throw new OsbError('ConcurrencyError', 'the service instance is being deprovisioned');
  if (isBusy(instance, context.now())) {
    if (operation.type === 'update' && isDeepStrictEqual(pick(instance.spec), target)) {
      return answer(context, { instance, operationId: operation.id, plan }, request);
    }
    throw new OsbError('ConcurrencyError', `a ${operation.type} of the service instance is in progress`);
  }
  if (!instance.status?.applied) {
    throw new OsbError('Unprocessable', 'the provision of this service instance failed; deprovision it', {
      updateRepeatable: false,
    });
  }
  const succeeded = findOperation(instance, operation.id)?.state === 'succeeded';
  if (succeeded && isDeepStrictEqual(confirmed(instance), target))
    return { status: 200, body: bodyOf(instance) };
  return write(context, request, { instance, plan, target });
}

function check(context: OperationContext, request: UpdateRequest, instance: Readonly<ServiceInstance>): Plan {
  const present = presentState(instance);
  if (request.serviceId !== instance.spec.serviceId) {
    throw new OsbError('BadRequest', "service_id is not the service instance's");
  }
  const plan = findPlan(context.catalog, request.serviceId, request.planId ?? present.planId);
  if (
    plan.spec.id !== present.planId &&
    context.catalog.find(request.serviceId, present.planId)?.planUpdateable !== true
  ) {
    throw new OsbError('Unprocessable', 'the plan of this service instance cannot be changed', {
      updateRepeatable: false,
    });
  }
  checkMaintenance(plan, request.maintenanceVersion);
  requireAsync(plan.spec.asyncRequired?.instances, request);
  const contextAlone =
    request.context &&
    request.planId === undefined &&
    !request.parameters &&
    request.maintenanceVersion === undefined;
  if (contextAlone && !plan.service.allowContextUpdates) {
    throw new OsbError('Unprocessable', 'this service does not take updates of the context alone', {
      updateRepeatable: false,
    });
  }
  const given = Object.fromEntries(
    Object.entries(request.parameters ?? {}).filter(([, value]) => value !== null),
  );
  checkParameters(plan.checks.update(given));
  checkParameters(plan.checks.instance(combine(present.parameters, request.parameters)));
  return plan;
}

function combine(
  old: Record<string, unknown>,
  given: Record<string, unknown> | undefined,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...old, ...given }).filter(([, value]) => value !== null));
}

function targetOf(instance: Readonly<ServiceInstance>, request: UpdateRequest, plan: Plan): Target {
  const present = presentState(instance);
  const moves = plan.spec.id !== present.planId || request.maintenanceVersion !== undefined;
  const version = moves ? plan.spec.maintenanceInfo?.version : instance.status?.applied?.maintenanceVersion;
  return normal({
    planId: plan.spec.id,
    parameters: combine(present.parameters, request.parameters),
    context: request.context ?? instance.spec.context,
    maintenanceInfo: version === undefined ? undefined : { version },
  });
}

/** What is wanted now, in the form of a target. */
function pick({ planId, parameters, context, maintenanceInfo }: ServiceInstanceSpec): Target {
  return normal({ planId, parameters, context, maintenanceInfo });
}

/** What is confirmed, in the form of a target. */
function confirmed(instance: Readonly<ServiceInstance>): Target {
  const { planId, parameters, maintenanceVersion: version } = instance.status!.applied!;
  const maintenanceInfo = version === undefined ? undefined : { version };
  return normal({ planId, parameters, context: instance.spec.context, maintenanceInfo });
}

function normal(target: { [K in keyof Target]: Target[K] | undefined }): Target {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(target).filter(([, value]) => !isEmpty(value))) as Target;
}

interface Change {
  instance: Readonly<ServiceInstance>;
  plan: Plan;
  target: Target;
}

async function write(
  context: OperationContext,
  request: UpdateRequest,
  change: Change,
): Promise<UpdateAnswer> {
  const { now, newOperationId, stores } = context;
  const operationId = newOperationId('update');
  try {
    const instance = await stores.instances.replace(
      withTarget(change.instance, change, {
        operation: { id: operationId, type: 'update', requestedAt: now().toISOString() },
        ...(request.originatingIdentity ? { originatingIdentity: request.originatingIdentity } : {}),
      }),
    );
    return await answer(context, { instance, operationId, plan: change.plan }, request);
  } catch (error) {
    if (!isConflict(error)) throw error;
    // It changed under our hands: look again at what it is now.
    const present = await stores.instances.read(change.instance.metadata.name);
    if (!present) throw new OsbError('NotFound', 'there is no service instance with this id');
    return decide(context, request, present);
  }
}

function withTarget(
  instance: Readonly<ServiceInstance>,
  { target, plan }: Pick<Change, 'target' | 'plan'>,
  more: Partial<ServiceInstanceSpec>,
): ServiceInstance {
  const spec = { ...instance.spec, resolvedPlan: plan.resolved, ...more };
  for (const field of ['parameters', 'context', 'maintenanceInfo'] as const) delete spec[field];
  return { ...instance, spec: { ...spec, ...target } };
}

async function answer(
  context: OperationContext,
  work: { instance: Readonly<ServiceInstance>; operationId: string; plan: Plan },
  request: UpdateRequest,
): Promise<UpdateAnswer> {
  const { instance, operationId, plan } = work;
  const { name } = instance.metadata;
  const ended = await awaitEnd(context, context.stores.instances, { name, operationId }, request);
  if (ended?.record.state === 'succeeded') return { status: 200, body: bodyOf(ended.object) };
  if (mayBeAsynchronous(request)) {
    const dashboard = plan.backend.dashboardUrl?.(instanceFacts(instance, plan));
    return {
      status: 202,
      body: { operation: operationId, ...(dashboard === undefined ? {} : { dashboard_url: dashboard }) },
    };
  }
  await undo(context, name, operationId);
  throw ended ? failedError(ended.record) : tooSlow('update');
}

/** A synchronous update that did not succeed is taken back: nothing that was asked for stays (Updating, 4xx and 5xx). */
async function undo(context: OperationContext, name: string, operationId: string): Promise<void> {
  const { stores, now, newOperationId, catalog } = context;
  const instance = await stores.instances.read(name);
  if (!instance || isDeleting(instance) || instance.spec.operation?.id !== operationId) return;
  const target = confirmed(instance);
  const plan = catalog.find(instance.spec.serviceId, target.planId);
  if (!plan) return;
  await stores.instances.replace(
    withTarget(
      instance,
      { target, plan },
      {
        operation: { id: newOperationId('update'), type: 'update', requestedAt: now().toISOString() },
      },
    ),
  );
}
