// Joins into one cache what the reflector delivers, which comes late, and the answers to our own requests, which come out
// of turn. resourceVersions tell same from different here, never older from newer: an answer is laid over its name, and
// as the watch delivers every version in order, all that it delivers there before the version of the answer is older and
// stays beneath. The cover comes off with that version, with the deletion of that very object, or with a list that was
// begun after the answer.
import { isRemoved } from '../kube/resource-client.js';
import type { KubeObject } from '../kube/types.js';
import type { ObjectCache } from './cache.js';
import { type Clock, systemClock } from './clock.js';
import type { ReflectorTarget } from './reflector.js';

/** For how long the watch may leave an answer unconfirmed before a new list is asked for. */
const CONFIRM_WITHIN_MS = 10_000;

interface Cover<T> {
  uid: string | undefined;
  /** Undefined when the answer was that the object is gone: only its deletion confirms that. */
  resourceVersion: string | undefined;
  /** What the watch delivered last. */
  beneath: Readonly<T> | undefined;
  /** When it was laid, on the scale of list beginnings. */
  sequence: number;
  since: number;
}

/** What the watch tells of one name while a request about it is under way. */
export interface Observation {
  readonly name: string;
  readonly versions: Set<string>;
  readonly deletedUids: Set<string>;
  /** Another request about the name, or a list, ran at the same time: which answer is newer cannot be told. */
  isAmbiguous: boolean;
}

export interface ReadYourWritesOptions<T extends KubeObject> {
  cache: ObjectCache<T>;
  /** Asks the reflector for a new list. */
  relist: () => void;
  clock?: Clock;
}

export class ReadYourWrites<T extends KubeObject> implements ReflectorTarget<T> {
  readonly #cache: ObjectCache<T>;
  readonly #relist: () => void;
  readonly #clock: Clock;
  readonly #covers = new Map<string, Cover<T>>();
  readonly #observations = new Map<string, Set<Observation>>();
  #sequence = 0;
  #listBegan: number | undefined;
  #cancelCheck: (() => void) | undefined;

  constructor(options: ReadYourWritesOptions<T>) {
    this.#cache = options.cache;
    this.#relist = options.relist;
    this.#clock = options.clock ?? systemClock;
  }

  /** To be called before a request about `name` is sent; `end` is to follow, however the request ends. */
  begin(name: string): Observation {
    const delivered = this.#delivered(name)?.metadata.resourceVersion;
    const others = this.#observations.get(name) ?? new Set<Observation>();
    for (const other of others) other.isAmbiguous = true;
    const observation: Observation = {
      name,
      versions: new Set(delivered === undefined ? [] : [delivered]), // a write that changes nothing answers with it
      deletedUids: new Set(),
      isAmbiguous: others.size > 0 || this.#listBegan !== undefined,
    };
    this.#observations.set(name, others.add(observation));
    return observation;
  }

  end(observation: Observation): void {
    const all = this.#observations.get(observation.name);
    all?.delete(observation);
    if (all?.size === 0) this.#observations.delete(observation.name);
  }

  /** The answer to a request that was observed: the object as it was stored. Writes of one name must not overlap. */
  stored(observation: Observation, object: T): void {
    const { uid, resourceVersion } = object.metadata;
    if (isRemoved(object)) return this.gone(observation, uid);
    if (resourceVersion === undefined) return;
    const isDelivered = observation.versions.has(resourceVersion) || wasDeleted(observation, uid);
    if (isDelivered) return this.#uncover(observation.name);
    this.#cover(observation, { uid, resourceVersion });
    this.#cache.set(object);
  }

