// Unbinds: makes the credentials useless through the instance's backend, then lets the binding go.
import type { ResolvedBackend } from '../catalog/backends.js';
import { originOf, secretName } from '../resources/binding-secret.js';
import { isAbandoned } from '../resources/escape-hatches.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { isSettled } from '../resources/operations.js';
import { type Again, BEHIND_MS, hasFinalizer } from './context.js';
import { ABANDONED, ORPHANED } from './tell.js';
import { bareInstance, bindingView } from './views.js';
import { attempt, type Attempted, type BindingWork, letGo, wait } from './work.js';

export async function removeBinding(work: BindingWork): Promise<Again> {
  const { context, object: binding, instance } = work;
  if (!hasFinalizer(binding)) return;
  if (isAbandoned(binding) || isAbandoned(instance)) return abandon(work);
  if (isSettled(binding)) return;
  if (!instance) {
    const isBehind = await context.stores.instances.read(binding.spec.instanceRef.name);
    return isBehind ? { requeueAfterMs: BEHIND_MS } : removeWithoutInstance(work);
  }
  if (instance.spec.resolvedPlan) {
    const resolved = context.catalog.backendFor(instance);
    if ('problems' in resolved) return wait(work, 'NoBackend', resolved.problems.join('; '));
    const attempted = await unbind(work, instance, resolved);
    if (!attempted.result) return attempted.again;
  }
  return succeed(work);
}

/** It was bound, so that its instance went by force: the finalizer that waits for the bindings was taken off. */
export async function removeOrphan({ context, store, object: binding }: BindingWork): Promise<Again> {
  const { name } = binding.spec.instanceRef;
  if (await context.stores.instances.read(name)) return { requeueAfterMs: BEHIND_MS };
  context.log.warn('a binding is removed, for its service instance is gone', { instance: name });
  const { uid } = binding.metadata;
  await store.delete(binding.metadata.name, uid === undefined ? {} : { uid });
}

/** Somebody took the instance away by force. What the Secret tells of it is enough for most backends. */
async function removeWithoutInstance(work: BindingWork): Promise<Again> {
  const { context, object: binding } = work;
  const kept = context.stores.secrets.get(secretName(binding));
  if (!kept && !binding.status?.secretRef) return succeed(work); // there are no credentials
  const { name } = binding.spec.instanceRef;
  const origin = originOf(kept);
  const instance = origin && bareInstance(name, origin);
  const resolved = instance && context.catalog.backendFor(instance);
  if (!instance || !resolved || 'problems' in resolved) {
    const description = `its service instance ${name} is gone, and no backend can be asked: the credentials may still work`;
    return letGo(work, { state: 'succeeded', reason: ORPHANED, description });
  }
  const attempted = await unbind(work, instance, resolved);
  return attempted.result ? succeed(work) : attempted.again;
}

function unbind(
  work: BindingWork,
  instance: Readonly<ServiceInstance>,
  resolved: ResolvedBackend,
): Promise<Attempted<object>> {
  const { context, object: binding, operation } = work;
  const plan = context.catalog.find(instance.spec.serviceId, instance.spec.planId);
  return attempt(work, plan, async (signal) => {
    const calling = { operationId: operation.id, signal };
    return resolved.backend.unbind?.(
      bindingView(context, { binding, instance }, { plan, resolved }, calling),
    );
  });
}

const succeed = (work: BindingWork): Promise<void> =>
  letGo(work, { state: 'succeeded', reason: 'Succeeded', description: 'the unbind succeeded' });

async function abandon(work: BindingWork): Promise<void> {
  const { backend = 'unknown' } = work.instance?.spec.resolvedPlan ?? {};
  const description = `abandoned: its backend (${backend}) was not asked, and the credentials may still work`;
  await letGo(work, { state: 'succeeded', reason: ABANDONED, description });
}
