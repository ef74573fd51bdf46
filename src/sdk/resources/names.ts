// How a platform's id becomes the name of a Kubernetes object.
import { createHash } from 'node:crypto';

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const HASHED = 'id-';

/**
 * The name of the object for a platform's id: the id itself where that is a legal DNS label (RFC 1123), else a
 * hash of it. No two ids share a name: an id that looks like one of our hashes is hashed too.
 */
export function objectName(id: string): string {
  if (DNS_LABEL.test(id) && !id.startsWith(HASHED)) return id;
  return HASHED + createHash('sha224').update(id, 'utf8').digest('hex');
}

/** Can an instance or a binding of ours have this name? */
export const isObjectName = (name: string): boolean => DNS_LABEL.test(name);

/** A readable object name for an offering, from the service's name. Services whose names differ in case or signs alone share it. */
export function offeringName(serviceName: string): string {
  const slug = serviceName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return DNS_LABEL.test(slug) ? slug : objectName(serviceName);
}
