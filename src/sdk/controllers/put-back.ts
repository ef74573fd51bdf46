// Puts back what somebody took out of the Secrets of an instance or a binding.
import { isAlreadyExists } from '../kube/errors.js';
import type { KubeObject, Secret } from '../kube/types.js';
import { isOwnedBy } from '../resources/binding-secret.js';
import type { ServiceBinding } from '../resources/kinds.js';
import type { Operable } from '../resources/operations.js';
import { type Loss, lossIn, ownSecretNames, PUT_BACK } from '../resources/own-secrets.js';
import { errorDetails } from '../telemetry/log.js';
import { type Again, type ReconcileContext, storeOf } from './context.js';
import type { Repairs } from './repairs.js';
import type { Work } from './work.js';

export interface PutBackContext extends Pick<ReconcileContext, 'clock' | 'lostSecrets'> {
  stores: Pick<ReconcileContext['stores'], 'secrets' | 'instances' | 'bindings'>;
}

/** Somebody else's Secret has the name. */
class InTheWay extends Error {}

/**
 * Before anything is done with the object. Returns when to come back, where that has to wait for it. Where it cannot be,
 * that is logged, and an operation may go on: it ends with that reason, if it needs the Secret.
 */
export async function putBackAll<T extends Operable>(work: Work<T>, repairs: Repairs<T>): Promise<Again> {
  const { context, object } = work;
  const losses = await lossesOf(context, object, ownSecretNames(object));
  if (losses.length === 0) return repairs.healthy(work);
  const pauseMs = repairs.pauseMs(work);
  if (pauseMs > 0) return { requeueAfterMs: pauseMs };
  const what = losses.map((loss) => loss.what).join('; ');
  await repairs
    .make(work, what, async () => {
      for (const loss of losses) await putBack(context, loss, object);
    })
    .catch((error: unknown) => {
      if (!(error instanceof InTheWay)) throw error;
      context.log.error('a Secret could not be put back', errorDetails(error));
    });
  if (losses.every(({ secret }) => !context.lostSecrets.find(secret.metadata.name))) repairs.healthy(work);
}

/** Asks the API server for the owner where one of these Secrets seems to lack something: it may be gone with it. */
export async function lossesOf(
  { stores, lostSecrets }: PutBackContext,
  { kind, metadata }: Readonly<KubeObject>,
  names: readonly string[],
): Promise<Loss[]> {
  const find = (): Loss[] => names.flatMap((name) => lostSecrets.find(name) ?? []);
  if (find().length === 0) return [];
  await storeOf(stores, kind).read(metadata.name);
  return find();
}

/** Fails with a conflict where somebody else was faster. */
export async function putBack(
  { stores: { secrets }, clock }: PutBackContext,
  { secret }: Loss,
  owner: Readonly<KubeObject>,
): Promise<void> {
  const stamp = ({ metadata, ...rest }: Secret): Secret => {
    const annotations = { ...metadata.annotations, [PUT_BACK]: new Date(clock.now()).toISOString() };
    return { ...rest, metadata: { ...metadata, annotations } };
  };
  if (secret.metadata.resourceVersion !== undefined) return void (await secrets.replace(stamp(secret)));
  try {
    await secrets.create(stamp(secret));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const present = await secrets.read(secret.metadata.name); // without the label by which we follow it
    if (present) await secrets.replace(stamp(completed(present, secret, owner)));
  }
}

function completed(present: Readonly<Secret>, secret: Secret, owner: Readonly<KubeObject>): Secret {
  const { name } = secret.metadata;
  if (!isOwnedBy(present, owner)) {
    throw new InTheWay(`a Secret named ${name} that is not this broker's is in the way: remove or rename it`);
  }
  return lossIn(present, secret, owner)?.secret ?? present;
}

/** Has the status of a bound binding name the version of its Secret that counts: it was put back, or labelled. */
export async function nameSecret(
  { stores, lostSecrets }: PutBackContext,
  binding: Readonly<ServiceBinding>,
): Promise<Readonly<ServiceBinding>> {
  const { secretRef } = binding.status ?? {};
  if (!secretRef || !lostSecrets.isUntold(secretRef.name)) return binding;
  const { resourceVersion } = stores.secrets.get(secretRef.name)?.metadata ?? {};
  if (resourceVersion === undefined) return binding;
  const status = { ...binding.status, secretRef: { ...secretRef, resourceVersion } };
  return stores.bindings.replaceStatus({ ...binding, status });
}
