// The Secrets that an instance or a binding has of the broker, and what of them must not be lost: it cannot be made again.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, OwnerReference, Secret } from '../kube/types.js';
import { isOwnedBy, secretName } from './binding-secret.js';
import { keptSecretName, KINDS, recordOfKinds } from './kept-secret.js';
import { BINDINGS, GROUP, INSTANCES, SECRET_LABEL } from './kinds.js';
import { keysInUse, parametersSecretName } from './secret-parameters.js';

/** Names of values, with commas between them, that an operator takes out of a kept Secret to have them made anew. */
export const RENEW = `${GROUP}/renew`;

/** When the broker put something back last: by it, replicas know a version that is right from one that somebody made. */
export const PUT_BACK = `${GROUP}/put-back`;

type Values = Readonly<Record<string, string>>;

const METADATA = ['labels', 'annotations', 'ownerReferences'] as const;

export const roleOf = ({ metadata }: Readonly<Secret>): string | undefined => metadata.labels?.[SECRET_LABEL];

export const ownSecretNames = (owner: Readonly<KubeObject>): string[] => [
  parametersSecretName(owner),
  keptSecretName(owner),
  ...(owner.kind === BINDINGS.kind ? [secretName(owner)] : []),
];

/** Which instance or binding the Secret belongs to. */
export const ownerOf = ({ metadata }: Readonly<Secret>): OwnerReference | undefined =>
  metadata.ownerReferences?.find(isOurs);

/** Whether a replica put something back since the version of before. */
export function isPutBack({ metadata }: Readonly<Secret>, before: Readonly<Secret>): boolean {
  const at = metadata.annotations?.[PUT_BACK];
  return at !== undefined && at !== before.metadata.annotations?.[PUT_BACK];
}

/** A Secret that lacks something of what the broker had put into it. */
export interface Loss {
  /** With all of it, and with whatever else it has now. */
  secret: Secret;
  /** In words, without a value. */
  what: string;
}

/** Undefined where nothing of `before` is missing that its owner needs. `shown` is what has its name now, if anything. */
export function lossIn(
  shown: Readonly<Secret> | undefined,
  before: Readonly<Secret>,
  owner: Readonly<KubeObject>,
): Loss | undefined {
  const { name, uid } = before.metadata;
  const isSame = shown && (isOwnedBy(shown, owner) || (uid !== undefined && uid === shown.metadata.uid));
  const now = isSame ? shown : undefined;
  const secret = completed(now, before, owner);
  if (!now) {
    const isNeeded = roleOf(before) !== 'parameters' || Object.keys(secret.data!).length > 0;
    return isNeeded ? { secret, what: `Secret ${name} is missing` } : undefined;
  }
  const fields = [
    ...METADATA.filter((field) => !isDeepStrictEqual(now.metadata[field] ?? {}, secret.metadata[field])).map(
      (field) => `metadata.${field}`,
    ),
    ...Object.entries(secret.data!)
      .filter(([key, value]) => now.data?.[key] !== value)
      .map(([key]) => `data.${key}`),
  ];
  return fields.length === 0 ? undefined : { secret, what: `Secret ${name} differs in ${fields.join(', ')}` };
}

function completed(
  now: Readonly<Secret> | undefined,
  before: Readonly<Secret>,
  owner: Readonly<KubeObject>,
): Secret {
  const { name, labels = {}, annotations = {}, ownerReferences = [] } = before.metadata;
  const { apiVersion, kind, type } = before;
  const essential = { apiVersion, kind, ...(type === undefined ? {} : { type }) };
  const needed = neededOf(before, owner);
  if (!now) {
    return { ...essential, metadata: { name, labels, annotations, ownerReferences }, data: needed };
  }
  const renewed = now.metadata.annotations?.[RENEW]?.split(',').map((each) => each.trim()) ?? [];
  return {
    ...essential,
    metadata: {
      ...now.metadata,
      labels: { ...now.metadata.labels, ...ours(labels) },
      annotations: { ...now.metadata.annotations, ...ours(annotations), ...recordOfKinds(now, before) },
      ownerReferences: now.metadata.ownerReferences?.some(isOurs)
        ? now.metadata.ownerReferences
        : [...(now.metadata.ownerReferences ?? []), ...ownerReferences.filter(isOurs)],
    },
    data: { ...now.data, ...without(needed, renewed) },
  };
}

/** Of the secret parameters, those that are referred to: an update drops the others. */
function neededOf(before: Readonly<Secret>, owner: Readonly<KubeObject>): Values {
  const { data = {} } = before;
  if (roleOf(before) !== 'parameters') return data;
  const used = keysInUse(owner);
  return without(
    data,
    Object.keys(data).filter((key) => !used.has(key)),
  );
}

const without = (values: Values, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));

const ours = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => isEssential(name)));

const isEssential = (name: string): boolean =>
  name.startsWith(`${GROUP}/`) && ![RENEW, KINDS, PUT_BACK].includes(name);

/** To an instance or a binding. */
export const isOurs = ({ apiVersion, kind }: OwnerReference): boolean =>
  apiVersion.startsWith(`${GROUP}/`) && [INSTANCES.kind, BINDINGS.kind].includes(kind);
