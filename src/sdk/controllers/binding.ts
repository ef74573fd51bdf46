// Makes service bindings true: bind through the instance's backend, its result into a Secret; unbind.
import { bindingProblems } from '../authoring/binding-problems.js';
import type { Binding, BindingResult } from '../authoring/backend.js';
import { instanceFacts, instanceIdOf, typed } from '../authoring/facts.js';
import { type Outcome, TerminalError } from '../authoring/outcome.js';
import type { ResolvedBackend } from '../catalog/backends.js';
import { secretName } from '../resources/binding-secret.js';
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
  deadlineOf,
  dropFinalizer,
  hasFinalizer,
  type ReconcileContext,
  tell,
  withFinalizer,
  writeProgress,
} from './context.js';
import { keepCredentials } from './credentials.js';
import { runStep } from './step.js';

/** How often to look whether a backend that this broker lacks is there after all. */
const BACKEND_RETRY_MS = 30_000;

interface Work {
  context: ReconcileContext;
  binding: Readonly<ServiceBinding>;
  instance: Readonly<ServiceInstance> | undefined;
  operation: Operation;
  signal: AbortSignal;
}

export const bindingIdOf = (binding: Readonly<ServiceBinding>): string =>
  binding.spec.bindingId ?? binding.metadata.name;

export async function reconcileBinding(
  context: ReconcileContext,
  name: string,
  signal: AbortSignal,
): Promise<Again> {
  const binding = context.stores.bindings.get(name);
  if (!binding) return;
  const operation = currentOperation(binding, context.now());
  const instance = context.stores.instances.get(binding.spec.instanceRef.name);
  return logContext.run(
    {
      bindingId: bindingIdOf(binding),
      operationId: operation.id,
      ...(instance ? { instanceId: instanceIdOf(instance) } : {}),
    },
    async () => (isDeleting(binding) ? remove : realise)({ context, binding, instance, operation, signal }),
  );
}

async function realise(work: Work): Promise<Again> {
  const { context, binding, instance, operation } = work;
  if (isSettled(binding)) return;
  if (!hasFinalizer(binding) || !binding.spec.bindingId) return adopt(work);
  if (!instance?.status?.applied || isDeleting(instance)) return awaitInstance(work);
  const refusal = refuse(work, instance);
  if (refusal) return report(work, { state: 'failed', ...refusal });
  const resolved = context.catalog.backendFor(instance);
  if ('problems' in resolved) return report(work, failed('NoBackend', resolved.problems.join('; ')));
  const bind = resolved.backend.bind;
  if (!bind) return report(work, failed('NotBindable', 'the service cannot be bound'));
  const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
  const step = await runStep<BindingResult>({
    object: binding,
    operation,
    deadline: deadlineOf(context, operation, plan),
    now: context.now(),
    signal: work.signal,
    log: context.log,
    call: (stop) =>
      bindAndKeep(work, bind(view(work, instance, resolved, stop)), plan?.service.requires ?? []),
  });
  if (step.state === 'done') return succeed(work, step.result);
  await report(work, step.progress);
  return step.state === 'in progress' ? { requeueAfterMs: step.requeueAfterMs } : undefined;
}

async function adopt({ context, binding }: Work): Promise<void> {
  await context.stores.bindings.replace({
    ...binding,
    metadata: { ...binding.metadata, finalizers: withFinalizer(binding) },
    spec: { ...binding.spec, bindingId: bindingIdOf(binding) },
  });
}

/** Not before the instance is there: with kubectl, both may be applied at once. */
async function awaitInstance(work: Work): Promise<Again> {
  const { context, binding, instance, operation } = work;
  const { name } = binding.spec.instanceRef;
  if (instance && (isDeleting(instance) || isSettled(instance))) {
    return report(
      work,
      failed('InstanceNotReady', `the service instance ${name} cannot be bound: see its conditions`),
    );
  }
  const left = deadlineOf(context, operation, undefined).getTime() - context.now().getTime();
  const description = `waiting for the service instance ${name}`;
  await report(work, { state: left > 0 ? 'in progress' : 'failed', reason: 'InstanceNotReady', description });
  return left > 0 ? { requeueAfterMs: left } : undefined;
}

