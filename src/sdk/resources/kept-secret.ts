// The Secret of an instance's own: the values that were made once for it, and which kinds of objects it may have.
import type { Secret } from '../kube/types.js';
import { GROUP, INSTANCES, SECRET_LABEL, type ServiceInstance } from './kinds.js';

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

const KINDS = `${GROUP}/kinds`;

export const keptSecretName = (instance: string): string => `instance-kept-${instance}`;

export const isKept = ({ metadata }: Readonly<Secret>): boolean =>
  metadata.labels?.[SECRET_LABEL] === 'kept' && metadata.name.startsWith(keptSecretName(''));

/** Owned, so that it goes with the instance. */
export function keptSecret(instance: Readonly<ServiceInstance>, { values, kinds }: KeptContent): Secret {
  const { apiVersion, metadata } = instance;
  const { name, uid } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: keptSecretName(name),
      labels: { [SECRET_LABEL]: 'kept' },
      annotations: { [KINDS]: JSON.stringify(kinds) },
      ownerReferences: [
        { apiVersion, kind: INSTANCES.kind, name, uid: uid!, controller: true, blockOwnerDeletion: true },
      ],
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

/** The first list, with what the second adds to it; the very same list where that is nothing. */
export function withKinds(known: readonly UsedKind[], more: readonly UsedKind[]): readonly UsedKind[] {
  const seen = new Set(known.map(wordsFor));
  const added = more.filter((kind) => !seen.has(wordsFor(kind)) && seen.add(wordsFor(kind)));
  return added.length === 0 ? known : [...known, ...added];
}

const wordsFor = ({ apiVersion, kind, elsewhere, byOthers }: UsedKind): string =>
  [apiVersion, kind, elsewhere === true, byOthers === true].join(' ');
