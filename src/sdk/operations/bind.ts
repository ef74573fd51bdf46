// PUT /v2/service_instances/{instance_id}/service_bindings/{binding_id} (specification: Binding, Binding Rotation).
import { isDeepStrictEqual } from 'node:util';
import type { Plan } from '../catalog/plan.js';
import { isAlreadyExists } from '../kube/errors.js';
import type { Answer, BindRequest } from '../osb/broker.js';
import { OsbError } from '../osb/errors.js';
import type { BindingBody, OperationBody } from '../osb/wire.js';
import {
  API_VERSION,
  BINDINGS,
  FINALIZER,
  GROUP,
  type ServiceBinding,
  type ServiceInstance,
} from '../resources/kinds.js';
import { objectName } from '../resources/names.js';
import { currentOperation, findOperation, isDeleting, isFinal } from '../resources/operations.js';
import { bindResourceOf, isSameBinding, presentState } from './attributes.js';
import { bindingBody } from './binding-body.js';
import { checkParameters, findPlan, requireAsync } from './checks.js';
import type { OperationContext } from './context.js';
import { isBusy } from './describe.js';
import { existingInstance, findBinding, findInstance } from './lookup.js';
import { newOperation } from './new-operation.js';
import {
  healSecrets,
  hideParameters,
  revealParameters,
  secretOf,
  storeFirstSecrets,
} from './secret-parameters.js';
import { awaitEnd, failedError, mayBeAsynchronous, type Patience, tooSlow } from './outcome.js';
import { takeBack } from './undo.js';

type BindAnswer = Answer<200 | 201, BindingBody> | Answer<202, OperationBody>;

export async function bind(context: OperationContext, request: BindRequest): Promise<BindAnswer> {
  const existing = context.stores.bindings.get(objectName(request.bindingId));
  const instance = await existingInstance(context, request.instanceId);
  if (existing && !isDeleting(existing) && (await isSame(context, existing, instance, request))) {
    return repeated(context, existing, patienceOf(context, request, instance));
  }
  return anew(context, request, existing);
}

/** No refusal rests on the cache alone: it may be behind another replica. */
async function anew(
  context: OperationContext,
  request: BindRequest,
  cached: Readonly<ServiceBinding> | undefined,
): Promise<BindAnswer> {
  const instance = await existingInstance(context, request.instanceId, (shown) =>
    suits(context, shown, request),
  );
  const plan = checkIds(context, request, instance, cached !== undefined);
  const successor = await inherit(context, request, plan);
  checkRequest(plan, successor);
  checkParameters(plan.checks.binding(successor.parameters ?? {}));
  const existing = cached && (await context.stores.bindings.read(cached.metadata.name));
  if (existing) return again(context, existing, request);
  checkInstance(context, instance);
  return create(context, successor, plan, patienceOf(context, request, instance));
}

const patienceOf = (
  context: OperationContext,
  request: BindRequest,
  instance: Readonly<ServiceInstance>,
): Patience => ({
  ...request,
  asyncAllowed: planOf(context, instance)?.service.bindingsRetrievable ?? true,
});

/** Where this does not hold, the cache may be behind another replica. */
const suits = ({ now }: OperationContext, shown: Readonly<ServiceInstance>, request: BindRequest): boolean =>
  !isBusy(shown, now()) && (request.planId ?? presentState(shown).planId) === presentState(shown).planId;

const planOf = (context: OperationContext, instance: Readonly<ServiceInstance>): Plan | undefined =>
  context.catalog.find(instance.spec.serviceId, presentState(instance).planId);

