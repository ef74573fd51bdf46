// Deletes objects whose owners are all gone, and honours the policies of a deletion: foreground waits for the
// dependents, orphan sets them free. Owners are known by uid alone.
import { releaseFinalizer } from './finalizers.js';
import type { KindRegister } from './kinds.js';
import type { ObjectDeleter } from './object-deleter.js';
import { withMetadata, type ApiObject, type OwnerReference } from './objects.js';
import type { Store, StoreEvent } from './store.js';

const ownersOf = (object: ApiObject | undefined): OwnerReference[] => object?.metadata.ownerReferences ?? [];

export class GarbageCollector {
  readonly #store: Store;
  readonly #kinds: KindRegister;
  readonly #deleter: ObjectDeleter;
  /** Uid of an owner → uids of what names it as owner. */
  readonly #dependents = new Map<string, Set<string>>();

  constructor(store: Store, kinds: KindRegister, deleter: ObjectDeleter) {
    this.#store = store;
    this.#kinds = kinds;
    this.#deleter = deleter;
  }

  index({ type, object, previous }: StoreEvent): void {
    for (const { uid } of ownersOf(previous)) {
      const dependents = this.#dependents.get(uid);
      dependents?.delete(object.metadata.uid!);
      if (dependents?.size === 0) this.#dependents.delete(uid);
    }
    if (type === 'DELETED') return;
    for (const { uid } of ownersOf(object)) {
      const dependents = this.#dependents.get(uid) ?? new Set();
      this.#dependents.set(uid, dependents.add(object.metadata.uid!));
    }
  }

  collect({ type, storage, object, previous }: StoreEvent): void {
    if (type === 'DELETED') {
      for (const dependent of this.#dependentsOf(object)) this.#collectUnowned(dependent);
      for (const { uid } of ownersOf(previous)) this.#finishForeground(uid);
      return;
    }
    if (ownersOf(object).length) this.#collectUnowned({ storage, object });
    if (!object.metadata.deletionTimestamp) return;
    if (object.metadata.finalizers?.includes('orphan')) this.#orphan(storage, object);
    if (object.metadata.finalizers?.includes('foregroundDeletion')) this.#deleteInForeground(object);
  }

  #dependentsOf({ metadata }: ApiObject): { storage: string; object: ApiObject }[] {
    const uids = [...(this.#dependents.get(metadata.uid!) ?? [])];
    return uids.flatMap((uid) => this.#store.byUid(uid) ?? []);
  }

  /** An owner must be in the dependent's namespace, or in none. */
  #exists(owner: OwnerReference, dependent: ApiObject): boolean {
    const namespace = this.#store.byUid(owner.uid)?.object.metadata.namespace;
    return (
      this.#store.byUid(owner.uid) !== undefined &&
      [undefined, dependent.metadata.namespace].includes(namespace)
    );
  }

  #collectUnowned({ storage, object }: { storage: string; object: ApiObject }): void {
    const live = this.#store.byUid(object.metadata.uid!)?.object;
    if (!live || live.metadata.deletionTimestamp) return;
    const owners = ownersOf(live);
    const present = owners.filter((owner) => this.#exists(owner, live));
    if (!owners.length || present.length === owners.length) return;
    if (present.length) this.#store.put(storage, withMetadata(live, { ownerReferences: present }));
    else this.#delete(storage, live);
  }

  #delete(storage: string, { metadata }: ApiObject): void {
    const kind = this.#kinds.ofStorage(storage);
    if (kind) this.#deleter.delete(kind, metadata.namespace, metadata.name);
  }

  #orphan(storage: string, owner: ApiObject): void {
    for (const dependent of this.#dependentsOf(owner)) {
      const others = ownersOf(dependent.object).filter(({ uid }) => uid !== owner.metadata.uid);
      this.#store.put(
        dependent.storage,
        withMetadata(dependent.object, {
          ownerReferences: others.length ? others : undefined,
        }),
      );
    }
    const live = this.#store.byUid(owner.metadata.uid!)?.object;
    if (live) releaseFinalizer(this.#store, storage, live, 'orphan');
  }

  #deleteInForeground(owner: ApiObject): void {
    for (const { storage, object } of this.#dependentsOf(owner))
      if (!object.metadata.deletionTimestamp) this.#delete(storage, object);
    this.#finishForeground(owner.metadata.uid!);
  }

  /** Lets an owner go when none is left of the dependents that block it. */
  #finishForeground(uid: string): void {
    const owner = this.#store.byUid(uid);
    if (!owner?.object.metadata.finalizers?.includes('foregroundDeletion')) return;
    const blocking = this.#dependentsOf(owner.object).filter(({ object }) =>
      ownersOf(object).some((reference) => reference.uid === uid && reference.blockOwnerDeletion),
    );
    if (!blocking.length) releaseFinalizer(this.#store, owner.storage, owner.object, 'foregroundDeletion');
  }
}
