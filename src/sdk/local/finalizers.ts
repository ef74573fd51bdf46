// Letting go of an object on behalf of a controller of the server.
import { withMetadata, type ApiObject } from './objects.js';
import type { Store } from './store.js';
import { isHeld } from './stored-form.js';

/** Removes a finalizer from a stored object, and the object with its last one when it is being deleted. */
export function releaseFinalizer(store: Store, storage: string, object: ApiObject, finalizer: string): void {
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  const next = withMetadata(object, {
    finalizers: finalizers.length ? finalizers : undefined,
  });
  if (next.metadata.deletionTimestamp && !isHeld(next)) store.remove(storage, next);
  else store.put(storage, next);
}
