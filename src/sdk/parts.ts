// The parts that backends bring to the broker beside their functions: attached once, before anything runs.
import type Koa from 'koa';
import type { AnyBackend } from './authoring/backend.js';
import type { BrokerContext, BrokerPart, LeaderTerm } from './authoring/broker-part.js';
import type { KubeObject, ResourceClient, ResourceType } from './kube/types.js';
import type { Clock } from './runtime/clock.js';
import { ResourceStore } from './runtime/resource-store.js';
import { errorDetails, type Log } from './telemetry/log.js';

export interface PartsOptions {
  broker: Omit<BrokerContext, 'follow' | 'log' | 'clock'>;
  clientOf: <T extends KubeObject>(type: ResourceType) => ResourceClient<T>;
  log: Log;
  clock: Clock;
  random: () => number;
}

export class Parts {
  readonly #options: PartsOptions;
  readonly #stores = new Map<string, ResourceStore<KubeObject>>();
  readonly #types: ResourceType[] = [];
  readonly #parts: { backend: string; part: BrokerPart }[];

  constructor(backends: Iterable<AnyBackend>, options: PartsOptions) {
    this.#options = options;
    this.#parts = [...backends].flatMap(({ name, attach }) => {
      const log = options.log.child({ backend: name });
      const part = attach?.({ ...options.broker, log, clock: options.clock, follow: this.#follow });
      return part ? [{ backend: name, part }] : [];
    });
  }

  /** What the parts follow, by the names of the resources in the API. */
  get stores(): Readonly<Record<string, ResourceStore<KubeObject>>> {
    return Object.fromEntries(this.#stores);
  }

  /** The kinds of these. */
  get types(): readonly ResourceType[] {
    return this.#types;
  }

  get routes(): Koa.Middleware[] {
    return this.#parts.flatMap(({ part }) => part.routes ?? []);
  }

  /** Resolves when the work of all parts has ended, which the term's signal asks for. Never rejects. */
  async lead(term: LeaderTerm): Promise<void> {
    await Promise.all(
      this.#parts.map(async ({ backend, part }) => {
        try {
          await part.lead?.(term);
        } catch (error) {
          if (!term.signal.aborted)
            this.#options.log.error('a part of the broker ended', { backend, ...errorDetails(error) });
        }
      }),
    );
  }

  readonly #follow: BrokerContext['follow'] = <T extends KubeObject>(
    type: ResourceType,
    { labelSelector }: { labelSelector?: string } = {},
  ) => {
    if (this.#stores.has(type.plural)) throw new Error(`two parts of the broker follow ${type.plural}`);
    const { clientOf, log, clock, random } = this.#options;
    const selection = labelSelector === undefined ? {} : { labelSelector };
    const store = new ResourceStore<T>({ client: clientOf<T>(type), log, clock, random, ...selection });
    this.#types.push(type);
    this.#stores.set(type.plural, store as unknown as ResourceStore<KubeObject>);
    return store;
  };
}
