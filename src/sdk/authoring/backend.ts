// What a backend is: the functions that make a service instance and its bindings true.
import type { Attach } from './broker-part.js';
import type { Done, Outcome } from './outcome.js';
import type { KeepSecrets, MissingRights, OwnedResources } from './owned-resources.js';

export type JsonObject = Record<string, unknown>;

/** A logger whose lines carry the instance id, the operation id and the request identity. */
export interface BackendLog {
  debug(message: string, details?: JsonObject): void;
  info(message: string, details?: JsonObject): void;
  warn(message: string, details?: JsonObject): void;
  error(message: string, details?: JsonObject): void;
}

/** Who caused a request, as the platform says (specification: Originating Identity). */
export interface OriginatingIdentity {
  readonly platform: string;
  readonly value: Readonly<JsonObject>;
}

/** What is known of a service instance before any work begins. All of it is frozen. */
export interface InstanceFacts<Settings = JsonObject, Parameters = JsonObject> {
  /** The platform's id: any characters, any length. Not a name for anything; see `name`. */
  readonly id: string;
  /** Stable, unique, and safe as a DNS label (RFC 1123): name what you create after it. */
  readonly name: string;
  readonly serviceId: string;
  readonly planId: string;
  /** The plan's settings, validated. */
  readonly settings: Readonly<Settings>;
  /** The user's parameters, validated. */
  readonly parameters: Readonly<Parameters>;
  readonly context: Readonly<JsonObject>;
  readonly maintenanceVersion?: string;
  readonly originatingIdentity?: OriginatingIdentity;
}

/**
 * The values of a Secret that a plan's settings name, an administrator's credentials for example. It is in the broker's
 * namespace and has the label `sdkbroker.broker.io/secret: backend`, by which whoever keeps it allows that; throws where
 * there is none. Ask at each call, so that a new password is taken up: it is answered from memory.
 */
export type ReadSecret = (name: string) => Readonly<Record<string, string>>;

/** A service instance as a backend's functions see it: what is wanted, not what was. */
export interface Instance<Settings = JsonObject, Parameters = JsonObject> extends InstanceFacts<
  Settings,
  Parameters
> {
  /** The operation that this call works on. */
  readonly operationId: string;
  /**
   * Fires past the deadline and when leadership is lost; after a grace, on shutdown or when a newer intent (a
   * deprovision) overtakes this call, so that a call that ends by itself is not cut off with its outcome unknown.
   */
  readonly signal: AbortSignal;
  readonly secret: ReadSecret;
  /** It is being deprovisioned: what an unbind has to undo within the instance goes with it. */
  readonly isDeleting?: boolean;
  /** The Kubernetes objects that are the instance's own. */
  readonly resources: OwnedResources;
  readonly keep: KeepSecrets;
  readonly log: BackendLog;
}

/** A service binding as a backend sees it. All of it is frozen. */
export interface Binding<Settings = JsonObject, InstanceParameters = JsonObject, Parameters = JsonObject> {
  readonly id: string;
  /** Stable, unique, and safe as a DNS label (RFC 1123). */
  readonly name: string;
  readonly instance: Instance<Settings, InstanceParameters>;
  readonly parameters: Readonly<Parameters>;
  readonly bindResource: Readonly<JsonObject>;
  readonly context: Readonly<JsonObject>;
  /** The binding that this one succeeds, in a rotation (specification: Binding Rotation). */
  readonly predecessorId?: string;
  readonly originatingIdentity?: OriginatingIdentity;
  readonly operationId: string;
  readonly signal: AbortSignal;
  /** The Kubernetes objects that are the binding's own. */
  readonly resources: OwnedResources;
  readonly keep: KeepSecrets;
  readonly log: BackendLog;
}

export interface InstanceResult {
  /** `metadata` of the provision and fetch responses: two flat objects of strings. */
  metadata?: { labels?: Record<string, string>; attributes?: Record<string, string> };
  /**
   * The address of the dashboard, where it is known only now: a platform that did not wait for the end finds it when it
   * fetches the instance.
   */
  dashboardUrl?: string;
}

export interface Endpoint {
  host: string;
  /** `"443"` or `"9000-9010"`. */
  ports: string[];
  protocol?: 'tcp' | 'udp' | 'all';
}

export interface VolumeMount {
  driver: string;
  container_dir: string;
  mode: 'r' | 'rw';
  device_type: 'shared';
  device: { volume_id: string; mount_config?: JsonObject };
}

/** What an application needs to connect. All of it is kept in a Secret, none of it in a custom resource. */
export interface BindingResult {
  credentials?: JsonObject;
  endpoints?: Endpoint[];
  syslogDrainUrl?: string;
  routeServiceUrl?: string;
  volumeMounts?: VolumeMount[];
  /** When the credentials stop working, and from when on a successor should be made. */
  expiresAt?: Date;
  renewBefore?: Date;
}

/** What `done()` without a result, or nothing at all, means for a clean-up: it is gone. */
export type Removed = Outcome<object> | void;

