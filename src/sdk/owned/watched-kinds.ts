// Follows the objects that instances own, kind by kind, as soon as a kind is needed: a store each for the broker's
// namespace, and for everywhere else. Knows nothing of who applies what.
import type { ClusterConfig } from '../kube/config.js';
import { Discovery, type DiscoveredType, type KindName } from '../kube/discovery.js';
import { createResourceClient } from '../kube/resource-client.js';
import type { ApplyingClient, KubeObject } from '../kube/types.js';
import { BINDING_LABEL, BROKER_LABEL, INSTANCE_LABEL } from '../resources/kinds.js';
import { unlessAborted } from '../runtime/abortable.js';
import type { Clock } from '../runtime/clock.js';
import { ResourceStore } from '../runtime/resource-store.js';
import type { Log } from '../telemetry/log.js';
import type { AnyObject } from './owner.js';

/** Told whose object has changed. */
export type OnChange = (instance: string, binding: string | undefined) => void;

export interface WatchedKind {
  readonly type: DiscoveredType;
  /** All but the broker's namespace. */
  readonly elsewhere: boolean;
  readonly client: ApplyingClient<AnyObject>;
  readonly store: ResourceStore<AnyObject>;
}

export interface WatchedKindsOptions {
  cluster: ClusterConfig;
  namespace: string;
  log: Log;
  clock: Clock;
  random: () => number;
}

const BY_INSTANCE = 'instance';

export class WatchedKinds {
  readonly discovery: Discovery;
  readonly #options: WatchedKindsOptions;
  readonly #ending = new AbortController();
  readonly #begun = new Map<string, Promise<WatchedKind>>();
  /** Whose stores are filled. */
  readonly #filled: WatchedKind[] = [];
  #onChange: OnChange = () => undefined;

  constructor(options: WatchedKindsOptions) {
    this.#options = options;
    this.discovery = new Discovery(options.cluster);
  }

  set onChange(onChange: OnChange) {
    this.#onChange = onChange;
  }

  /** Resolves when the kind's store is filled; fails where there is no such kind, or it may not be listed. */
  async watch(kind: KindName, elsewhere = false): Promise<WatchedKind> {
    const type = await this.discovery.typeOf(kind);
    const isElsewhere = elsewhere || !type.namespaced;
    const key = `${kind.apiVersion} ${kind.kind} ${isElsewhere}`;
    const begun = this.#begun.get(key);
    if (begun) return begun;
    const watched = this.#begin(type, isElsewhere);
    this.#begun.set(key, watched);
    watched.catch(() => this.#begun.delete(key));
    return watched;
  }

  /** All objects of the instance and of its bindings, from memory; one that is seen in two versions of its kind twice. */
  ofInstance(instance: string): { watched: WatchedKind; object: Readonly<AnyObject> }[] {
    return this.#filled.flatMap((watched) =>
      watched.store.byIndex(BY_INSTANCE, instance).map((object) => ({ watched, object })),
    );
  }

  stop(): void {
    this.#ending.abort(new Error('the watches of owned objects have ended'));
  }

  async #begin(type: DiscoveredType, elsewhere: boolean): Promise<WatchedKind> {
    const { cluster, namespace, log, clock, random } = this.#options;
    const client = createResourceClient<AnyObject>(cluster, type, elsewhere ? '' : namespace, random);
    const labelSelector = elsewhere ? `${INSTANCE_LABEL},${BROKER_LABEL}=${namespace}` : INSTANCE_LABEL;
    // What is not allowed is told at once; a store would try again for ever.
    await client.list({ labelSelector, limit: 1 });
    const byInstance = (object: Readonly<AnyObject>): string[] =>
      elsewhere && object.metadata.namespace === namespace ? [] : instanceOf(object);
    const store = new ResourceStore<AnyObject>({
      client,
      log,
      clock,
      random,
      labelSelector,
      indexes: { [BY_INSTANCE]: byInstance },
    });
    store.onChange((_, current, previous) => this.#tell(current, previous));
    store.start(this.#ending.signal);
    await unlessAborted(store.synced, this.#ending.signal);
    const watched = { type, elsewhere, client, store };
    this.#filled.push(watched);
    return watched;
  }

  #tell(...versions: (Readonly<KubeObject> | undefined)[]): void {
    const owners = versions.flatMap((object) => {
      const [instance] = object ? instanceOf(object) : [];
      return instance === undefined ? [] : [{ instance, binding: object?.metadata.labels?.[BINDING_LABEL] }];
    });
    const [first, second] = owners;
    if (first) this.#onChange(first.instance, first.binding);
    if (second && (second.instance !== first?.instance || second.binding !== first.binding)) {
      this.#onChange(second.instance, second.binding);
    }
  }
}

function instanceOf({ metadata }: Readonly<KubeObject>): string[] {
  const instance = metadata.labels?.[INSTANCE_LABEL];
  return instance === undefined ? [] : [instance];
}
