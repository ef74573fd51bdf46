// The objects of one owner: applied, compared, listed and removed. Each step can be cut off at any moment and begun
// again: what is there is found by its labels, and the kinds to look through are on record before anything is made.
import { isDeepStrictEqual } from 'node:util';
import { TerminalError } from '../authoring/outcome.js';
import type { KindReference, Manifest, OwnedObject, OwnedResources } from '../authoring/owned-resources.js';
import { NoKindError } from '../kube/discovery.js';
import { isInvalid, isNotFound, KubeError } from '../kube/errors.js';
import { keyOf } from '../kube/types.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { unlessAborted } from '../runtime/abortable.js';
import { differences } from './differences.js';
import type { KeptSecrets } from './kept-secrets.js';
import {
  type AnyObject,
  isApplied,
  isOurs,
  isOwn,
  isUnder,
  labelsOf,
  type Owner,
  selectorOf,
} from './owner.js';
import type { Settling } from './settling.js';
import { refuseTwins, type Target, targetOf, usedKinds } from './target.js';
import type { WatchedKind, WatchedKinds } from './watched-kinds.js';

/** What all owners share. */
export interface OwnedContext {
  watched: WatchedKinds;
  kept: KeptSecrets;
  settling: Settling;
  /** By the very version of an object, what was applied when it was found to be right. */
  right: WeakMap<Readonly<AnyObject>, AnyObject>;
  assertLeading: () => void;
}

export interface OwnerOptions {
  context: OwnedContext;
  owner: Owner;
  /** The owner, or the instance of the binding that is. */
  instance: Readonly<ServiceInstance>;
  /** Nothing more is sent when it fires. */
  signal: AbortSignal;
}

type Seen = ReturnType<WatchedKinds['ofInstance']>[number];

/** What is on its way out has to be gone before it can be made anew. */
class StillThere extends Error {}

export class OwnerResources implements OwnedResources {
  readonly labels: Readonly<Record<string, string>>;
  readonly #context: OwnedContext;
  readonly #owner: Owner;
  readonly #instance: Readonly<ServiceInstance>;
  readonly #signal: AbortSignal;

  constructor({ context, owner, instance, signal }: OwnerOptions) {
    this.labels = Object.freeze(labelsOf(owner));
    this.#context = context;
    this.#owner = owner;
    this.#instance = instance;
    this.#signal = signal;
  }

