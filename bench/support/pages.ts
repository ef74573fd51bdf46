// All objects of a namespace, page by page, as the broker itself lists them.
import type { KubeObject, ResourceClient } from '../../src/sdk/kube/types.js';

const PAGE_SIZE = 500;

export async function* pages<T extends KubeObject>(client: ResourceClient<T>): AsyncGenerator<T[]> {
  let next: string | undefined;
  do {
    const page = await client.list({ limit: PAGE_SIZE, ...(next === undefined ? {} : { continue: next }) });
    yield page.items;
    next = page.continue;
  } while (next !== undefined);
}
