// Between the form of a version and the stored form, and what keeps an object alive that is being deleted.
import { groupVersion, type Kind } from './kinds.js';
import { isJsonObject, type ApiObject } from './objects.js';

/** The object as the kind's version shows it. */
export function fromStored(kind: Kind, stored: ApiObject): ApiObject {
  const apiVersion = groupVersion(kind);
  if (kind.encode) return kind.encode(stored);
  return stored.apiVersion === apiVersion ? stored : { ...stored, apiVersion };
}

export function toStored(kind: Kind, object: ApiObject): ApiObject {
  return kind.decode?.(object) ?? object;
}

/** Whether finalizers hold the object; a namespace has some of its own. */
export function isHeld(object: ApiObject): boolean {
  if (object.metadata.finalizers?.length) return true;
  const spec = object.kind === 'Namespace' && isJsonObject(object['spec']) ? object['spec'] : {};
  return Array.isArray(spec['finalizers']) && spec['finalizers'].length > 0;
}