/** What a backend is asked about a plan, outside any instance of it. */
export interface PlanScope<Settings = JsonObject> {
  readonly settings: Readonly<Settings>;
  /** Fires on shutdown, and after a minute. */
  readonly signal: AbortSignal;
  readonly secret: ReadSecret;
  readonly missingRights: MissingRights;
  readonly log: BackendLog;
}

/** One aspect of an instance or a binding that is Ready, as a condition of its resource. Nothing of it is secret. */
export interface ObservedCondition {
  /**
   * Upper camel case, for example `QuotaExceeded`; not Ready, Pending or Failed, which tell of the last operation, nor
   * Expired of a binding.
   */
  type: string;
  status: 'True' | 'False' | 'Unknown';
  /** One word for programs, in upper camel case. */
  reason: string;
  /** A sentence for people; the same for as long as nothing changed, since each change is a write. */
  message: string;
}

/** What `observe` or `observeBinding` found. */
export interface Observation {
  /** Beside Ready, Pending and Failed; one that is not among them any more is taken away. Changes are told by Events. */
  conditions?: readonly ObservedCondition[];
  /** What is not as it was made, in words for an Event: `ensure`, or `repairBinding`, is called to put it back. */
  repair?: string;
  /** In how many seconds to look again, where that is sooner than the next resync. */
  againAfter?: number;
}

/** An instance that is there, by its `name`, with its bindings by theirs where the backend knows them. */
export interface HeldInstance {
  readonly name: string;
  readonly bindings?: readonly string[];
}

/**
 * Makes instances and bindings of a service true. Every function is called again after a crash, a time-out or an
 * error until it is done, so each one first looks at what is already there.
 */
export interface Backend<Settings = JsonObject, Parameters = JsonObject, BindParameters = JsonObject> {
  /** Serves provision, update and repetition alike: finishes what is unfinished, changes nothing that is right. */
  ensure: (instance: Instance<Settings, Parameters>) => Promise<Outcome<InstanceResult>>;
  /** Removes all that `ensure` made, also where it was interrupted or never ran. */
  destroy: (instance: Instance<Settings, Parameters>) => Promise<Removed>;
  /**
   * The address of the instance's dashboard. It is asked for before the work begins, because the platform takes it
   * from its first answer only, an asynchronous one included (specification: Provisioning, `dashboard_url`).
   */
  dashboardUrl?: (instance: InstanceFacts<Settings, Parameters>) => string | undefined;
  /** Absent when nothing can be bound. Runs until it first returns `done`; the result is stored and never recomputed. */
  bind?: (binding: Binding<Settings, Parameters, BindParameters>) => Promise<Outcome<BindingResult>>;
  /** Makes the binding's credentials useless, also where `bind` was interrupted or never ran. */
  unbind?: (binding: Binding<Settings, Parameters, BindParameters>) => Promise<Removed>;
  /**
   * All that this broker made with these settings and that is still there, half-made included; nothing that somebody
   * else made. What no resource accounts for is told to the operator and, where they want that, removed with `unbind`
   * and `destroy`, which then see the names, as ids too, and the settings, but no parameters and no context.
   */
  inventory?: (scope: PlanScope<Settings>) => Promise<readonly HeldInstance[]>;
  /**
   * Looks at an instance that is Ready, now and then and whenever something of its own changed, and changes nothing. What
   * it throws is logged, and it is called again later.
   */
  observe?: (instance: Instance<Settings, Parameters>) => Promise<Observation | void>;
  /** The same for a binding whose credentials are there, for as long as its instance is Ready. */
  observeBinding?: (binding: Binding<Settings, Parameters, BindParameters>) => Promise<Observation | void>;
  /**
   * Puts right what `observeBinding` wants repaired. The credentials stay as `bind` returned them: what cannot be put
   * back so that they work again is told in a condition instead.
   */
  repairBinding?: (binding: Binding<Settings, Parameters, BindParameters>) => Promise<void>;
  /**
   * Whether a plan can be had at all: a sentence for each thing that an operator has to put right first, which takes
   * the offering out of the catalog. Asked when the offering or a Secret for backends changes, and at each resync; what
   * it throws (a backend that is down) changes nothing.
   */
  check?: (scope: PlanScope<Settings>) => Promise<readonly string[]>;
}

/** A class-validator class: `new () => T`. */
export type ParametersClass<T> = new () => T;

/** A backend with a name, which offerings refer to, and the class that its plans' settings are checked against. */
export interface NamedBackend<
  Settings = JsonObject,
  Parameters = JsonObject,
  BindParameters = JsonObject,
> extends Backend<Settings, Parameters, BindParameters> {
  readonly name: string;
  readonly settings?: ParametersClass<Settings>;
  /** What it has beside its functions: called once for each broker, before anything runs. */
  readonly attach?: Attach;
}

/** The classes that a service's parameters are checked against and turned into, beside the plans' schemas. */
export interface ParametersClasses {
  readonly parameters?: ParametersClass<unknown> | undefined;
  readonly bindParameters?: ParametersClass<unknown> | undefined;
}

/** Erases the types of settings and parameters: what a registry of backends holds. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyBackend = NamedBackend<any, any, any>;

export type { Done, Outcome };
