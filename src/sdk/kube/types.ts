// The few shapes of the Kubernetes API that this project passes around.

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** Any object of the Kubernetes API, as JSON: times are strings. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface Secret extends KubeObject {
  type?: string;
  /** Values in base64. */
  data?: Record<string, string>;
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/** What kind of object, and under which path of the API. */
export interface ResourceType {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
  plural: string;
}

export interface ListPage<T> {
  items: T[];
  resourceVersion: string;
  continue?: string;
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** What an object must be in order to be deleted. */
export interface Preconditions {
  uid?: string;
  resourceVersion?: string;
}

/** Which objects are meant; all of them when it is empty. */
export interface Selection {
  labelSelector?: string;
  /** Every kind can be selected by `metadata.name`. */
  fieldSelector?: string;
}

/** The operations on one kind of object. Failures are `KubeError`s. */
export interface ResourceClient<T extends KubeObject> {
  readonly type: ResourceType;
  /**
   * Empty for objects of all namespaces or of none: they are named `namespace/name` then, where they have a namespace.
   */
  readonly namespace: string;
  /** Undefined when there is none of that name. */
  get(name: string): Promise<T | undefined>;
  list(options?: Selection & { limit?: number; continue?: string }): Promise<ListPage<T>>;
  create(object: T): Promise<T>;
  /** Fails with a conflict when `metadata.resourceVersion` is not the stored one. */
  replace(object: T): Promise<T>;
  replaceStatus(object: T): Promise<T>;
  /**
   * The object as it is now, when a finalizer still holds it; undefined when it is gone or never was. An object of
   * that name that does not meet the preconditions is a conflict.
   */
  delete(name: string, options?: Preconditions): Promise<T | undefined>;
  /**
   * Resolves when the stream ends cleanly or `signal` fires; rejects with what broke it. A failure that the server
   * reports within the stream is an `ERROR` event, whose object is a `Status`. `onOpen` is called when the server
   * has begun to answer. Neither callback ever throws.
   */
  watch(
    options: Selection & { resourceVersion: string; signal: AbortSignal; onOpen?: () => void },
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<void>;
}

export interface ApplyOptions {
  /** Takes over fields that others manage with other values, which is a conflict otherwise. */
  force?: boolean;
  /** Nothing is stored; the answer is what would be. */
  dryRun?: boolean;
}

/** A client that can apply, too. */
export interface ApplyingClient<T extends KubeObject> extends ResourceClient<T> {
  /** Server-side apply: makes the object, or the fields of it that are named here. The answer is the whole object. */
  apply(object: KubeObject, options?: ApplyOptions): Promise<T>;
  /** A merge patch: the fields that are named here get these values, whole lists included, whoever owns them. */
  merge(object: KubeObject): Promise<T>;
}

/** The name by which a client for that namespace knows the object. */
export function keyOf(
  { namespace }: Pick<ResourceClient<KubeObject>, 'namespace'>,
  { metadata }: Pick<KubeObject, 'metadata'>,
): string {
  return namespace === '' && metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}
