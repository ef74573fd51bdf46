// The Lease of Kubernetes: who holds something, and until when others have to keep off.
import type { KubeObject, ResourceType } from './types.js';

export const LEASES: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
};

/** Anything may be missing, null, or not what one wrote: people edit Leases too. */
export interface LeaseSpec {
  holderIdentity?: string | null;
  leaseDurationSeconds?: number | null;
  /** A MicroTime, as `renewTime`. */
  acquireTime?: string | null;
  renewTime?: string | null;
  /** How often the holder was another one than before. */
  leaseTransitions?: number | null;
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec | null;
}

/** A MicroTime: the API server takes exactly six fractional digits. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
