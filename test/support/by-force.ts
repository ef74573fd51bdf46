// What nobody should do, and somebody does: takes an object away although it has finalizers.
import type { KubeObject } from '../../src/sdk/kube/types.js';
import type { Objects } from './kube.js';

/** As with `kubectl delete --wait=false` and an edit that takes the finalizers off. */
export async function removeByForce<T extends KubeObject>(objects: Objects<T>, name: string): Promise<void> {
  const withoutFinalizers = (object: T): T => ({
    ...object,
    metadata: { ...object.metadata, finalizers: [] },
  });
  await objects.edit(name, withoutFinalizers);
  await objects.client.delete(name);
  // The broker may have been faster, and put its finalizer on again.
  while (await objects.get(name)) await objects.edit(name, withoutFinalizers).catch(() => undefined);
}
