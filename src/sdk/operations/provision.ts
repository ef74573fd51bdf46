// PUT /v2/service_instances/{instance_id} (specification: Provisioning).
import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '../catalog/plan.js';
import { isAlreadyExists } from '../kube/errors.js';
import type { Answer, ProvisionRequest } from '../osb/broker.js';
import { OsbError } from '../osb/errors.js';
import type { ProvisionBody } from '../osb/wire.js';
import { API_VERSION, FINALIZER, INSTANCES, type ServiceInstance } from '../resources/kinds.js';
import { objectName } from '../resources/names.js';
import { currentOperation, findOperation, isDeleting, isFinal } from '../resources/operations.js';
import { isSameInstance, presentState } from './attributes.js';
import { checkMaintenance, checkParameters, findPlan, requireAsync } from './checks.js';
import type { OperationContext } from './context.js';
import { dashboardUrlOf } from './dashboard-url.js';
import { cachedInstance } from './lookup.js';
import { newOperation } from './new-operation.js';
import {
  healSecrets,
  hideParameters,
  revealParameters,
  secretOf,
  storeFirstSecrets,
} from './secret-parameters.js';
import { awaitEnd, failedError, mayBeAsynchronous, tooSlow } from './outcome.js';
import { takeBack } from './undo.js';

type ProvisionAnswer = Answer<200 | 201 | 202, ProvisionBody>;

export async function provision(
  context: OperationContext,
  request: ProvisionRequest,
): Promise<ProvisionAnswer> {
  const cached = cachedInstance(context, request.instanceId);
  if (cached && !isDeleting(cached) && (await isSame(context, cached, request)))
    return again(context, cached, request);
  const plan = findPlan(context.catalog, request.serviceId, request.planId);
  checkMaintenance(plan, request.maintenanceVersion);
  requireAsync(plan.spec.asyncRequired?.instances, request);
  checkParameters(plan.checks.instance(request.parameters ?? {}));
  // No refusal rests on the cache alone: it may be behind another replica.
  const existing = cached && (await context.stores.instances.read(cached.metadata.name));
  return existing ? repeated(context, existing, request) : create(context, request, plan);
}

async function create(
  context: OperationContext,
  request: ProvisionRequest,
  plan: Plan,
): Promise<ProvisionAnswer> {
  const { instances } = context.stores;
  const subject = { kind: INSTANCES.kind, metadata: { name: objectName(request.instanceId) } };
  const { parameters, values } = hideParameters(subject, request.parameters ?? {}, plan.secret.instance);
  const wanted = toInstance(context, { ...request, parameters }, plan);
  let instance: ServiceInstance;
  try {
    instance = await instances.create(wanted);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    // Somebody was faster by a moment: the same request again, or another.
    const existing = await instances.read(wanted.metadata.name);
    if (!existing) throw new OsbError('ConcurrencyError', 'an instance of this id was deleted just now');
    return repeated(context, existing, request);
  }
  await storeFirstSecrets(context, instance, values);
  return answerWhenDone(context, instance, request, plan);
}

async function answerWhenDone(
  context: OperationContext,
  instance: Readonly<ServiceInstance>,
  request: ProvisionRequest,
  plan: Plan,
): Promise<ProvisionAnswer> {
  const { instances } = context.stores;
  const { name, uid } = instance.metadata;
  const operationId = instance.spec.operation!.id;
  const dashboard = dashboardUrlOf(context, instance, plan);
  const ended = await awaitEnd(context, instances, { name, operationId }, request);
  if (ended?.record.state === 'succeeded') return { status: 201, body: bodyOf(context, ended.object) };
  if (mayBeAsynchronous(request)) {
    return {
      status: 202,
      body: { operation: operationId, ...(dashboard === undefined ? {} : { dashboard_url: dashboard }) },
    };
  }
  // A synchronous request that did not succeed leaves nothing behind, as far as that can be.
  const late = await takeBack(instances, { name, uid, operationId });
  if (late) return { status: 201, body: bodyOf(context, late) };
  throw ended ? failedError(ended.record) : tooSlow('provision');
}