/** The ids must be the instance's; a rotation may leave them out. */
function checkIds(
  context: OperationContext,
  request: BindRequest,
  instance: Readonly<ServiceInstance>,
  exists: boolean,
): Plan {
  const serviceId = request.serviceId ?? instance.spec.serviceId;
  const planId = request.planId ?? presentState(instance).planId;
  const plan = findPlan(context.catalog, serviceId, planId);
  if (serviceId !== instance.spec.serviceId || planId !== presentState(instance).planId) {
    // A known plan that is another than the existing binding's is a different request, not a malformed one.
    if (exists) throw new OsbError('Conflict', 'a service binding with this id and other attributes exists');
    throw new OsbError('BadRequest', "service_id and plan_id are not the service instance's");
  }
  if (!plan.bindable) throw new OsbError('BadRequest', 'this service plan is not bindable');
  return plan;
}

function checkRequest(plan: Plan, request: BindRequest): void {
  if (plan.service.requiresApp && typeof bindResourceOf(request)?.app_guid !== 'string') {
    throw new OsbError('RequiresApp', 'this service binds applications only: send bind_resource.app_guid');
  }
  requireAsync(plan.spec.asyncRequired?.bindings, request);
}

const isMade = (shown: Readonly<ServiceBinding>): boolean =>
  shown.status?.secretRef !== undefined && !isDeleting(shown);

/** In a rotation, what the request does not say is taken from the predecessor. */
async function inherit(context: OperationContext, request: BindRequest, plan: Plan): Promise<BindRequest> {
  if (request.predecessorBindingId === undefined) return request;
  if (!plan.spec.bindingRotatable)
    throw new OsbError('BadRequest', "this service plan's bindings cannot be rotated");
  const predecessor = await findBinding(context, request.instanceId, request.predecessorBindingId, isMade);
  if (!predecessor || isDeleting(predecessor)) {
    throw new OsbError('BadRequest', 'predecessor_binding_id is not a binding of this service instance');
  }
  if (!predecessor.status?.secretRef) {
    throw new OsbError('BadRequest', 'the binding that predecessor_binding_id names was never made');
  }
  const { expiresAt } = predecessor.status;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= context.now().getTime()) {
    throw new OsbError('BadRequest', 'the binding that predecessor_binding_id names has expired');
  }
  const { bindResource, context: platform } = predecessor.spec;
  const { parameters } = await revealParameters(
    context,
    predecessor,
    predecessor.spec.parameters,
    plan.secret.binding,
  );
  return { ...defined({ parameters, bindResource, context: platform }), ...request };
}

const defined = (fields: Record<string, Record<string, unknown> | undefined>): Partial<BindRequest> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function checkInstance({ now }: OperationContext, instance: Readonly<ServiceInstance>): void {
  const operation = currentOperation(instance, now());
  if (isBusy(instance, now())) {
    throw new OsbError('ConcurrencyError', `a ${operation.type} of the service instance is in progress`);
  }
  if (!instance.status?.applied)
    throw new OsbError('Unprocessable', 'the provision of the service instance failed');
  if (findOperation(instance, operation.id)?.instanceUsable === false) {
    throw new OsbError(
      'Unprocessable',
      `the service instance cannot be used since its ${operation.type} failed`,
    );
  }
}

async function create(
  context: OperationContext,
  request: BindRequest,
  plan: Plan,
  patience: Patience,
): Promise<BindAnswer> {
  const { bindings } = context.stores;
  const subject = { kind: BINDINGS.kind, metadata: { name: objectName(request.bindingId) } };
  const { parameters, values } = hideParameters(subject, request.parameters ?? {}, plan.secret.binding);
  const wanted = toBinding(context, { ...request, parameters });
  let binding: ServiceBinding;
  try {
    binding = await bindings.create(wanted);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const existing = await bindings.read(wanted.metadata.name);
    if (!existing) throw new OsbError('ConcurrencyError', 'a binding of this id was deleted just now');
    return again(context, existing, request);
  }
  const { name, uid } = binding.metadata;
  const operationId = wanted.spec.operation!.id;
  const instance = await findInstance(context, request.instanceId);
  if (!instance || isDeleting(instance)) {
    await bindings.delete(name, uid === undefined ? {} : { uid });
    throw new OsbError('ConcurrencyError', 'the service instance is being deprovisioned');
  }
  await storeFirstSecrets(context, binding, values);
  const ended = await awaitEnd(context, bindings, { name, operationId }, patience);
  if (ended?.record.state === 'succeeded')
    return { status: 201, body: await bindingBody(context, ended.object) };
  if (mayBeAsynchronous(patience)) return { status: 202, body: { operation: operationId } };
  const late = await takeBack(bindings, { name, uid, operationId });
  if (late) return { status: 201, body: await bindingBody(context, late) };
  throw ended ? failedError(ended.record) : tooSlow('bind');
}

