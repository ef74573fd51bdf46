// A container that was there before: it is used as it is.
import { TerminalError, type Waiting, waiting } from '../../sdk/index.js';
import type { ContainerFacts } from './engine-facts.js';
import type { DockerInstance, Place, Site } from './site.js';

export async function existingContainer(
  site: Site,
  place: Place,
  { name, settings, signal }: DockerInstance,
): Promise<ContainerFacts | Waiting> {
  const container = settings.container!;
  const facts = await place.engine.inspect(container, signal);
  if (!facts) {
    throw new TerminalError(`there is no container ${container} on the Docker host ${place.host.name}`);
  }
  await site.allocate(place, name, []);
  return facts.state.running ? facts : waiting(`the container ${container} does not run`);
}
