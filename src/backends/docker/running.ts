// The container of an instance as it is found on its host: the instance's own, or the one that its plan names.
import { TerminalError, type Waiting, waiting } from '../../sdk/index.js';
import { Patience } from '../patience.js';
import type { ContainerFacts } from './engine-facts.js';
import { isReady } from './readiness.js';
import type { DockerInstance, Place } from './site.js';
import type { Address } from './substitute.js';

export interface Running {
  readonly place: Place;
  /** Its name. */
  readonly container: string;
  readonly facts: ContainerFacts;
  /** Where applications reach it. */
  readonly address: Address;
}

export const runningAt = (place: Place, instance: DockerInstance, facts: ContainerFacts): Running => ({
  place,
  container: containerName(instance),
  facts,
  address: { host: place.host.serviceHost, ports: facts.published },
});

export async function findContainer(place: Place, instance: DockerInstance): Promise<Running | undefined> {
  const facts = await place.engine.inspect(containerName(instance), instance.signal);
  return facts && runningAt(place, instance, facts);
}

export const containerName = ({ name, settings }: DockerInstance): string => settings.container ?? name;

const patience = new Patience();

/** Undefined once it serves. Throws a TerminalError where it has been stuck for as long as the plan is patient. */
export async function untilReady(
  { facts, address }: Running,
  { name, operationId, settings, signal }: DockerInstance,
): Promise<Waiting | undefined> {
  const readiness = await isReady(facts, address, signal);
  if (readiness.state === 'stuck') {
    const isOver = patience.isOver(name, operationId, settings.patienceSeconds);
    if (!isOver) return waiting(readiness.text);
  }
  patience.forget(name);
  if (readiness.state === 'stuck') throw new TerminalError(readiness.text, { updateRepeatable: true });
  return readiness.state === 'ready' ? undefined : waiting(readiness.text);
}