/** Whether the request asks for what is there; what it brings again and was lost on the way is stored. */
async function isSame(
  context: OperationContext,
  binding: Readonly<ServiceBinding>,
  instance: Readonly<ServiceInstance>,
  request: BindRequest,
): Promise<boolean> {
  const secret = secretOf(context, instance).binding;
  const revealed = await revealParameters(context, binding, binding.spec.parameters, secret);
  if (!isSameBinding({ binding, parameters: revealed }, instance, request)) return false;
  if (!isDeleting(binding))
    await healSecrets(
      context,
      binding,
      { ...revealed, present: binding.spec.parameters },
      request.parameters,
    );
  return true;
}

/** The answer where there is a binding of this id, as the API server says. */
async function again(
  context: OperationContext,
  existing: Readonly<ServiceBinding>,
  request: BindRequest,
): Promise<BindAnswer> {
  const instance = await existingInstance(context, request.instanceId);
  if (await isSame(context, existing, instance, request))
    return repeated(context, existing, patienceOf(context, request, instance));
  throw new OsbError('Conflict', 'a service binding with this id and other attributes exists');
}

async function repeated(
  context: OperationContext,
  binding: Readonly<ServiceBinding>,
  patience: Patience,
): Promise<BindAnswer> {
  if (isDeleting(binding)) throw new OsbError('ConcurrencyError', 'the service binding is being removed');
  const operation = currentOperation(binding, context.now());
  const record = findOperation(binding, operation.id);
  const ended = record && isFinal(record);
  if (!ended && mayBeAsynchronous(patience)) return { status: 202, body: { operation: operation.id } };
  const end = ended
    ? { object: binding, record }
    : await awaitEnd(
        context,
        context.stores.bindings,
        { name: binding.metadata.name, operationId: operation.id },
        patience,
      );
  if (!end) throw tooSlow('bind');
  if (end.record.state === 'failed') {
    // One that failed while this request waited for it is an outcome of this request, too, and has to be cleaned up.
    throw ended
      ? new OsbError('Conflict', 'this service binding failed; unbind it first')
      : failedError(end.record);
  }
  return { status: 200, body: await bindingBody(context, end.object) };
}

function toBinding(context: OperationContext, request: BindRequest): ServiceBinding {
  const bindResource = bindResourceOf(request);
  const instance = objectName(request.instanceId);
  return {
    apiVersion: API_VERSION,
    kind: BINDINGS.kind,
    metadata: {
      name: objectName(request.bindingId),
      labels: { [`${GROUP}/instance`]: instance },
      finalizers: [FINALIZER],
    },
    spec: {
      bindingId: request.bindingId,
      instanceRef: { name: instance },
      ...(isDeepStrictEqual(request.parameters ?? {}, {}) ? {} : { parameters: request.parameters! }),
      ...(request.context ? { context: request.context } : {}),
      ...(bindResource ? { bindResource } : {}),
      ...(request.predecessorBindingId === undefined
        ? {}
        : { predecessorBindingId: request.predecessorBindingId }),
      ...(request.originatingIdentity ? { originatingIdentity: request.originatingIdentity } : {}),
      operation: newOperation(context, 'bind', request),
    },
  };
}
