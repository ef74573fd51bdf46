// Changes annotations as `kubectl annotate` does.
import type { KubeObject } from '../../src/sdk/kube/types.js';
import type { Objects } from './kube.js';

/** Sets the annotations, and takes off those that are null. */
export async function annotate<T extends KubeObject>(
  objects: Objects<T>,
  name: string,
  changes: Record<string, string | null>,
): Promise<void> {
  await objects.edit(name, (object) => {
    const all = Object.entries({ ...object.metadata.annotations, ...changes });
    const annotations = Object.fromEntries(
      all.flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
    );
    return { ...object, metadata: { ...object.metadata, annotations } };
  });
}
