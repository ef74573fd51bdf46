// Which containers have come to serve, and been through /provision: one that was put back may have been left before that.
import type { ContainerFacts } from './engine-facts.js';
import { kept } from './kept.js';
import type { DockerInstance } from './site.js';

const ID_LENGTH = 12;

const keyOf = ({ id }: ContainerFacts): string => `ready-${id.slice(0, ID_LENGTH)}`;

export async function keepReady({ keep }: DockerInstance, container: ContainerFacts): Promise<void> {
  await keep({ [keyOf(container)]: () => 'true' });
}

export const wasReady = async (instance: DockerInstance, container: ContainerFacts): Promise<boolean> =>
  (await kept(instance, keyOf(container))) !== undefined;
