// A manifest made ready to be applied: with the labels of its owner and the reference to it, and its place in the API.
import { TerminalError } from '../authoring/outcome.js';
import type { KindReference, Manifest } from '../authoring/owned-resources.js';
import { type Discovery, type DiscoveredType } from '../kube/discovery.js';
import { keyOf, type KubeObject } from '../kube/types.js';
import type { UsedKind } from '../resources/kept-secret.js';
import { SECRETS } from '../resources/kinds.js';
import { withProtocols } from './port-protocols.js';
import { type AnyObject, annotationsOf, identityOf, labelsOf, type Owner } from './owner.js';

export interface Target {
  readonly type: DiscoveredType;
  /** Not in the broker's namespace. */
  readonly elsewhere: boolean;
  /** The name by which the kind's store knows it. */
  readonly key: string;
  readonly identity: string;
  /** For people, as `ConfigMap web`. */
  readonly words: string;
  readonly object: AnyObject;
}

export async function targetOf(discovery: Discovery, owner: Owner, manifest: Manifest): Promise<Target> {
  const type = await discovery.typeOf(manifest);
  const { name, namespace: named, labels, annotations, ...more } = manifest.metadata;
  const namespace = type.namespaced ? (named ?? owner.namespace) : undefined;
  const elsewhere = namespace !== owner.namespace;
  const place = { name, ...(namespace === undefined ? {} : { namespace }) };
  const identity = identityOf(type, place);
  const metadata = {
    ...more,
    ...place,
    labels: { ...labels, ...labelsOf(owner) },
    annotations: { ...annotations, ...annotationsOf(owner, identity) },
    // An owner has to be in the same namespace.
    ...(elsewhere || !owner.reference ? {} : { ownerReferences: [owner.reference] }),
  };
  return {
    type,
    elsewhere,
    key: keyOf({ namespace: elsewhere ? '' : owner.namespace }, { metadata }),
    identity,
    words: wordsFor(owner, { kind: type.kind, metadata }),
    // A copy: it is compared with what is asked for later.
    object: structuredClone({ ...withProtocols(type.group, withData(type, manifest)), metadata }),
  };
}

/** What one apply names twice would have two ideas of itself. */
export function refuseTwins(targets: readonly Target[]): void {
  const seen = new Set<string>();
  for (const { identity, words } of targets) {
    if (seen.has(identity)) throw new TerminalError(`${words} is named twice`);
    seen.add(identity);
  }
}

export const wordsFor = (owner: Owner, { kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string => {
  const { name, namespace = owner.namespace } = metadata;
  return `${kind} ${name}${namespace === owner.namespace ? '' : ` in the namespace ${namespace}`}`;
};

/** What others make on behalf of the targets is where these are. */
export async function usedKinds(
  discovery: Discovery,
  targets: readonly Target[],
  also: readonly KindReference[],
): Promise<UsedKind[]> {
  const used = targets.map(({ object, elsewhere }) => usedKind(object, elsewhere));
  const places = new Set(targets.flatMap(({ type, elsewhere }) => (type.namespaced ? [elsewhere] : [])));
  for (const kind of also) {
    const { namespaced } = await discovery.typeOf(kind);
    for (const elsewhere of namespaced ? places : [true]) {
      used.push({ ...usedKind(kind, elsewhere), byOthers: true });
    }
  }
  return used;
}

const usedKind = ({ apiVersion, kind }: KindReference, elsewhere: boolean): UsedKind => ({
  apiVersion,
  kind,
  ...(elsewhere ? { elsewhere } : {}),
});

/** `stringData` is write-only: a key that it does not name any more would stay. */
function withData({ group, kind }: DiscoveredType, manifest: Manifest): Manifest {
  const { stringData, ...rest } = manifest;
  if (group !== SECRETS.group || kind !== SECRETS.kind || typeof stringData !== 'object') return manifest;
  const encoded = Object.entries(stringData ?? {}).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  return {
    ...rest,
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    metadata: manifest.metadata,
    data: { ...(rest.data as object | undefined), ...Object.fromEntries(encoded) },
  };
}