/** Whether the request asks for what is there; what it brings again and was lost on the way is stored. */
async function isSame(
  context: OperationContext,
  instance: Readonly<ServiceInstance>,
  request: ProvisionRequest,
): Promise<boolean> {
  const secret = secretOf(context, instance).instance;
  const { parameters: present } = presentState(instance);
  const revealed = await revealParameters(context, instance, present, secret);
  if (!isSameInstance(instance, revealed, request)) return false;
  if (!isDeleting(instance))
    await healSecrets(context, instance, { ...revealed, present }, request.parameters);
  return true;
}

async function repeated(
  context: OperationContext,
  instance: Readonly<ServiceInstance>,
  request: ProvisionRequest,
): Promise<ProvisionAnswer> {
  if (isDeleting(instance))
    throw new OsbError('ConcurrencyError', 'the service instance is being deprovisioned');
  if (!(await isSame(context, instance, request))) {
    throw new OsbError('Conflict', 'a service instance with this id and other attributes exists');
  }
  return again(context, instance, request);
}

/** The same request as the one that made the instance. */
async function again(
  context: OperationContext,
  instance: Readonly<ServiceInstance>,
  request: ProvisionRequest,
): Promise<ProvisionAnswer> {
  const operation = currentOperation(instance, context.now());
  const record = findOperation(instance, operation.id);
  if (record && isFinal(record) && !instance.status?.applied) {
    throw new OsbError('Conflict', `the provision of this service instance failed; deprovision it first`);
  }
  if (instance.status?.applied) return { status: 200, body: bodyOf(context, instance) };
  if (!mayBeAsynchronous(request)) return synchronousAgain(context, instance, request);
  const dashboard = dashboardUrlOf(context, instance, context.catalog.backendFor(instance));
  return {
    status: 202,
    body: { operation: operation.id, ...(dashboard === undefined ? {} : { dashboard_url: dashboard }) },
  };
}

/** The same synchronous request while the first is at work: both get the answer when it is there. */
async function synchronousAgain(
  context: OperationContext,
  instance: Readonly<ServiceInstance>,
  request: ProvisionRequest,
): Promise<ProvisionAnswer> {
  const operationId = currentOperation(instance, context.now()).id;
  const ended = await awaitEnd(
    context,
    context.stores.instances,
    { name: instance.metadata.name, operationId },
    request,
  );
  if (ended?.record.state === 'succeeded') return { status: 200, body: bodyOf(context, ended.object) };
  throw ended ? failedError(ended.record) : tooSlow('provision');
}

/** Of an instance whose status tells what its backend said. */
export function bodyOf(
  { dashboardLink }: OperationContext,
  instance: Readonly<ServiceInstance>,
): ProvisionBody {
  const { status } = instance;
  const dashboard = status?.dashboardUrl ?? dashboardLink?.(instance);
  return {
    ...(dashboard === undefined ? {} : { dashboard_url: dashboard }),
    ...(status?.metadata && !isDeepStrictEqual(status.metadata, {}) ? { metadata: status.metadata } : {}),
  };
}

function toInstance(
  context: OperationContext,
  request: ProvisionRequest & { parameters: Record<string, unknown> },
  plan: Plan,
): ServiceInstance {
  const version = plan.spec.maintenanceInfo?.version;
  return {
    apiVersion: API_VERSION,
    kind: INSTANCES.kind,
    metadata: { name: objectName(request.instanceId), finalizers: [FINALIZER] },
    spec: {
      instanceId: request.instanceId,
      serviceId: request.serviceId,
      planId: request.planId,
      ...(isDeepStrictEqual(request.parameters, {}) ? {} : { parameters: request.parameters }),
      ...(request.context ? { context: request.context } : {}),
      ...(request.organizationGuid === undefined ? {} : { organizationGuid: request.organizationGuid }),
      ...(request.spaceGuid === undefined ? {} : { spaceGuid: request.spaceGuid }),
      ...(version === undefined ? {} : { maintenanceInfo: { version } }),
      ...(request.originatingIdentity ? { originatingIdentity: request.originatingIdentity } : {}),
      operation: newOperation(context, 'provision', request),
      resolvedPlan: plan.resolved,
    },
  };
}
