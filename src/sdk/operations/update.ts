// PATCH /v2/service_instances/{instance_id} (specification: Updating a Service Instance).
// Parameters combine at the top level: each one given replaces the old one, null removes it, the others stay.
import { isDeepStrictEqual } from 'node:util';
import { type Plan, planChangeProblem } from '../catalog/plan.js';
import { isConflict } from '../kube/errors.js';
import type { Answer, UpdateRequest } from '../osb/broker.js';
import { OsbError } from '../osb/errors.js';
import type { UpdateBody } from '../osb/wire.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { currentOperation, findOperation, isDeleting } from '../resources/operations.js';
import { isSecretKeyRef } from '../resources/secret-parameters.js';
import { presentState } from './attributes.js';
import { checkMaintenance, checkParameters, findPlan, requireAsync } from './checks.js';
import type { OperationContext } from './context.js';
import { dashboardUrlOf } from './dashboard-url.js';
import { isBusy } from './describe.js';
import { existingInstance } from './lookup.js';
import { newOperation } from './new-operation.js';
import { awaitEnd, failedError, mayBeAsynchronous, tooSlow } from './outcome.js';
import { bodyOf } from './provision.js';
import { hideParameters, revealParameters, secretOf, storeSecrets } from './secret-parameters.js';
import {
  combine,
  confirmedTarget,
  normal,
  type Target,
  targetOf,
  wantedTarget,
  withTarget,
} from './update-target.js';
import { undoUpdate } from './undo.js';

type JsonObject = Record<string, unknown>;
const TRIES = 5;

type UpdateAnswer = Answer<200 | 202, UpdateBody>;

export async function update(context: OperationContext, request: UpdateRequest): Promise<UpdateAnswer> {
  const suits = (shown: Readonly<ServiceInstance>): boolean =>
    !isBusy(shown, context.now()) && shown.spec.serviceId === request.serviceId;
  const instance = await existingInstance(context, request.instanceId, suits);
  return decide(context, request, instance);
}

async function decide(
  context: OperationContext,
  request: UpdateRequest,
  instance: Readonly<ServiceInstance>,
  tries = TRIES,
): Promise<UpdateAnswer> {
  const revealed = await revealPresent(context, instance);
  const plan = check(context, request, instance, revealed.confirmed);
  const target = targetOf(instance, request, plan, revealed.confirmed);
  const operation = currentOperation(instance, context.now());
  if (isDeleting(instance))
    throw new OsbError('ConcurrencyError', 'the service instance is being deprovisioned');
  if (isBusy(instance, context.now())) {
    if (operation.type === 'update' && isDeepStrictEqual(wantedTarget(instance, revealed.wanted), target)) {
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
  if (succeeded && isDeepStrictEqual(confirmedTarget(instance, revealed.confirmed), target)) {
    const changed = await changedElsewhere(context, instance);
    return changed && tries > 0
      ? decide(context, request, changed, tries - 1)
      : { status: 200, body: bodyOf(context, instance) };
  }
  return write(context, request, { instance, plan, target, present: revealed.confirmed, tries });
}

/** What has become of the instance, if the cache is behind another replica: without a write, nobody else would say. */
async function changedElsewhere(
  { stores }: OperationContext,
  { metadata: { name, resourceVersion } }: Readonly<ServiceInstance>,
): Promise<Readonly<ServiceInstance> | undefined> {
  const present = await stores.instances.read(name);
  if (!present) throw new OsbError('NotFound', 'there is no service instance with this id');
  return present.metadata.resourceVersion === resourceVersion ? undefined : present;
}

function check(
  context: OperationContext,
  request: UpdateRequest,
  instance: Readonly<ServiceInstance>,
  parameters: JsonObject,
): Plan {
  const present = presentState(instance);
  if (request.serviceId !== instance.spec.serviceId) {
    throw new OsbError('BadRequest', "service_id is not the service instance's");
  }
  const plan = findPlan(context.catalog, request.serviceId, request.planId ?? present.planId);
  const problem = planChangeProblem(context.catalog.find(request.serviceId, present.planId), plan);
  if (problem) throw new OsbError('Unprocessable', problem, { updateRepeatable: false });
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
  checkParameters(plan.checks.instance(combine(parameters, request.parameters)));
  return plan;
}

interface Change {
  instance: Readonly<ServiceInstance>;
  plan: Plan;
  target: Target;
  /** The confirmed parameters, with their secret values. */
  present: JsonObject;
  /** How often to look again, where somebody else is faster. */
  tries: number;
}

/** The target as it is stored: a secret that stays keeps its reference, a new one gets a new key. */
function hideChanges({ instance, plan, target, present }: Change): {
  target: Target;
  values: Record<string, string>;
} {
  const old = presentState(instance).parameters;
  const wanted = Object.fromEntries(
    Object.entries(target.parameters ?? {}).map(([name, value]) => [
      name,
      isSecretKeyRef(old[name]) && present[name] === value ? old[name] : value,
    ]),
  );
  const { parameters, values } = hideParameters(instance, wanted, plan.secret.instance);
  return { target: normal({ ...target, parameters }), values };
}

/** The parameters that are confirmed and those that are wanted, with their secret values. */
async function revealPresent(
  context: OperationContext,
  instance: Readonly<ServiceInstance>,
): Promise<{ confirmed: JsonObject; wanted: JsonObject }> {
  const secret = secretOf(context, instance).instance;
  const { parameters } = presentState(instance);
  const present = await revealParameters(context, instance, parameters, secret);
  const wanted = await revealParameters(context, instance, instance.spec.parameters, secret);
  return { confirmed: present.parameters, wanted: wanted.parameters };
}

async function write(
  context: OperationContext,
  request: UpdateRequest,
  change: Change,
): Promise<UpdateAnswer> {
  const { stores } = context;
  const { tries } = change;
  const operation = newOperation(context, 'update', request);
  const { target, values } = hideChanges(change);
  try {
    // The secrets first: beside those of before, they do no harm where the second write does not come about.
    await storeSecrets(context, change.instance, values);
    const instance = await stores.instances.replace(
      withTarget(change.instance, target, change.plan.resolved, {
        operation,
        ...(request.originatingIdentity ? { originatingIdentity: request.originatingIdentity } : {}),
      }),
    );
    return await answer(context, { instance, operationId: operation.id, plan: change.plan }, request);
  } catch (error) {
    if (!isConflict(error) || tries === 0) throw error;
    // It changed under our hands: look again at what it is now.
    const present = await stores.instances.read(change.instance.metadata.name);
    if (!present) throw new OsbError('NotFound', 'there is no service instance with this id');
    return decide(context, request, present, tries - 1);
  }
}

async function answer(
  context: OperationContext,
  work: { instance: Readonly<ServiceInstance>; operationId: string; plan: Plan },
  request: UpdateRequest,
): Promise<UpdateAnswer> {
  const { instance, operationId, plan } = work;
  const { name } = instance.metadata;
  const ended = await awaitEnd(context, context.stores.instances, { name, operationId }, request);
  if (ended?.record.state === 'succeeded') return { status: 200, body: bodyOf(context, ended.object) };
  if (mayBeAsynchronous(request)) {
    const dashboard = dashboardUrlOf(context, instance, plan);
    return {
      status: 202,
      body: { operation: operationId, ...(dashboard === undefined ? {} : { dashboard_url: dashboard }) },
    };
  }
  const late = await undoUpdate(context, { name, operationId }, request);
  if (late) return { status: 200, body: bodyOf(context, late) };
  throw ended ? failedError(ended.record) : tooSlow('update');
}