/** What a platform would have got a 400 for, where the resource came by kubectl. */
function refuse(
  { binding, context }: Work,
  instance: Readonly<ServiceInstance>,
): { reason: string; description: string } | undefined {
  const { spec, metadata } = binding;
  if (objectName(bindingIdOf(binding)) !== metadata.name) {
    return {
      reason: 'InvalidId',
      description: `spec.bindingId does not belong to the name ${metadata.name}: leave it out`,
    };
  }
  const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
  if (plan && !plan.bindable)
    return { reason: 'NotBindable', description: `plan ${plan.spec.name} cannot be bound` };
  const problems = plan?.checks.binding(spec.parameters ?? {}) ?? [];
  return problems.length > 0 ? { reason: 'InvalidParameters', description: problems.join('; ') } : undefined;
}

/** Credentials first, then the word that they are there: a crash between the two runs `bind` again. */
async function bindAndKeep(
  work: Work,
  bound: Promise<Outcome<BindingResult>>,
  requires: readonly string[],
): Promise<Outcome<BindingResult>> {
  const { context, binding, signal } = work;
  const outcome = await bound;
  if (outcome.state !== 'done') return outcome;
  const problems = bindingProblems(outcome.result, requires);
  if (problems.length > 0) {
    context.log.error('the backend returned a binding that is not right', { problems });
    throw new TerminalError('the service returned a binding that is not right');
  }
  signal.throwIfAborted();
  await keepCredentials(context.stores.secrets, binding, outcome.result);
  return outcome;
}

async function succeed(work: Work, { expiresAt, renewBefore }: BindingResult): Promise<void> {
  const { context, binding, operation } = work;
  await writeProgress(context, context.stores.bindings, binding, {
    operation,
    progress: { state: 'succeeded', reason: 'Succeeded', description: `the ${operation.type} succeeded` },
    more: {
      secretRef: { name: secretName(binding) },
      ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
      ...(renewBefore ? { renewBefore: renewBefore.toISOString() } : {}),
    },
  });
}

async function remove(work: Work): Promise<Again> {
  const { context, binding, instance, operation, signal } = work;
  if (!hasFinalizer(binding) || isSettled(binding)) return;
  const resolved = instance && context.catalog.backendFor(instance);
  if (resolved && instance.spec.resolvedPlan) {
    if ('problems' in resolved) {
      await report(work, {
        state: 'in progress',
        reason: 'NoBackend',
        description: resolved.problems.join('; '),
      });
      return { requeueAfterMs: BACKEND_RETRY_MS };
    }
    const step = await runStep({
      object: binding,
      operation,
      deadline: deadlineOf(
        context,
        operation,
        context.catalog.find(instance.spec.serviceId, instance.spec.planId),
      ),
      now: context.now(),
      signal,
      log: context.log,
      call: async (stop) => resolved.backend.unbind?.(view(work, instance, resolved, stop)),
    });
    if (step.state !== 'done') {
      await report(work, step.progress);
      return step.state === 'in progress' ? { requeueAfterMs: step.requeueAfterMs } : undefined;
    }
  }
  await dropFinalizer(context.stores.bindings, binding);
  tell(context, binding, operation, { state: 'succeeded', description: 'the unbind succeeded' });
}

function view(
  { binding, operation, context }: Work,
  instance: Readonly<ServiceInstance>,
  resolved: ResolvedBackend,
  signal: AbortSignal,
): Binding {
  const { spec, metadata } = binding;
  const calling = { operationId: operation.id, signal, log: context.log };
  return {
    id: bindingIdOf(binding),
    name: metadata.name,
    instance: { ...instanceFacts(instance, resolved), ...calling },
    parameters: typed(resolved.bindParameters, spec.parameters),
    bindResource: spec.bindResource ?? {},
    context: spec.context ?? {},
    ...(spec.predecessorBindingId === undefined ? {} : { predecessorId: spec.predecessorBindingId }),
    ...(spec.originatingIdentity ? { originatingIdentity: spec.originatingIdentity } : {}),
    ...calling,
  };
}

const failed = (reason: string, description: string): Progress => ({ state: 'failed', reason, description });

async function report({ context, binding, operation }: Work, progress: Progress): Promise<void> {
  await writeProgress(context, context.stores.bindings, binding, { operation, progress });
}
