// What a failure for good leaves of an instance: an update that fails may have left its container as it was.
import { TerminalError } from '../../sdk/index.js';
import { isEngineError } from './engine-errors.js';
import { findContainer } from './running.js';
import { type DockerInstance, isWaiting, type Site } from './site.js';

/** The failure, with whether applications can go on using the instance; any other error as it is. */
export async function withUsability(site: Site, instance: DockerInstance, error: unknown): Promise<unknown> {
  if (!(error instanceof TerminalError)) return error;
  const instanceUsable = error.instanceUsable ?? (await isRunning(site, instance));
  return new TerminalError(error.message, {
    ...(instanceUsable === undefined ? {} : { instanceUsable }),
    ...(error.updateRepeatable === undefined ? {} : { updateRepeatable: error.updateRepeatable }),
    cause: error,
  });
}

/** Undefined where nobody can tell. */
async function isRunning(site: Site, instance: DockerInstance): Promise<boolean | undefined> {
  try {
    const place = await site.placeOf(instance);
    if (!place) return false;
    if (isWaiting(place)) return undefined;
    return (await findContainer(place, instance))?.facts.state.running ?? false;
  } catch (error) {
    if (isEngineError(error)) return undefined;
    throw error;
  }
}
