// What a service says that it holds: `{"instances": [{"id": "…", "bindings": ["…"]}]}`.
import type { HeldInstance } from '../../sdk/index.js';

/** Throws where it is anything else; the message quotes nothing of it. */
export function parseInventory(body: string): HeldInstance[] {
  const instances = (parseJson(body) as { instances?: unknown } | null)?.instances;
  if (!Array.isArray(instances))
    throw new Error('The service answered with something else than its instances');
  return instances.map((each: unknown) => {
    const { id, bindings } = (each ?? {}) as { id?: unknown; bindings?: unknown };
    if (typeof id !== 'string' || !isStrings(bindings)) {
      throw new Error('The service answered with an instance without id or bindings');
    }
    return { name: id, bindings };
  });
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Error('The service answered with something that is not JSON');
  }
}
