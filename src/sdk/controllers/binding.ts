// Makes service bindings true: bind through the instance's backend, its result into a Secret; looks after those that are.
import { bindingProblems } from '../authoring/binding-problems.js';
import type { BindingResult } from '../authoring/backend.js';
import { instanceIdOf } from '../authoring/facts.js';
import { TerminalError } from '../authoring/outcome.js';
import type { Plan } from '../catalog/plan.js';
import type { Secret } from '../kube/types.js';
import { isOwnedBy, secretName } from '../resources/binding-secret.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { currentOperation, isDeleting, isSettled } from '../resources/operations.js';
import { expire, untilExpiry } from './binding-expiry.js';
import { bindingProblem, predecessorProblem } from './binding-checks.js';
import { removeBinding, removeOrphan } from './binding-removal.js';
import {
  type Again,
  BEHIND_MS,
  hasFinalizer,
  nowOf,
  type ReconcileContext,
  withFinalizer,
} from './context.js';
import { keepCredentials } from './credentials.js';
import { heed } from './escape-hatches.js';
import { FIRST_LOOK_MS, type Observer } from './observation.js';
import { revealed, SECRET_GRACE_MS } from './parameters.js';
import { nameSecret } from './put-back.js';
import { bindingIdOf, bindingView } from './views.js';
import { attempt, type BindingWork, failed, report, requestOf, wait } from './work.js';

/** How far ahead a timer is set. */
const DAY_MS = 86_400_000;

export async function reconcileBinding(
  context: ReconcileContext,
  name: string,
  signal: AbortSignal,
  observer: Observer<ServiceBinding>,
): Promise<Again> {
  const store = context.stores.bindings;
  const object = store.get(name);
  if (!object) return;
  const operation = currentOperation(object, nowOf(context));
  const instance = context.stores.instances.get(object.spec.instanceRef.name);
  const identity = {
    bindingId: bindingIdOf(object),
    operationId: operation.id,
    ...(instance ? { instanceId: instanceIdOf(instance) } : {}),
  };
  const own = { ...context, log: context.log.child({ ...identity, ...requestOf(object, operation) }) };
  const work = await heed({ context: own, store, object, operation, instance, signal });
  if (!work) return;
  if (isDeleting(object)) {
    observer.forget(name);
    return removeBinding(work);
  }
  if (!instance && object.status?.secretRef) return removeOrphan(work);
  const later = await observer.putBackSecrets(work);
  if (later) return later;
  return isSettled(object) ? lookAfter(work, observer) : realise(work);
}

/** Until the time of its credentials is over. */
async function lookAfter(bound: BindingWork, observer: Observer<ServiceBinding>): Promise<Again> {
  const work = { ...bound, object: await nameSecret(bound.context, bound.object) };
  const dueMs = untilExpiry(work.object, work.context.clock.now());
  if (dueMs !== undefined && dueMs <= 0) return expire(work);
  const again = await observer.observe(work);
  if (dueMs === undefined) return again;
  return { requeueAfterMs: Math.min(dueMs, DAY_MS, again?.requeueAfterMs ?? DAY_MS) };
}

async function realise(work: BindingWork): Promise<Again> {
  const { context, object: binding, instance } = work;
  if (!hasFinalizer(binding) || !binding.spec.bindingId) return adopt(work);
  if (!instance?.status?.applied || isDeleting(instance)) return awaitInstance(work);
  const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
  const { parameters, missing } = revealed(context, binding, plan?.secret.binding);
  if (missing.length > 0) return awaitSecrets(work, missing);
  const refusal = bindingProblem(binding, plan, parameters) ?? predecessorProblem(context, binding, plan);
  if (refusal) return report(work, { state: 'failed', ...refusal });
  return bind(work, instance, plan);
}