  /** The answer that the object with this uid is no more. */
  gone(observation: Observation, uid: string | undefined): void {
    if (wasDeleted(observation, uid)) return this.#uncover(observation.name);
    // Of another object, or of one that is not shown yet, nothing has to be hidden.
    if (uid === undefined || this.#cache.get(observation.name)?.metadata.uid !== uid) return;
    this.#cover(observation, { uid, resourceVersion: undefined });
    this.#cache.delete(observation.name);
  }

  listBegins(): void {
    this.#listBegan = ++this.#sequence;
    for (const group of this.#observations.values()) for (const one of group) one.isAmbiguous = true;
  }

  listed(object: T): Readonly<T> {
    return this.#cache.known(object);
  }

  replace(objects: Readonly<T>[]): void {
    const listed = new Map(objects.map((object) => [this.#cache.keyOf(object), object]));
    this.#settle(listed);
    for (const name of this.#cache.names()) {
      if (!listed.has(name) && !this.#covers.has(name)) this.#cache.delete(name);
    }
    for (const [name, object] of listed) if (!this.#covers.has(name)) this.#cache.set(object);
  }

  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    const { uid, resourceVersion } = object.metadata;
    const name = this.#cache.keyOf(object);
    for (const observation of this.#observations.get(name) ?? []) {
      if (resourceVersion !== undefined) observation.versions.add(resourceVersion);
      if (type === 'DELETED' && uid !== undefined) observation.deletedUids.add(uid);
    }
    if (type === 'DELETED') return this.#deleted(name, uid);
    const cover = this.#covers.get(name);
    if (cover && cover.resourceVersion !== resourceVersion) {
      cover.beneath = object;
      return;
    }
    this.#covers.delete(name);
    this.#cache.set(object);
  }

  stop(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
  }

  /** What was made in its place stays, should the deletion be told twice. */
  #deleted(name: string, uid: string | undefined): void {
    const cover = this.#covers.get(name);
    if (!cover) {
      if (this.#cache.get(name)?.metadata.uid === uid) this.#cache.delete(name);
      return;
    }
    if (cover.beneath?.metadata.uid === uid) cover.beneath = undefined;
    if (cover.uid === uid) this.#uncover(name);
  }

  /** Takes off the covers that a list has made needless, and lets the observations know of it. */
  #settle(listed: Map<string, Readonly<T>>): void {
    const began = this.#listBegan ?? 0;
    this.#listBegan = undefined;
    for (const [name, cover] of this.#covers) {
      const object = listed.get(name);
      const isListed = object !== undefined && object.metadata.resourceVersion === cover.resourceVersion;
      if (isListed || cover.sequence < began) this.#covers.delete(name);
      else cover.beneath = object;
    }
    for (const [name, observations] of this.#observations) {
      const version = listed.get(name)?.metadata.resourceVersion;
      for (const { versions } of observations) if (version !== undefined) versions.add(version);
    }
  }

  #delivered(name: string): Readonly<T> | undefined {
    const cover = this.#covers.get(name);
    return cover ? cover.beneath : this.#cache.get(name);
  }

  #cover(observation: Observation, answer: Pick<Cover<T>, 'uid' | 'resourceVersion'>): void {
    const beneath = this.#delivered(observation.name);
    const sequence = ++this.#sequence;
    this.#covers.set(observation.name, { ...answer, beneath, sequence, since: this.#clock.monotonic() });
    this.#checkLater();
  }

  /** The answer was delivered before it came, so that what is beneath is as new as it, and newer than the cover. */
  #uncover(name: string): void {
    const cover = this.#covers.get(name);
    if (!cover) return;
    this.#covers.delete(name);
    if (cover.beneath) this.#cache.set(cover.beneath);
    else this.#cache.delete(name);
  }

  /**
   * A version that fell between the request and a list that ran at the same time may never be delivered. A new list
   * settles that; it is not asked for at once, because nearly always the version is merely on its way.
   */
  #checkLater(): void {
    this.#cancelCheck ??= this.#clock.after(CONFIRM_WITHIN_MS, () => this.#check(), { background: true });
  }

  #check(): void {
    this.#cancelCheck = undefined;
    const now = this.#clock.monotonic();
    const isLate = [...this.#covers.values()].some(({ since }) => now - since >= CONFIRM_WITHIN_MS);
    if (isLate) this.#relist();
    if (this.#covers.size > 0) this.#checkLater();
  }
}

function wasDeleted(observation: Observation, uid: string | undefined): boolean {
  return uid !== undefined && observation.deletedUids.has(uid);
}
