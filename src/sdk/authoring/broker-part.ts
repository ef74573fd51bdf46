// What a backend may have beside its functions: resources that it follows, work of the leader, routes for
// administrators. A backend that needs none of it has no `attach`.
import type Koa from 'koa';
import type { EventContent } from '../kube/events.js';
import type { KubeObject, ResourceType, Secret } from '../kube/types.js';
import type { ServiceInstance, ServiceOffering } from '../resources/kinds.js';
import type { Clock } from '../runtime/clock.js';
import type { GuardableStore } from '../runtime/store.js';
import type { BackendLog } from './backend.js';

/** The broker, as a part of it sees it. */
export interface BrokerContext {
  /** Of the custom resources, and of all that the broker may read and write. */
  readonly namespace: string;
  readonly log: BackendLog;
  readonly clock: Clock;
  /**
   * Follows one more kind in the broker's namespace, to be called while attaching only: filled before the broker serves,
   * and anew before each term of leadership.
   */
  readonly follow: <T extends KubeObject>(
    type: ResourceType,
    options?: { labelSelector?: string },
  ) => GuardableStore<T>;
  readonly instances: GuardableStore<ServiceInstance>;
  readonly offerings: GuardableStore<ServiceOffering>;
  /** Those alone that have the label `sdkbroker.broker.io/secret`. */
  readonly secrets: GuardableStore<Secret>;
  /**
   * Lets a request on only with an administrator's credentials, and with a version of the protocol; absent where the broker
   * has no administrators (BROKER_ADMIN_CREDENTIALS_FILE).
   */
  readonly administrators?: Koa.Middleware;
}

/** The time for which this replica leads. */
export interface LeaderTerm {
  /** Fires when the work is to end. */
  readonly signal: AbortSignal;
  /** For the writes of a leader: throws once another replica may lead. */
  readonly assertLeading: () => void;
  /** Posts an Event about an object, in the background. */
  readonly event: (object: KubeObject, content: EventContent) => void;
  /** Has the instance looked at again, by its name. */
  readonly wake: (instance: string) => void;
}

export interface BrokerPart {
  /** Serves what is no part of the protocol; passes on what it does not know. */
  readonly routes?: Koa.Middleware;
  /** Work that one replica at a time does, begun before any function of the backend is called; ends with the signal. */
  readonly lead?: (term: LeaderTerm) => Promise<void>;
}

export type Attach = (broker: BrokerContext) => BrokerPart;
