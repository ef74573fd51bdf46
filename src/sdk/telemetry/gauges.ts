// The metrics that are not counted but read, at each scrape. Where from are functions that others give: they belong to
// whoever leads, or follows the API server, at that moment.
import { Gauge, type Registry } from 'prom-client';

/** Of the names of all metrics that are our own. */
export const PREFIX = 'brokersdk_';

type ByName<T> = Readonly<Record<string, T>>;

/** What is asked at each scrape, and answered as it is at that moment. */
export interface MetricSources {
  isLeader(): boolean;
  /** By controller; none while this replica does not lead. */
  queues(): ByName<{ readonly length: number; readonly oldestMs: number }>;
  /** By resource. */
  caches: ByName<{
    freshness(): { contactAgoMs: number; failingForMs: number };
    list(): readonly unknown[];
  }>;
}

/** Puts the gauges into the registry. */
export function defineGauges(registry: Registry, sources: () => MetricSources): void {
  const queues = <T>(value: (queue: ReturnType<MetricSources['queues']>[string]) => T) =>
    valuesOf(sources().queues(), value);
  const caches = <T>(value: (cache: MetricSources['caches'][string]) => T) =>
    valuesOf(sources().caches, value);
  const gauge = (name: string, help: string, label: string, read: () => [string, number][]): void => {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset(); // of what is gone, nothing is told any more
        for (const [key, value] of read()) this.set({ [label]: key }, value);
      },
    });
  };
  gauge('queue_depth', 'Resources that are due and wait for a worker.', 'controller', () =>
    queues(({ length }) => length),
  );
  gauge('queue_oldest_seconds', 'For how long the first of them has waited.', 'controller', () =>
    queues(({ oldestMs }) => oldestMs / 1000),
  );
  const staleness = 'For how long nothing was heard from the Kubernetes API about a resource.';
  gauge('reflector_staleness_seconds', staleness, 'resource', () =>
    caches((cache) => cache.freshness().contactAgoMs / 1000),
  );
  const failing = 'For how long a resource could not be followed; 0 while it can.';
  gauge('reflector_failing_seconds', failing, 'resource', () =>
    caches((cache) => cache.freshness().failingForMs / 1000),
  );
  gauge('cached_objects', 'Objects in the cache.', 'resource', () => caches((cache) => cache.list().length));
  new Gauge({
    name: `${PREFIX}leader`,
    help: 'Whether this replica leads, and so runs the controllers: 1 or 0.',
    registers: [registry],
    collect() {
      this.set(Number(sources().isLeader()));
    },
  });
}

function valuesOf<T, V>(byName: ByName<T>, value: (source: T) => V): [string, V][] {
  return Object.entries(byName).map(([name, source]) => [name, value(source)]);
}