  async apply(
    manifests: readonly Manifest[],
    { also = [] }: { also?: readonly KindReference[] } = {},
  ): Promise<void> {
    const { watched, kept } = this.#context;
    const targets = await this.#targets(manifests);
    refuseTwins(targets);
    const kinds = await usedKinds(watched.discovery, targets, also);
    this.#guard();
    await kept.record(this.#instance, kinds);
    await this.#ready();
    const uids = new Set<string | undefined>();
    const held: StillThere[] = [];
    for (const target of targets) {
      try {
        uids.add(await this.#applyOne(target));
      } catch (error) {
        if (!(error instanceof StillThere)) throw error;
        held.push(error);
      }
    }
    if (held[0]) throw held[0];
    for (const seen of this.#seen(isOwn)) {
      if (isApplied(seen.watched.type, seen.object) && !uids.has(seen.object.metadata.uid)) {
        await this.#delete(seen);
      }
    }
  }

  async drift(manifests: readonly Manifest[]): Promise<readonly string[]> {
    const targets = await this.#targets(manifests);
    await this.#ready();
    const told = await Promise.all(targets.map((target) => this.#driftOf(target)));
    return told.flatMap((sentence) => sentence ?? []);
  }

  async list(): Promise<readonly OwnedObject[]> {
    await this.#ready();
    const byUid = new Map(this.#seen(isOwn).map(({ object }) => [object.metadata.uid, object]));
    return [...byUid.values()];
  }

  async remove(): Promise<boolean> {
    const { settling, kept } = this.#context;
    const kinds = await this.#ready();
    for (const seen of this.#seen(isUnder).filter(isMaker)) await this.#delete(seen);
    // What has a controller goes with it; without one it would only be made again.
    const left = this.#seen(isUnder);
    const rest = left.some(isMaker) ? [] : left.filter(({ object }) => !hasController(object));
    for (const seen of rest) await this.#delete(seen);
    if (this.#seen(isUnder).length > 0) return false;
    const mayFollow = kept.kindsOf(this.#owner.instance).some(({ byOthers }) => byOthers);
    const isCertain = !mayFollow || settling.isSettled(this.#owner);
    if (!isCertain || (await this.#isAnyLeft(kinds))) {
      settling.lookLater(this.#owner);
      return false;
    }
    settling.forget(this.#owner);
    return true;
  }

  #targets(manifests: readonly Manifest[]): Promise<Target[]> {
    const { discovery } = this.#context.watched;
    return Promise.all(manifests.map((manifest) => targetOf(discovery, this.#owner, manifest)));
  }

  /** Follows all kinds that the instance may have objects of; of kinds that are no more there are no objects. */
  async #ready(): Promise<WatchedKind[]> {
    const { kept, watched } = this.#context;
    const found = kept
      .kindsOf(this.#owner.instance)
      .map((kind) => watched.watch(kind, kind.elsewhere).catch(unlessNoKind));
    return (await unlessAborted(Promise.all(found), this.#signal)).flatMap((kind) => kind ?? []);
  }

  #seen(isMeant: (owner: Owner, object: Readonly<AnyObject>) => boolean): Seen[] {
    const all = this.#context.watched.ofInstance(this.#owner.instance);
    return all.filter(({ object }) => isMeant(this.#owner, object));
  }

  #guard(): void {
    this.#signal.throwIfAborted();
    this.#context.assertLeading();
  }

  /** Returns the uid of the object. */
  async #applyOne(target: Target): Promise<string | undefined> {
    const { key, object, words } = target;
    const { client, store } = await this.#watch(target);
    const known = await this.#find(target, store);
    if (known && !isOurs(this.#owner, target.type, known)) {
      throw new TerminalError(`${words} is there already, and belongs to somebody else`);
    }
    if (known?.metadata.deletionTimestamp) throw new StillThere(`${words} is still being deleted`);
    try {
      // Not left to the API server: as old as 1.20, it makes a new version of what does not change.
      if (known && (await this.#differences(target, known))?.length === 0) {
        return (store.get(key) ?? known).metadata.uid;
      }
      const send = () => sent(client, object, known);
      const stored = await store.write(key, send, () => this.#guard());
      this.#markRight(target, stored, store.get(key));
      return stored.metadata.uid;
    } catch (error) {
      if (!isInvalid(error)) throw error;
      throw new TerminalError(refusal(words, error), { cause: error });
    }
  }

  async #driftOf(target: Target): Promise<string | undefined> {
    const { words } = target;
    const { store } = await this.#watch(target);
    const shown = await this.#find(target, store);
    if (!shown) return `${words} is missing`;
    if (!isOurs(this.#owner, target.type, shown))
      return `${words} is missing: somebody else's is in its place`;
    if (shown.metadata.deletionTimestamp) return `${words} is being deleted`;
    const fields = await this.#differences(target, shown);
    if (!fields) return `${words} is missing`;
    return fields.length === 0 ? undefined : `${words} differs in ${summary(fields)}`;
  }

  /** From memory, or from the API server: it may have lost its labels, or be somebody else's. */
  async #find({ key }: Target, store: WatchedKind['store']): Promise<Readonly<AnyObject> | undefined> {
    const shown = store.get(key);
    return shown && isOwn(this.#owner, shown) ? shown : store.read(key);
  }

  /** Of what is there from what would be after an apply; undefined where nothing is there any more. */
  async #differences(target: Target, known: Readonly<AnyObject>): Promise<string[] | undefined> {
    const { key, object } = target;
    if (isDeepStrictEqual(this.#context.right.get(known), object)) return [];
    const { client, store } = await this.#watch(target);
    this.#guard();
    const wanted = await client.apply(object, { force: true, dryRun: true }).catch(unlessInvalid);
    if (wanted instanceof KubeError) return wanted.fields.length > 0 ? [...wanted.fields] : ['its fields'];
    const isNewer = wanted.metadata.resourceVersion !== known.metadata.resourceVersion;
    const present = isNewer ? await store.read(key) : known;
    if (!present) return undefined;
    const fields = differences(present, wanted);
    if (fields.length === 0) this.#markRight(target, present, store.get(key));
    return fields;
  }

  #watch({ object, elsewhere }: Target): Promise<WatchedKind> {
    return unlessAborted(this.#context.watched.watch(object, elsewhere), this.#signal);
  }

  /** The store may show a later version by now, of which nothing is known. */
  #markRight({ object }: Target, found: Readonly<AnyObject>, shown: Readonly<AnyObject> | undefined): void {
    const isFound = shown?.metadata.resourceVersion === found.metadata.resourceVersion;
    if (shown && isFound) this.#context.right.set(shown, object);
  }

  async #delete({ watched: { store, client }, object }: Seen): Promise<void> {
    const { uid, deletionTimestamp } = object.metadata;
    if (uid === undefined || deletionTimestamp !== undefined) return;
    await store.delete(keyOf(client, object), { uid }, () => this.#guard());
    this.#context.settling.deleted(this.#owner);
  }

  /** Asks the API server: the memory may lag behind. */
  async #isAnyLeft(kinds: readonly WatchedKind[]): Promise<boolean> {
    const left = kinds.map(async ({ client, elsewhere }) => {
      try {
        const labelSelector = selectorOf(this.#owner, elsewhere);
        return (await client.list({ labelSelector, limit: 1 })).items.length > 0;
      } catch (error) {
        if (isNotFound(error)) return false; // the definition of the kind has gone, and its objects with it
        throw error;
      }
    });
    return (await Promise.all(left)).includes(true);
  }
}

/**
 * What others put into a list may not go with what is ours there, a port of the same name for one. Then lists are
 * replaced first, in the very object that is known.
 */
async function sent(
  client: WatchedKind['client'],
  object: AnyObject,
  known: Readonly<AnyObject> | undefined,
): Promise<AnyObject> {
  // Nobody's fields are taken over of what may have come into being since.
  if (!known) return client.apply(object);
  const stored = await client.apply(object, { force: true }).catch(unlessInvalid);
  if (!(stored instanceof KubeError)) return stored;
  await client.merge({ ...object, metadata: { ...object.metadata, uid: known.metadata.uid! } });
  return client.apply(object, { force: true });
}

function unlessInvalid(error: unknown): KubeError {
  if (isInvalid(error)) return error;
  throw error;
}

/** Applied by us, and maybe made more of by others. */
const isMaker = ({ watched, object }: Seen): boolean => isApplied(watched.type, object);

const hasController = ({ metadata }: Readonly<AnyObject>): boolean =>
  metadata.ownerReferences?.some(({ controller }) => controller) ?? false;

function unlessNoKind(error: unknown): undefined {
  if (!(error instanceof NoKindError)) throw error;
}

const FIELDS_TOLD = 5;

function summary(fields: readonly string[]): string {
  const more = fields.length > FIELDS_TOLD ? ` and ${fields.length - FIELDS_TOLD} more` : '';
  return fields.slice(0, FIELDS_TOLD).join(', ') + more;
}

/** What the API server says of it may quote values. */
const refusal = (words: string, { fields }: KubeError): string =>
  `${words} is not valid${fields.length > 0 ? `: the API server refuses ${summary(fields)}` : ''}`;
