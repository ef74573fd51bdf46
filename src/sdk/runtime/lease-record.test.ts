import { expect } from 'chai';
import type { Lease, LeaseSpec } from '../kube/lease.js';
import { claimedSpec, holderOf, isReleased, releasedSpec, renewedSpec, signOf } from './lease-record.js';

const lease = (spec: LeaseSpec | null): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'l' },
  spec,
});
const writer = { identity: 'me', leaseSeconds: 15, now: 1_700_000_000_123 };
const NOW = '2023-11-14T22:13:20.123000Z';

describe('the record in a Lease', () => {
  const transitions: [string, LeaseSpec | null | undefined, number][] = [
    ['there was no Lease', undefined, 0],
    ['it said nothing', null, 0],
    ['another held it', { holderIdentity: 'other', leaseTransitions: 3 }, 4],
    ['it was released', { holderIdentity: '', leaseTransitions: 3 }, 4],
    ['it was held by the same', { holderIdentity: 'me', leaseTransitions: 3 }, 3],
    ['it was held by the same, said someone', { holderIdentity: 'me', leaseTransitions: null }, 0],
    ['no greater number fits', { holderIdentity: 'other', leaseTransitions: 2 ** 31 - 1 }, 0],
  ];
  for (const [when, spec, leaseTransitions] of transitions) {
    it(`has a claim as its transition ${leaseTransitions} when ${when}`, () => {
      expect(claimedSpec(spec === undefined ? undefined : lease(spec), writer)).to.deep.equal({
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        acquireTime: NOW,
        renewTime: NOW,
        leaseTransitions,
      });
    });
  }

  it('keeps what a renewal does not change', () => {
    const claimed = lease({
      holderIdentity: 'me',
      acquireTime: 'then',
      renewTime: 'then',
      leaseTransitions: 3,
    });
    expect(renewedSpec(claimed, writer)).to.deep.equal({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: 'then',
      renewTime: NOW,
      leaseTransitions: 3,
    });
    expect(signOf(lease(renewedSpec(claimed, writer)))).to.not.equal(signOf(claimed));
  });

  it('is released by its holder, and by nobody who only takes the holder out', () => {
    const held = lease(claimedSpec(undefined, writer));
    const released = lease(releasedSpec(held));
    expect([isReleased(released), holderOf(released)]).to.deep.equal([true, '']);
    const emptied = [undefined, lease(null), lease({}), lease({ ...held.spec, holderIdentity: '' })];
    for (const each of [held, ...emptied]) expect(isReleased(each)).to.equal(false);
  });
});
