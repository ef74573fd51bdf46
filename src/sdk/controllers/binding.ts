// Makes service bindings true: bind through the instance's backend, its result into a Secret; unbind.
import { bindingProblems } from '../authoring/binding-problems.js';
import type { BindingResult } from '../authoring/backend.js';
import { instanceIdOf } from '../authoring/facts.js';
import { type Outcome, TerminalError } from '../authoring/outcome.js';
import type { Plan } from '../catalog/plan.js';
import { isOwnedBy, secretName } from '../resources/binding-secret.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
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
import { bindingProblem, predecessorProblem } from './binding-checks.js';
import { keepCredentials } from './credentials.js';
import { revealed, SECRET_GRACE_MS } from './parameters.js';
import { runStep } from './step.js';
import { bindingIdOf, bindingView } from './views.js';

/** When to look again, where the cache is behind. */
const BEHIND_MS = 200;

interface Work {
  context: ReconcileContext;
  binding: Readonly<ServiceBinding>;
  instance: Readonly<ServiceInstance> | undefined;
  operation: Operation;
  signal: AbortSignal;
}

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
  const { context, binding, instance } = work;
  if (isSettled(binding)) return;
  if (!hasFinalizer(binding) || !binding.spec.bindingId) return adopt(work);
  if (!instance?.status?.applied || isDeleting(instance)) return awaitInstance(work);
  const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
  const { parameters, missing } = revealed(context, binding, plan?.secret.binding);
  if (missing.length > 0) return awaitSecrets(work, missing);
  const refusal = bindingProblem(binding, plan, parameters) ?? predecessorProblem(context, binding, plan);
  if (refusal) return report(work, { state: 'failed', ...refusal });
  return bind(work, instance, plan);
}

async function bind(work: Work, instance: Readonly<ServiceInstance>, plan: Plan | undefined): Promise<Again> {
  const { context, binding, operation } = work;
  const resolved = context.catalog.backendFor(instance);
  if ('problems' in resolved) return wait(work, 'NoBackend', resolved.problems.join('; '));
  const backend = resolved.backend;
  if (await isBehind(work)) return { requeueAfterMs: BEHIND_MS };
  if (!backend.bind) return report(work, failed('NotBindable', 'the service cannot be bound'));
  const bound = (signal: AbortSignal): Promise<Outcome<BindingResult>> =>
    backend.bind!(
      bindingView(context, { binding, instance }, { plan, resolved }, { operationId: operation.id, signal }),
    );
  const step = await runStep<BindingResult>({
    object: binding,
    operation,
    deadline: deadlineOf(context, operation, plan),
    now: context.now(),
    signal: work.signal,
    log: context.log,
    call: (stop) => bindAndKeep(work, bound(stop), plan?.service.requires ?? []),
  });
  if (step.state === 'done') return succeed(work, step.result);
  await report(work, step.progress);
  return step.state === 'in progress' ? { requeueAfterMs: step.requeueAfterMs } : undefined;
}

/**
 * Credentials are kept, but no word of it is here: either it was never written, or its answer was lost and the watch has
 * not brought it yet. Then they may have been handed out, and must not be made anew.
 */
async function isBehind({ context, binding }: Work): Promise<boolean> {
  const { bindings, secrets } = context.stores;
  const kept = secrets.get(secretName(binding));
  if (!kept || !isOwnedBy(kept, binding)) return false;
  const { name, resourceVersion } = binding.metadata;
  return (await bindings.read(name))?.metadata.resourceVersion !== resourceVersion;
}

async function adopt({ context, binding }: Work): Promise<void> {
  await context.stores.bindings.replace({
    ...binding,
    metadata: { ...binding.metadata, finalizers: withFinalizer(binding) },
    spec: { ...binding.spec, bindingId: bindingIdOf(binding) },
  });
}

/**
 * Not before the instance is there: with kubectl, both may be applied at once. Over HTTP it was there, so that where it
 * is not, it was deprovisioned by a request that crossed this one.
 */
async function awaitInstance(work: Work): Promise<Again> {
  const { context, binding, instance } = work;
  const { name } = binding.spec.instanceRef;
  const isCrossed = !instance && binding.spec.operation !== undefined;
  if (isCrossed && (await context.stores.instances.read(name))) return { requeueAfterMs: BEHIND_MS };
  if (isCrossed || (instance && (isDeleting(instance) || isSettled(instance)))) {
    return report(
      work,
      failed('InstanceNotReady', `the service instance ${name} cannot be bound: see its conditions`),
    );
  }
  return wait(work, 'InstanceNotReady', `waiting for the service instance ${name}`);
}

/** Secret parameters whose values are not there: an interrupted request, repeated, brings them. */
async function awaitSecrets(work: Work, names: string[]): Promise<Again> {
  const { context, operation } = work;
  const now = context.now().getTime();
  if (now < Date.parse(operation.startedAt) + SECRET_GRACE_MS) return { requeueAfterMs: SECRET_GRACE_MS };
  return wait(work, 'SecretMissing', `the Secret of the parameters ${names.join(', ')} is missing`);
}

/** What may yet come, until the deadline. */
async function wait(work: Work, reason: string, description: string): Promise<Again> {
  const { context, operation } = work;
  const left = deadlineOf(context, operation, undefined).getTime() - context.now().getTime();
  await report(work, { state: left > 0 ? 'in progress' : 'failed', reason, description });
  return left > 0 ? { requeueAfterMs: left } : undefined;
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
  if (instance?.spec.resolvedPlan) {
    const resolved = context.catalog.backendFor(instance);
    if ('problems' in resolved) return wait(work, 'NoBackend', resolved.problems.join('; '));
    const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
    const step = await runStep({
      object: binding,
      operation,
      deadline: deadlineOf(context, operation, plan),
      now: context.now(),
      signal,
      log: context.log,
      call: async (stop) => {
        const calling = { operationId: operation.id, signal: stop };
        return resolved.backend.unbind?.(
          bindingView(context, { binding, instance }, { plan, resolved }, calling),
        );
      },
    });
    if (step.state !== 'done') {
      await report(work, step.progress);
      return step.state === 'in progress' ? { requeueAfterMs: step.requeueAfterMs } : undefined;
    }
  }
  await dropFinalizer(context.stores.bindings, binding);
  tell(context, binding, operation, { state: 'succeeded', description: 'the unbind succeeded' });
}

const failed = (reason: string, description: string): Progress => ({ state: 'failed', reason, description });

async function report({ context, binding, operation }: Work, progress: Progress): Promise<void> {
  await writeProgress(context, context.stores.bindings, binding, { operation, progress });
}
