// Puts back what somebody took out of the Secrets of an instance or a binding, before anything is done with them.
import { isAlreadyExists } from '../kube/errors.js';
import type { Secret } from '../kube/types.js';
import { isOwnedBy, isTold } from '../resources/binding-secret.js';
import type { ServiceBinding } from '../resources/kinds.js';
import type { Operable } from '../resources/operations.js';
import { type Loss, lossIn, ownSecretNames } from '../resources/own-secrets.js';
import type { Again } from './context.js';
import type { Repairs } from './repairs.js';
import type { BindingWork, Work } from './work.js';

/** Returns when to come back, where it is not to be put back yet: nothing is to be done without it. */
export async function putBack<T extends Operable>(work: Work<T>, repairs: Repairs<T>): Promise<Again> {
  const { context, object } = work;
  const losses = ownSecretNames(object).flatMap((name) => context.lostSecrets.find(name) ?? []);
  if (losses.length === 0) return repairs.healthy(work);
  const pauseMs = repairs.pauseMs(work);
  if (pauseMs > 0) return { requeueAfterMs: pauseMs };
  const what = losses.map((loss) => loss.what).join('; ');
  await repairs.make(work, what, async () => {
    for (const loss of losses) await write(work, loss);
  });
  repairs.healthy(work);
}

async function write<T extends Operable>({ context, object }: Work<T>, { secret }: Loss): Promise<void> {
  const { secrets } = context.stores;
  if (secret.metadata.resourceVersion !== undefined) return void (await secrets.replace(secret));
  try {
    await secrets.create(secret);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const present = await secrets.read(secret.metadata.name); // without the label by which we follow it
    if (present) await secrets.replace(completed(present, secret, object));
  }
}

function completed(present: Readonly<Secret>, secret: Secret, object: Readonly<Operable>): Secret {
  const { name } = secret.metadata;
  if (!isOwnedBy(present, object)) {
    throw new Error(`a Secret named ${name} that is not this broker's is in the way: remove or rename it`);
  }
  return lossIn(present, secret, object)?.secret ?? present;
}

/** Has the status of a bound binding name the version of its Secret that is there: it was put back, or labelled. */
export async function nameSecret(work: BindingWork): Promise<BindingWork> {
  const { context, store, object: binding } = work;
  const { secrets } = context.stores;
  const { secretRef } = binding.status ?? {};
  const shown = secretRef && secrets.get(secretRef.name);
  if (!shown || isTold(shown, binding)) return work;
  const present = await secrets.read(secretRef.name);
  const { resourceVersion } = present?.metadata ?? {};
  if (!present || resourceVersion === undefined || !isOwnedBy(present, binding) || isTold(present, binding))
    return work;
  const status: ServiceBinding['status'] = {
    ...binding.status,
    secretRef: { ...secretRef, resourceVersion },
  };
  return { ...work, object: await store.replaceStatus({ ...binding, status }) };
}
