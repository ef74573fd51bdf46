// What a Lease says, and what is to be written into it. Pure: knows no clock and no API server.
import { type Lease, type LeaseSpec, microTime } from '../kube/lease.js';

/** Who writes, and when by the clock on the wall, which is for people to read and for nobody to reckon with. */
export interface Writer {
  identity: string;
  leaseSeconds: number;
  now: number;
}

const MAX_TRANSITIONS = 2 ** 31 - 1;

export const holderOf = (lease: Lease | undefined): string => lease?.spec?.holderIdentity ?? '';

/** Two Leases with the same sign show no sign of life between them. Empty when there is no Lease. */
export function signOf(lease: Lease | undefined): string {
  if (!lease) return '';
  const { holderIdentity, renewTime, leaseTransitions } = lease.spec ?? {};
  return JSON.stringify([holderIdentity, renewTime, leaseTransitions]);
}

/** Only a holder that let go leaves this behind. A holder taken out by hand is one who may not know of it yet. */
export function isReleased(lease: Lease | undefined): boolean {
  const { renewTime, leaseTransitions } = lease?.spec ?? {};
  return holderOf(lease) === '' && !renewTime && typeof leaseTransitions === 'number';
}

export function claimedSpec(lease: Lease | undefined, writer: Writer): LeaseSpec {
  const before = lease?.spec?.leaseTransitions ?? -1;
  const isSame = holderOf(lease) === writer.identity;
  return {
    ...renewedSpec(undefined, writer),
    acquireTime: microTime(writer.now),
    leaseTransitions: isSame ? Math.max(0, before) : before < MAX_TRANSITIONS ? before + 1 : 0,
  };
}

export function renewedSpec(lease: Lease | undefined, { identity, leaseSeconds, now }: Writer): LeaseSpec {
  return {
    ...lease?.spec,
    holderIdentity: identity,
    leaseDurationSeconds: leaseSeconds,
    renewTime: microTime(now),
  };
}

export function releasedSpec(lease: Lease | undefined): LeaseSpec {
  const { leaseDurationSeconds, leaseTransitions } = lease?.spec ?? {};
  return {
    holderIdentity: '',
    ...(leaseDurationSeconds ? { leaseDurationSeconds } : {}),
    leaseTransitions: leaseTransitions ?? 0,
  };
}
