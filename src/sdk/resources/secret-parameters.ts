// Parameters that a plan's schema marks `writeOnly` are secret: in a custom resource, a reference to a key of a Secret
// stands in their place. Whoever uses kubectl writes such a reference too.
import { type KubeObject, type Secret } from '../kube/types.js';
import { SECRET_LABEL } from './kinds.js';

type JsonObject = Record<string, unknown>;

export interface SecretKeyRef {
  secretKeyRef: { name: string; key: string };
}

export function isSecretKeyRef(value: unknown): value is SecretKeyRef {
  const ref = (value as Partial<SecretKeyRef> | null | undefined)?.secretKeyRef;
  return typeof ref?.name === 'string' && typeof ref.key === 'string';
}

/** The Secret that holds the secret parameters of an instance or a binding. */
export const parametersSecretName = ({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string =>
  `${kind === 'ServiceBinding' ? 'binding' : 'instance'}-parameters-${metadata.name}`;

interface Parametrised {
  spec?: { parameters?: JsonObject };
  status?: { applied?: { parameters?: JsonObject } };
}

export interface Hidden {
  /** With references in place of what is secret. */
  parameters: JsonObject;
  /** The values, by the Secret's keys. */
  values: Record<string, string>;
}

/** Takes the named parameters out. `suffix` makes the keys new, so that values of before can stay beside them. */
export function hide(
  parameters: JsonObject,
  secret: ReadonlySet<string>,
  secretName: string,
  suffix: string,
): Hidden {
  const values: Record<string, string> = {};
  const entries = Object.entries(parameters).map(([name, value]) => {
    if (!secret.has(name) || typeof value !== 'string') return [name, value];
    const key = `${name.replace(/[^-._a-zA-Z0-9]/g, '_')}.${suffix}`;
    values[key] = value;
    return [name, { secretKeyRef: { name: secretName, key } }];
  });
  return { parameters: Object.fromEntries(entries) as JsonObject, values };
}

export interface Revealed {
  /** Without those that are missing. */
  parameters: JsonObject;
  /** Names of parameters whose Secret or key is not there. */
  missing: string[];
}

/**
 * Puts the values back. A reference counts only where the plan says that the parameter is secret, or where the Secret
 * is the object's own; and only to Secrets that are labelled for it: nobody reads other Secrets through a parameter.
 */
export function reveal(
  parameters: JsonObject,
  secret: ReadonlySet<string>,
  own: string,
  find: (name: string) => Readonly<Secret> | undefined,
): Revealed {
  const missing: string[] = [];
  const entries = Object.entries(parameters).flatMap(([name, value]): [string, unknown][] => {
    if (!isSecretKeyRef(value) || !(secret.has(name) || value.secretKeyRef.name === own))
      return [[name, value]];
    const found = find(value.secretKeyRef.name);
    const labelled = found?.metadata.labels?.[SECRET_LABEL] === 'parameters';
    const encoded = labelled ? found.data?.[value.secretKeyRef.key] : undefined;
    if (encoded === undefined) {
      missing.push(name);
      return [];
    }
    return [[name, Buffer.from(encoded, 'base64').toString('utf8')]];
  });
  return { parameters: Object.fromEntries<unknown>(entries), missing };
}

/** The keys of the object's own Secret that its parameters refer to, those that are wanted and those that were applied. */
export function keysInUse(object: Readonly<KubeObject>): Set<string> {
  const { spec, status } = object as Parametrised;
  const own = parametersSecretName(object);
  const refs = [spec?.parameters, status?.applied?.parameters].flatMap((parameters) =>
    Object.values(parameters ?? {}).filter(isSecretKeyRef),
  );
  return new Set(refs.flatMap(({ secretKeyRef: { name, key } }) => (name === own ? [key] : [])));
}

/** What of the parameters is not secret. */
export function openParameters(parameters: JsonObject | undefined): JsonObject {
  return Object.fromEntries(Object.entries(parameters ?? {}).filter(([, value]) => !isSecretKeyRef(value)));
}

/** The properties of a parameters schema that are marked `writeOnly`. */
export function secretNames(schema: JsonObject | undefined): ReadonlySet<string> {
  const properties = schema?.properties as Record<string, { writeOnly?: unknown }> | undefined;
  return new Set(
    Object.entries(properties ?? {}).flatMap(([name, { writeOnly }]) => (writeOnly === true ? [name] : [])),
  );
}

/** The Secret with these values; owned, so that it goes with its owner. */
export function parametersSecret(owner: KubeObject, values: Record<string, string>): Secret {
  const { apiVersion, kind, metadata } = owner;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: parametersSecretName(owner),
      labels: { [SECRET_LABEL]: 'parameters' },
      ownerReferences: [
        {
          apiVersion,
          kind,
          name: metadata.name,
          uid: metadata.uid!,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}
