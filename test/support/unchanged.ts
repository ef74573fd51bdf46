// How a test shows that requests wrote nothing: what is stored is compared, before and after, to the resourceVersion.
import { expect } from 'chai';
import type { KubeObject } from '../../src/sdk/kube/types.js';
import { SECRETS } from '../../src/sdk/resources/kinds.js';
import type { Kube } from './kube.js';

/** Runs the work, and fails if it created, changed, marked or removed anything. No step may be hanging meanwhile. */
export async function unchangedBy<T>(kube: Kube, work: () => Promise<T>): Promise<T> {
  const before = await eventually(
    () => stored(kube),
    (all) => all.every(isAtRest),
  );
  const result = await work();
  expect(await stored(kube), 'what is stored').to.deep.equal(before);
  return result;
}

async function stored({ instances, bindings, offerings, secrets }: Kube): Promise<KubeObject[]> {
  const kinds = [instances, bindings, offerings, secrets];
  const all = (await Promise.all(kinds.map((kind): Promise<KubeObject[]> => kind.list()))).flat();
  const uids = new Set(all.map(({ metadata }) => metadata.uid));
  // What has lost its owner is the garbage collector's, whose hour is its own.
  return all.filter(({ metadata }) => (metadata.ownerReferences ?? []).every(({ uid }) => uids.has(uid)));
}

/** Has its controller said all that there is to say about it as it is now? */
function isAtRest(object: KubeObject): boolean {
  if (object.kind === SECRETS.kind || object.kind === undefined) return true;
  const { status } = object as KubeObject & { status?: { observedGeneration?: number } };
  return status?.observedGeneration === object.metadata.generation;
}

/** Looks again and again until what it sees is as wanted, and returns it; mocha's time-out ends a vain wait. */
export async function eventually<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    // Unref: what nobody waits for any more must not keep the process.
    await new Promise((resolve) => setTimeout(resolve, 10).unref());
  }
}
