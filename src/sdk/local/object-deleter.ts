// Deletion: preconditions, the mark on an object that finalizers hold, removal of one that nothing holds.
import { badRequest, conflict, forbidden, notFound } from './api-error.js';
import type { Kind } from './kinds.js';
import { apiTime, withMetadata, type ApiObject } from './objects.js';
import type { Store } from './store.js';
import { fromStored, isHeld } from './stored-form.js';

export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

export interface DeleteOptions {
  propagationPolicy?: PropagationPolicy;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

export interface Deleted {
  /** The object as it was, or as it is marked. */
  object: ApiObject;
  /** False when finalizers hold it. */
  gone: boolean;
}

const FINALIZER_OF: Record<PropagationPolicy, string | undefined> = {
  Background: undefined,
  Foreground: 'foregroundDeletion',
  Orphan: 'orphan',
};

export class ObjectDeleter {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  delete(kind: Kind, namespace: string | undefined, name: string, options: DeleteOptions = {}): Deleted {
    const live = this.#store.get(kind.storage, namespace, name);
    if (!live) throw notFound(kind, name);
    if (kind.storage === 'namespaces' && name === 'default')
      throw forbidden(kind, name, 'this namespace may not be deleted');
    checkPreconditions(kind, live, options);
    const marked = mark(kind, live, options);
    if (!isHeld(marked)) {
      if (!options.dryRun) this.#store.remove(kind.storage, live);
      return { object: fromStored(kind, live), gone: true };
    }
    const changed = marked !== live && !options.dryRun;
    return {
      object: fromStored(kind, changed ? this.#store.put(kind.storage, marked) : marked),
      gone: false,
    };
  }
}

function checkPreconditions(kind: Kind, live: ApiObject, { preconditions = {} }: DeleteOptions): void {
  const { uid, resourceVersion } = live.metadata;
  const name = live.metadata.name;
  if (preconditions.uid && preconditions.uid !== uid)
    throw conflict(
      kind,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  if (preconditions.resourceVersion && preconditions.resourceVersion !== resourceVersion)
    throw conflict(
      kind,
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
}

/** The object with a deletion timestamp and the finalizer of the policy; the same object when it has them. */
function mark(kind: Kind, live: ApiObject, { propagationPolicy = 'Background' }: DeleteOptions): ApiObject {
  if (!(propagationPolicy in FINALIZER_OF))
    throw badRequest(`invalid propagationPolicy ${propagationPolicy}`);
  const finalizer = FINALIZER_OF[propagationPolicy];
  const present = live.metadata.finalizers ?? [];
  const finalizers = finalizer && !present.includes(finalizer) ? [...present, finalizer] : present;
  if (live.metadata.deletionTimestamp)
    return finalizers === present ? live : withMetadata(live, { finalizers });
  const { generation } = live.metadata;
  const marked = withMetadata(live, {
    deletionTimestamp: apiTime(),
    deletionGracePeriodSeconds: 0,
    ...(finalizers.length ? { finalizers } : {}),
    ...(generation === undefined ? {} : { generation: generation + 1 }),
  });
  return kind.whenMarked?.(marked) ?? marked;
}
