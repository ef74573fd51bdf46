// Whose an object is: told by its labels alone, so that it can be told after anything.
import type { KubeObject, OwnerReference, ResourceType } from '../kube/types.js';
import {
  API_VERSION,
  BINDING_LABEL,
  BINDINGS,
  BROKER_LABEL,
  GROUP,
  INSTANCE_LABEL,
  INSTANCES,
  type ServiceBinding,
  type ServiceInstance,
} from '../resources/kinds.js';

/** An instance, or one of its bindings. */
export interface Owner {
  instance: string;
  binding?: string;
  /** The broker's namespace, and that of its resources. */
  namespace: string;
  /** To its resource; undefined where that is gone. */
  reference?: OwnerReference;
}

/** An object of any kind, with whatever fields it has. */
export interface AnyObject extends KubeObject {
  [field: string]: unknown;
}

/**
 * On what was applied, and not on what others made of it: which object that was, and for whom. A copy has the annotation
 * too, and another name, or another kind where a controller hands it on.
 */
const APPLIED = `${GROUP}/applied`;

export function instanceOwner({ metadata }: Readonly<ServiceInstance>, namespace: string): Owner {
  return { instance: metadata.name, namespace, ...referenceTo(INSTANCES.kind, metadata) };
}

export function bindingOwner(
  { metadata }: Readonly<ServiceBinding>,
  instance: string,
  namespace: string,
): Owner {
  return { instance, binding: metadata.name, namespace, ...referenceTo(BINDINGS.kind, metadata) };
}

function referenceTo(kind: string, { name, uid }: KubeObject['metadata']): { reference?: OwnerReference } {
  return uid === undefined ? {} : { reference: { apiVersion: API_VERSION, kind, name, uid } };
}

export const labelsOf = ({ instance, binding, namespace }: Owner): Record<string, string> => ({
  [INSTANCE_LABEL]: instance,
  [BROKER_LABEL]: namespace,
  ...(binding === undefined ? {} : { [BINDING_LABEL]: binding }),
});

/** In other namespaces, brokers may be others whose instances have the same names. */
export const selectorOf = ({ instance, binding, namespace }: Owner, elsewhere: boolean): string =>
  [
    `${INSTANCE_LABEL}=${instance}`,
    ...(binding === undefined ? [] : [`${BINDING_LABEL}=${binding}`]),
    ...(elsewhere ? [`${BROKER_LABEL}=${namespace}`] : []),
  ].join(',');

/** The owner's very own: of an instance, nothing that is a binding's. */
export const isOwn = (owner: Owner, object: Readonly<KubeObject>): boolean =>
  isUnder(owner, object) && object.metadata.labels?.[BINDING_LABEL] === owner.binding;

/** The owner's own, and of an instance what its bindings own. */
export function isUnder(owner: Owner, { metadata }: Readonly<KubeObject>): boolean {
  const { labels = {}, namespace } = metadata;
  return (
    labels[INSTANCE_LABEL] === owner.instance &&
    (owner.binding === undefined || labels[BINDING_LABEL] === owner.binding) &&
    (namespace === owner.namespace || labels[BROKER_LABEL] === owner.namespace)
  );
}

/** Which object it is, whatever version of its kind it is seen in. */
export const identityOf = (
  { kind, group }: ResourceType,
  { name, namespace }: KubeObject['metadata'],
): string => [group === '' ? kind : `${kind}.${group}`, namespace ?? '', name].join('/');

export const annotationsOf = (owner: Owner, identity: string): Record<string, string> => ({
  [APPLIED]: `${identity} for ${[owner.namespace, owner.instance, owner.binding ?? ''].join('/')}`,
});

/** By whomever. */
export const isApplied = (type: ResourceType, { metadata }: Readonly<KubeObject>): boolean =>
  metadata.annotations?.[APPLIED]?.startsWith(`${identityOf(type, metadata)} for `) ?? false;

/** The owner's own, also where somebody took its labels away. */
export function isOurs(owner: Owner, type: ResourceType, object: Readonly<KubeObject>): boolean {
  const { [APPLIED]: applied } = annotationsOf(owner, identityOf(type, object.metadata));
  return isOwn(owner, object) || object.metadata.annotations?.[APPLIED] === applied;
}
