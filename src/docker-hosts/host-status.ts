// The one way in which a DockerHost's status is changed, since several write it: who allocates, and who watches over
// signs of life.
import { isDeepStrictEqual } from 'node:util';
import { isConflict, isNotFound } from '../sdk/kube/errors.js';
import type { DockerHost, DockerHostStatus } from '../sdk/resources/kinds.js';
import type { Guard, GuardableStore } from '../sdk/runtime/store.js';

/** The status that a host is to have; its own where nothing changes. */
export type ChangeOfStatus = (host: Readonly<DockerHost>) => DockerHostStatus | undefined;

export interface StatusChange {
  /** As it was last. */
  readonly before: Readonly<DockerHost>;
  /** As it is stored now; the same object when there was nothing to write. */
  readonly after: Readonly<DockerHost>;
}

/**
 * Stores the status that the function makes of the newest version, unless it is the same; again where somebody else was
 * faster, so that what they wrote stays. Undefined when there is no such host.
 */
export async function changeStatus(
  hosts: Pick<GuardableStore<DockerHost>, 'get' | 'read' | 'replaceStatus'>,
  name: string,
  change: ChangeOfStatus,
  guard: Guard,
): Promise<StatusChange | undefined> {
  let before = hosts.get(name);
  while (before) {
    const status = change(before);
    if (!status || isDeepStrictEqual(status, before.status)) return { before, after: before };
    try {
      return { before, after: await hosts.replaceStatus({ ...before, status }, guard) };
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      before = await hosts.read(name);
    }
  }
  return undefined;
}