async function bind(
  work: BindingWork,
  instance: Readonly<ServiceInstance>,
  plan: Plan | undefined,
): Promise<Again> {
  const { context, object: binding, operation } = work;
  const resolved = context.catalog.backendFor(instance);
  if ('problems' in resolved) return wait(work, 'NoBackend', resolved.problems.join('; '));
  const backend = resolved.backend;
  if (await isBehind(work)) return { requeueAfterMs: BEHIND_MS };
  if (!backend.bind) return report(work, failed('NotBindable', 'the service cannot be bound'));
  let kept: Readonly<Secret> | undefined;
  const attempted = await attempt(work, plan, async (signal) => {
    const calling = { operationId: operation.id, signal };
    const outcome = await backend.bind!(
      bindingView(context, { binding, instance }, { plan, resolved }, calling),
    );
    if (outcome.state === 'done') kept = await keep(work, instance, outcome.result, plan);
    return outcome;
  });
  if (!attempted.result) return attempted.again;
  await succeed(work, attempted.result, kept!);
  if (attempted.result.expiresAt) return { requeueAfterMs: 0 }; // to set the timer
  return backend.observeBinding ? { requeueAfterMs: FIRST_LOOK_MS } : undefined;
}

/** Credentials first, then the word that they are there: a crash between the two runs `bind` again. */
async function keep(
  { context, object: binding, signal }: BindingWork,
  instance: Readonly<ServiceInstance>,
  result: BindingResult,
  plan: Plan | undefined,
): Promise<Readonly<Secret>> {
  const problems = bindingProblems(result, plan?.service.requires ?? []);
  if (problems.length > 0) {
    context.log.error('the backend returned a binding that is not right', { problems });
    throw new TerminalError('the service returned a binding that is not right');
  }
  signal.throwIfAborted();
  return keepCredentials(context.stores.secrets, binding, result, instance.spec);
}

/**
 * Credentials are kept, but no word of it is here: either it was never written, or its answer was lost and the watch has
 * not brought it yet. Then they may have been handed out, and must not be made anew.
 */
async function isBehind({ context, store, object: binding }: BindingWork): Promise<boolean> {
  const kept = context.stores.secrets.get(secretName(binding));
  if (!kept || !isOwnedBy(kept, binding)) return false;
  const { name, resourceVersion } = binding.metadata;
  return (await store.read(name))?.metadata.resourceVersion !== resourceVersion;
}

async function adopt({ store, object: binding }: BindingWork): Promise<void> {
  await store.replace({
    ...binding,
    metadata: { ...binding.metadata, finalizers: withFinalizer(binding) },
    spec: { ...binding.spec, bindingId: bindingIdOf(binding) },
  });
}

/**
 * Not before the instance is there: with kubectl, both may be applied at once. Over HTTP it was there, so that where it
 * is not, it was deprovisioned by a request that crossed this one.
 */
async function awaitInstance(work: BindingWork): Promise<Again> {
  const { context, object: binding, instance } = work;
  const { name } = binding.spec.instanceRef;
  const isCrossed = !instance && binding.spec.operation !== undefined;
  if (isCrossed && (await context.stores.instances.read(name))) return { requeueAfterMs: BEHIND_MS };
  if (isCrossed || (instance && (isDeleting(instance) || isSettled(instance)))) {
    const text = `the service instance ${name} cannot be bound: see its conditions`;
    return report(work, failed('InstanceNotReady', text));
  }
  return wait(work, 'InstanceNotReady', `waiting for the service instance ${name}`);
}

/** Secret parameters whose values are not there: an interrupted request, repeated, brings them. */
async function awaitSecrets(work: BindingWork, names: string[]): Promise<Again> {
  const { context, operation } = work;
  const now = context.clock.now();
  if (now < Date.parse(operation.startedAt) + SECRET_GRACE_MS) return { requeueAfterMs: SECRET_GRACE_MS };
  return wait(work, 'SecretMissing', `the Secret of the parameters ${names.join(', ')} is missing`);
}

async function succeed(
  work: BindingWork,
  { expiresAt, renewBefore }: BindingResult,
  { metadata: { name, resourceVersion } }: Readonly<Secret>,
): Promise<void> {
  const description = `the ${work.operation.type} succeeded`;
  await report(
    work,
    { state: 'succeeded', reason: 'Succeeded', description },
    {
      secretRef: { name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      binding: { name },
      ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
      ...(renewBefore ? { renewBefore: renewBefore.toISOString() } : {}),
    },
  );
}
