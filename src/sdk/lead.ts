// What the replica that holds the Lease does, and no other: it runs the controllers, on caches that are as new as its
// term, and with writes that end with it.
import type { ReconcileContext } from './controllers/context.js';
import { type Controllers, createControllers } from './controllers/controllers.js';
import { EventRecorder, type KubeEvent } from './kube/events.js';
import type { ResourceClient } from './kube/types.js';
import type { OwnedObjects, OwnedObjectsOptions } from './owned/owned-objects.js';
import { onAbort, unlessAborted } from './runtime/abortable.js';
import { guardedStore } from './runtime/guarded-store.js';
import type { Term } from './runtime/leader-term.js';
import type { Parts } from './parts.js';
import { allStores, type BrokerStores } from './stores.js';

export interface LeadershipOptions {
  stores: BrokerStores;
  eventClient: ResourceClient<KubeEvent>;
  onEventDropped: () => void;
  /** What backends follow and do beside their functions. */
  parts: Pick<Parts, 'stores' | 'lead'>;
  /** The objects that instances own, for one term. */
  owned: (term: Pick<OwnedObjectsOptions, 'secrets' | 'assertLeading'>) => TermOwned;
  /** What the controllers work with, whoever leads. */
  context: Omit<ReconcileContext, 'stores' | 'owned' | 'events' | 'leadingSince' | 'assertLeading'>;
}

type TermOwned = ReconcileContext['owned'] & Pick<OwnedObjects, 'start' | 'stop'>;

export class Leadership {
  readonly #options: LeadershipOptions;
  #controllers: Controllers | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  /** What waits for the controllers; nothing while this replica does not lead. */
  queues(): ReturnType<Controllers['queues']> {
    return this.#controllers?.queues() ?? {};
  }

  /** Runs the controllers until the term's signal fires; resolves when all that they had begun has ended. */
  async lead(term: Term): Promise<void> {
    const { stores, parts, context } = this.#options;
    const followed = [...allStores(stores), ...Object.values(parts.stores)];
    // What the leader before us wrote last may not have come here yet.
    await unlessAborted(Promise.all(followed.map((store) => store.refresh())), term.signal);
    const guard = (): void => term.assert();
    const events = this.#recorder(guard);
    const secrets = guardedStore(stores.secrets, guard);
    const owned = this.#options.owned({ secrets, assertLeading: guard });
    const controllers = createControllers({
      ...context,
      owned,
      stores: {
        instances: guardedStore(stores.instances, guard),
        bindings: guardedStore(stores.bindings, guard),
        offerings: guardedStore(stores.offerings, guard),
        secrets,
        configMaps: stores.configMaps,
      },
      events,
      leadingSince: term.since,
      assertLeading: guard,
    });
    this.#controllers = controllers;
    owned.start((instance, binding) => controllers.ownedChanged(instance, binding));
    const leading = parts.lead({
      signal: term.signal,
      assertLeading: guard,
      event: (object, content) => events.record(object, content),
      wake: (instance) => controllers.ownedChanged(instance, undefined),
    });
    controllers.start(term.over);
    await new Promise<void>((resolve) => onAbort(term.signal, resolve));
    await controllers.stop();
    await leading;
    owned.stop();
    this.#controllers = undefined;
    await events.flush();
  }

  #recorder(guard: () => void): EventRecorder {
    const { eventClient, onEventDropped, context } = this.#options;
    return new EventRecorder({
      client: {
        namespace: eventClient.namespace,
        create: async (event) => {
          guard();
          return eventClient.create(event);
        },
      },
      log: context.log,
      onDropped: onEventDropped,
      now: () => context.clock.now(),
      random: context.random,
    });
  }
}
