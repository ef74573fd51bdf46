// Removes Secrets of ours whose owner is gone. Kubernetes does that too; this is for where it could not.
import type { Secret } from '../kube/types.js';
import { bindingOf } from '../resources/binding-secret.js';
import { BINDINGS, SECRET_LABEL } from '../resources/kinds.js';
import { isOurs } from '../resources/own-secrets.js';
import { type ReconcileContext, storeOf } from './context.js';

/** Who the Secret belongs to; without a uid where the reference to it was lost. */
interface Owner {
  kind: string;
  name: string;
  uid?: string;
}

export async function removeOrphanSecrets(context: ReconcileContext, signal: AbortSignal): Promise<void> {
  const { secrets } = context.stores;
  for (const secret of secrets.list()) {
    const owners = ownersOf(secret);
    if (owners.length === 0 || owners.some((owner) => isShown(context, owner))) continue;
    if (await isSomeThere(context, owners)) continue;
    signal.throwIfAborted();
    const { name, uid } = secret.metadata;
    context.log.warn('a Secret without an owner is removed', { secret: name, owner: owners[0]!.name });
    await secrets.delete(name, uid === undefined ? {} : { uid });
  }
}

/** The roles of Secrets that belong to an instance or a binding. */
const OF_RESOURCES = ['binding', 'parameters', 'kept'];

/** None where it is not ours to judge: a Secret that somebody made for us, or that somebody else owns as well. */
function ownersOf(secret: Readonly<Secret>): Owner[] {
  const role = secret.metadata.labels?.[SECRET_LABEL];
  const references = secret.metadata.ownerReferences ?? [];
  if (role === undefined || !OF_RESOURCES.includes(role)) return [];
  const ours = references.filter(isOurs);
  if (references.length > 0) return ours.length === references.length ? ours : [];
  const binding = role === 'binding' ? bindingOf(secret) : undefined;
  return binding === undefined ? [] : [{ kind: BINDINGS.kind, name: binding }];
}

const isSame = (found: { metadata: { uid?: string } } | undefined, { uid }: Owner): boolean =>
  found !== undefined && (uid === undefined || found.metadata.uid === uid);

const isShown = (context: ReconcileContext, owner: Owner): boolean =>
  isSame(storeOf(context.stores, owner.kind).get(owner.name), owner);

/** Asks the API server. */
async function isSomeThere(context: ReconcileContext, owners: readonly Owner[]): Promise<boolean> {
  for (const owner of owners) {
    if (isSame(await storeOf(context.stores, owner.kind).read(owner.name), owner)) return true;
  }
  return false;
}
