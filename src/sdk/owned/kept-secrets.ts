// What is kept for an instance, or a binding, in a Secret of its own: values that are made once, and which kinds of objects
// an instance may have, written down before the first of a kind is made. Knows nothing of the objects themselves.
import type { KeepSecrets } from '../authoring/owned-resources.js';
import { isAlreadyExists, isConflict, isNotFound } from '../kube/errors.js';
import type { KubeObject, Secret } from '../kube/types.js';
import {
  contentOf,
  instanceKeptSecretName,
  isKept,
  type KeptContent,
  keptSecret,
  keptSecretName,
  kindsOf,
  type UsedKind,
  withKinds,
} from '../resources/kept-secret.js';
import { isOwnedBy } from '../resources/binding-secret.js';
import type { ServiceInstance } from '../resources/kinds.js';
import type { Store } from '../runtime/store.js';

type Owner = Readonly<KubeObject>;

const LEGAL_NAME = /^[-._a-zA-Z0-9]{1,253}$/;

export class KeptSecrets {
  readonly #secrets: Store<Secret>;

  constructor(secrets: Store<Secret>) {
    this.#secrets = secrets;
  }

  /** Those that any instance may have objects of. */
  usedKinds(): readonly UsedKind[] {
    const kinds = this.#secrets.list().flatMap((secret) => (isKept(secret) ? kindsOf(secret) : []));
    return withKinds([], kinds);
  }

  kindsOf(instance: string): readonly UsedKind[] {
    const secret = this.#secrets.get(instanceKeptSecretName(instance));
    return secret && isKept(secret) ? kindsOf(secret) : [];
  }

  /** Resolves when it is on record that the instance may have objects of these kinds. */
  async record(instance: Readonly<ServiceInstance>, kinds: readonly UsedKind[]): Promise<void> {
    await this.#change(instance, (content) => {
      const all = withKinds(content.kinds, kinds);
      return all === content.kinds ? content : { ...content, kinds: all };
    });
  }

  keep(owner: Owner): KeepSecrets {
    return async <Name extends string>(makers: Readonly<Record<Name, () => string | Promise<string>>>) => {
      const names = Object.keys(makers) as Name[];
      const illegal = names.find((name) => !LEGAL_NAME.test(name));
      if (illegal !== undefined)
        throw new TypeError(`${JSON.stringify(illegal)} cannot be a key of a Secret`);
      const made = new Map<Name, string>();
      const { values } = await this.#change(owner, async (content) => {
        const missing = names.filter((name) => !Object.hasOwn(content.values, name));
        for (const name of missing) if (!made.has(name)) made.set(name, await makers[name]());
        if (missing.length === 0) return content;
        const added = Object.fromEntries(missing.map((name) => [name, made.get(name)!]));
        return { ...content, values: { ...content.values, ...added } };
      });
      return Object.fromEntries(names.map((name) => [name, values[name]])) as Record<Name, string>;
    };
  }

  /** Writes what the function makes of what is there, unless it is the same; again where somebody else was faster. */
  async #change(
    owner: Owner,
    change: (content: KeptContent) => KeptContent | Promise<KeptContent>,
  ): Promise<KeptContent> {
    const found = this.#secrets.get(keptSecretName(owner));
    let present = found && isKept(found) && isOf(owner, found) ? found : undefined;
    for (;;) {
      const content = contentOf(present);
      const wanted = await change(content);
      if (wanted === content) return content;
      try {
        return contentOf(await this.#write(owner, present, wanted));
      } catch (error) {
        if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error)) throw error;
        present = await this.#reread(owner);
      }
    }
  }

  #write(
    owner: Owner,
    present: Readonly<Secret> | undefined,
    content: KeptContent,
  ): Promise<Readonly<Secret>> {
    const { kind, metadata } = owner;
    if (metadata.uid === undefined) {
      throw new Error(`the ${kind} ${metadata.name} is gone: nothing can be made for it`);
    }
    const secret = keptSecret(owner, content);
    if (!present) return this.#secrets.create(secret);
    return this.#secrets.replace({ ...secret, metadata: { ...present.metadata, ...secret.metadata } });
  }

  async #reread(owner: Owner): Promise<Readonly<Secret> | undefined> {
    const name = keptSecretName(owner);
    const found = await this.#secrets.read(name);
    if (!found || (isKept(found) && isOf(owner, found))) return found;
    if (!isKept(found)) {
      throw new Error(`a Secret named ${name} that is not this broker's is in the way: remove or rename it`);
    }
    // It belongs to an earlier owner of the same name, and has not been collected yet.
    const { uid } = found.metadata;
    await this.#secrets.delete(name, uid === undefined ? {} : { uid });
    return undefined;
  }
}

/** Who is gone has no uid; what was kept for them may still be there. */
const isOf = (owner: Owner, secret: Readonly<Secret>): boolean =>
  owner.metadata.uid === undefined || isOwnedBy(secret, owner);
