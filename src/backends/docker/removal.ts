// The end of an instance: its container and its volumes go, and its ports are free again.
import { done, type Removed, waiting } from '../../sdk/index.js';
import type { ContainerFacts } from './engine-facts.js';
import { isEngineError } from './engine-errors.js';
import { callForInstance, hasHooks } from './hook-calls.js';
import { hasLabels, labelsOf } from './labels.js';
import { findContainer } from './running.js';
import { type DockerInstance, isWaiting, type Place, type Site } from './site.js';

export async function destroy(site: Site, instance: DockerInstance): Promise<Removed> {
  const place = await site.placeOf(instance);
  if (place && isWaiting(place)) return place;
  for (const each of place ? [place] : site.alive().map((host) => site.placeAt(host))) {
    const pending = await removeFrom(site, each, instance);
    if (pending) return pending;
  }
  await site.release(instance.name);
  return done();
}

async function removeFrom(site: Site, place: Place, instance: DockerInstance): Promise<Removed | undefined> {
  const { engine } = place;
  const { name, signal, settings } = instance;
  const own = labelsOf(site, name);
  const running = await findContainer(place, instance);
  const isOurs = (facts: ContainerFacts | undefined): boolean =>
    facts !== undefined && hasLabels(facts.labels, own);
  const isUsed = settings.container !== undefined || isOurs(running?.facts);
  if (running?.facts.state.running && isUsed && hasHooks(instance)) {
    // What it cannot undo goes with the container; a broken image must not keep an instance for ever.
    await callForInstance('/deprovision', running, instance).catch((error: unknown) => {
      signal.throwIfAborted();
      instance.log.warn('/deprovision failed', { error: String(error) });
    });
  }
  // An instance may have come from another plan to one whose container was there before.
  if (isOurs(await engine.inspect(name, signal))) await engine.remove(name, { stopSeconds: 0 }, signal);
  try {
    for (const volume of await engine.volumes(own, signal)) await engine.removeVolume(volume, signal);
  } catch (error) {
    if (!isEngineError(error, 'conflict')) throw error;
    return waiting('the container is being removed', { retryAfter: 1 });
  }
  return undefined;
}
