// The Secret of an instance's, or a binding's, own: the values that were made once for it; and of an instance, which kinds
// of objects it may have.
import type { KubeObject, Secret } from '../kube/types.js';
import { BINDINGS, GROUP, INSTANCES, SECRET_LABEL } from './kinds.js';

/** A kind of object that an instance or one of its bindings has, or had. */
export interface UsedKind {
  apiVersion: string;
  kind: string;
  /** Not in the broker's namespace: in another, or in none. */
  elsewhere?: true;
  /** Objects of it are made by others, on behalf of what is applied. */
  byOthers?: true;
}

export interface KeptContent {
  values: Readonly<Record<string, string>>;
  kinds: readonly UsedKind[];
}

/** The annotation with the kinds of objects, which only grows. */
export const KINDS = `${GROUP}/kinds`;

export const keptSecretName = ({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string =>
  `${kind === BINDINGS.kind ? 'binding' : 'instance'}-kept-${metadata.name}`;

/** That of an instance of this name, also where that is gone. */
export const instanceKeptSecretName = (name: string): string =>
  keptSecretName({ kind: INSTANCES.kind, metadata: { name } });

export const isKept = ({ metadata }: Readonly<Secret>): boolean =>
  metadata.labels?.[SECRET_LABEL] === 'kept' && /^(instance|binding)-kept-/.test(metadata.name);

/** Owned, so that it goes with its owner. */
export function keptSecret(owner: Readonly<KubeObject>, { values, kinds }: KeptContent): Secret {
  const { apiVersion, kind, metadata } = owner;
  const { name, uid } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: keptSecretName(owner),
      labels: { [SECRET_LABEL]: 'kept' },
      annotations: { [KINDS]: JSON.stringify(kinds) },
      ownerReferences: [{ apiVersion, kind, name, uid: uid!, controller: true, blockOwnerDeletion: true }],
    },
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}

export function contentOf(secret: Readonly<Secret> | undefined): KeptContent {
  const values = Object.entries(secret?.data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return { values: Object.fromEntries(values) as Record<string, string>, kinds: kindsOf(secret) };
}

export function kindsOf(secret: Readonly<Secret> | undefined): readonly UsedKind[] {
  try {
    const kinds: unknown = JSON.parse(secret?.metadata.annotations?.[KINDS] ?? '[]');
    return Array.isArray(kinds) ? (kinds as UsedKind[]) : [];
  } catch {
    return []; // somebody edited it; what is applied next is recorded anew
  }
}

/** The annotation with the kinds of both versions; none where the later one has them all. */
export function recordOfKinds(now: Readonly<Secret>, before: Readonly<Secret>): Record<string, string> {
  const known = kindsOf(now);
  const all = withKinds(known, kindsOf(before));
  return all === known ? {} : { [KINDS]: JSON.stringify(all) };
}

/** The first list, with what the second adds to it; the very same list where that is nothing. */
export function withKinds(known: readonly UsedKind[], more: readonly UsedKind[]): readonly UsedKind[] {
  const seen = new Set(known.map(wordsFor));
  const added = more.filter((kind) => !seen.has(wordsFor(kind)) && seen.add(wordsFor(kind)));
  return added.length === 0 ? known : [...known, ...added];
}

const wordsFor = ({ apiVersion, kind, elsewhere, byOthers }: UsedKind): string =>
  [apiVersion, kind, elsewhere === true, byOthers === true].join(' ');
