// The Kubernetes objects that are an instance's own, and the secrets that are kept for it: what a backend asks of them.

/** A Kubernetes object as a manifest has it; the namespace is the broker's where none is named. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** The same as the API server keeps it. */
export interface OwnedObject extends Manifest {
  metadata: Manifest['metadata'] & {
    uid?: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    ownerReferences?: readonly { kind: string; name: string; uid: string; controller?: boolean }[];
  };
}

/** A kind of object, as manifests name it. */
export type KindReference = Pick<Manifest, 'apiVersion' | 'kind'>;

/**
 * The objects of one owner, an instance or a binding. All of them have the label `sdkbroker.broker.io/instance: <name>`,
 * by which they are found again after anything; those of a binding also `sdkbroker.broker.io/binding: <name>`. In the
 * broker's namespace they go with their owner's resource, too, by an owner reference.
 */
export interface OwnedResources {
  /**
   * What `apply` labels its objects with. It does so by itself; templates of pods and of claims in manifests need these
   * labels as well, for what is made of them to be found.
   */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Makes these objects the owner's, and no others: each in turn by server-side apply, which takes over the fields that
   * it names and leaves all others alone; what an earlier call made and this one does not name is deleted. `also` names
   * kinds of objects that others make on behalf of these (the Pods of a Deployment), so that `list` has them and
   * `remove` takes them along. Resolves when all of it is stored.
   *
   * Throws a TerminalError, and has changed nothing yet of that object, where one of that name is somebody else's, and
   * where the API server refuses the manifest as not valid. Throws where one of them is still being deleted, when the
   * others are applied: call again.
   */
  apply(manifests: readonly Manifest[], options?: { also?: readonly KindReference[] }): Promise<void>;
  /**
   * A sentence for each object that is missing, is being deleted, or differs in a field that the manifest names. They
   * name the fields and never a value. Changes nothing.
   */
  drift(manifests: readonly Manifest[]): Promise<readonly string[]>;
  /**
   * All that have the owner's labels, from memory, those that are made on their behalf included; an instance's without
   * those of its bindings. Frozen.
   */
  list(): Promise<readonly OwnedObject[]>;
  /**
   * Deletes all of them, an instance's with those of its bindings; true when none is left, Pods that still end included.
   * The owner is looked at again when the last one is gone.
   */
  remove(): Promise<boolean>;
}

/**
 * Values that are made once for an instance or a binding, passwords and keys, and kept in a Secret of its own until it is
 * gone. Each function is called where nothing is kept under its name; what it made is stored before this resolves. Names
 * are keys of a Secret: letters, digits, `-`, `_` and `.`. What somebody deletes or changes there is put back by itself.
 */
export type KeepSecrets = <Name extends string>(
  makers: Readonly<Record<Name, () => string | Promise<string>>>,
) => Promise<Readonly<Record<Name, string>>>;

/**
 * Which of these kinds the broker may not read and write in its namespace, or where `everywhere` is set in all of them:
 * a sentence for each rule that is missing, and for each kind that the cluster does not have.
 */
export type MissingRights = (
  kinds: readonly KindReference[],
  options?: { everywhere?: boolean },
) => Promise<readonly string[]>;
