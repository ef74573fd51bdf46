// The Kubernetes objects that instances and bindings own, for one term of leadership: what the controllers hand to
// backends, and what wakes an instance when an object of its own changes.
import type { KeepSecrets, MissingRights, OwnedResources } from '../authoring/owned-resources.js';
import type { ClusterConfig } from '../kube/config.js';
import type { Secret } from '../kube/types.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import type { Clock } from '../runtime/clock.js';
import type { Store } from '../runtime/store.js';
import { errorDetails, type Log } from '../telemetry/log.js';
import { KeptSecrets } from './kept-secrets.js';
import { missingRights } from './missing-rights.js';
import { bindingOwner, instanceOwner } from './owner.js';
import { type OwnedContext, OwnerResources } from './owner-resources.js';
import { Settling } from './settling.js';
import { type OnChange, WatchedKinds } from './watched-kinds.js';

export interface OwnedObjectsOptions {
  cluster: ClusterConfig;
  /** The broker's. */
  namespace: string;
  secrets: Store<Secret>;
  log: Log;
  clock: Clock;
  random: () => number;
  /** Called before each write to an owned object, which is not sent where it throws. */
  assertLeading: () => void;
}

export class OwnedObjects {
  readonly missingRights: MissingRights;
  readonly #namespace: string;
  readonly #log: Log;
  readonly #context: OwnedContext;

  constructor(options: OwnedObjectsOptions) {
    const { cluster, namespace, secrets, log, clock, assertLeading } = options;
    const watched = new WatchedKinds(options);
    this.#namespace = namespace;
    this.#log = log;
    this.#context = {
      watched,
      kept: new KeptSecrets(secrets),
      settling: new Settling(clock),
      right: new WeakMap(),
      assertLeading,
    };
    this.missingRights = missingRights(cluster, watched.discovery, namespace);
  }

  /** Follows all that instances own so far. `onChange` is called for the owner of each object that changes. */
  start(onChange: OnChange): void {
    const { watched, kept, settling } = this.#context;
    watched.onChange = onChange;
    settling.onChange = onChange;
    for (const kind of kept.usedKinds()) {
      watched.watch(kind, kind.elsewhere).catch((error: unknown) => {
        this.#log.warn('objects of a kind cannot be followed', { kind: kind.kind, ...errorDetails(error) });
      });
    }
  }

  /** Ends all watches. What is under way fails. */
  stop(): void {
    this.#context.watched.stop();
    this.#context.settling.stop();
  }

  /** Nothing more is sent when `signal` fires. */
  forInstance(instance: Readonly<ServiceInstance>, signal: AbortSignal): OwnedResources {
    const owner = instanceOwner(instance, this.#namespace);
    return new OwnerResources({ context: this.#context, owner, instance, signal });
  }

  forBinding(
    binding: Readonly<ServiceBinding>,
    instance: Readonly<ServiceInstance>,
    signal: AbortSignal,
  ): OwnedResources {
    const owner = bindingOwner(binding, instance.metadata.name, this.#namespace);
    return new OwnerResources({ context: this.#context, owner, instance, signal });
  }

  keep(owner: Readonly<ServiceInstance | ServiceBinding>): KeepSecrets {
    return this.#context.kept.keep(owner);
  }
}
