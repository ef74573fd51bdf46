// What is kept for an instance, where only what is there already is asked for.
import type { DockerInstance } from './site.js';

class NothingKept extends Error {}

/** Undefined where nothing is kept under that name. */
export async function kept({ keep }: DockerInstance, name: string): Promise<string | undefined> {
  const none = (): never => {
    throw new NothingKept();
  };
  try {
    return (await keep({ [name]: none }))[name];
  } catch (error) {
    if (error instanceof NothingKept) return undefined;
    throw error;
  }
}
