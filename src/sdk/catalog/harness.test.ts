// A catalog over caches that a test fills by hand.
import type { NamedBackend } from '../authoring/backend.js';
import { done } from '../authoring/outcome.js';
import type { ConfigMap, KubeObject, Secret } from '../kube/types.js';
import { API_VERSION, type ServiceOffering, type ServiceOfferingSpec } from '../resources/kinds.js';
import { Backends } from './backends.js';
import { Catalog, type Source } from './catalog.js';

type Listener<T> = (name: string, current: T | undefined, previous: T | undefined) => void;

/** A cache that is filled by hand. */
class FakeSource<T extends KubeObject> implements Source<T> {
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<Listener<T>>();

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  onChange(listener: Listener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put(object: T): void {
    this.#change(object.metadata.name, object);
  }

  remove(name: string): void {
    this.#change(name, undefined);
  }

  #change(name: string, current: T | undefined): void {
    const previous = this.#objects.get(name);
    if (current) this.#objects.set(name, current);
    else this.#objects.delete(name);
    for (const listener of this.#listeners) listener(name, current, previous);
  }
}

export const backend: NamedBackend = { name: 'b', ensure: async () => done(), destroy: async () => {} };

/** An offering with one plan, of ids that its name makes. */
export function offering(
  name: string,
  spec: Partial<ServiceOfferingSpec> = {},
  metadata: object = {},
): ServiceOffering {
  return {
    apiVersion: API_VERSION,
    kind: 'ServiceOffering',
    metadata: { name, creationTimestamp: '2026-01-02T00:00:00Z', ...metadata },
    spec: { id: `${name}-id`, name, description: 'd', plans: [plan(`${name}-plan`)], ...spec },
  };
}

export const plan = (id: string) => ({ id, name: id, description: 'd', backend: 'b' });

/** A catalog over caches that are empty. */
export function setUp() {
  const offerings = new FakeSource<ServiceOffering>();
  const secrets = new FakeSource<Secret>();
  const configMaps = new FakeSource<ConfigMap>();
  const clock = { now: new Date('2026-01-01T00:00:00Z') };
  const catalog = new Catalog({
    offerings,
    secrets,
    configMaps,
    backends: new Backends([backend]),
    now: () => clock.now,
  });
  const names = (): string[] => catalog.answer().body.services.map(({ name }) => name);
  return { offerings, secrets, configMaps, clock, catalog, names };
}
