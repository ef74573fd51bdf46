import { expect } from 'chai';
import type { Lease } from '../sdk/kube/lease.js';
import { ManualClock } from '../sdk/runtime/harness.test.js';
import { Heartbeats } from './heartbeats.js';
import { hostOf, leaseOf, VersionedStore } from './harness.test.js';

/** Of 10 seconds' keepalive. */
const HOST = hostOf('a');
const ALIVE = { isAlive: true, lost: '' };
const START = Date.parse('2026-01-02T03:04:05Z');

/** Two clocks that may be set apart. */
class SettableClock extends ManualClock {
  aheadMs = START;
  override now(): number {
    return super.now() + this.aheadMs;
  }
}

describe('heartbeats', () => {
  let leases: VersionedStore<Lease>;
  let clock: SettableClock;
  beforeEach(() => {
    leases = new VersionedStore<Lease>();
    clock = new SettableClock();
  });
  const follow = (): Heartbeats => new Heartbeats({ leases, clock });

  it('are missed from a host that has never given one', () => {
    const never = { isAlive: false, leftMs: 0, lost: 'has never given a sign of life' };
    expect(follow().of(HOST)).to.deep.equal(never);
    for (const renewTime of [null, 'soon']) {
      leases.put({ ...leaseOf('a', START), spec: { renewTime } });
      expect(follow().of(HOST)).to.deep.equal(never);
    }
    leases.put({ ...leaseOf('a', START), spec: null });
    expect(follow().of(HOST)).to.deep.equal(never);
  });

  it('keep a host alive for three keepalives, and not a moment longer', () => {
    leases.put(leaseOf('a', START));
    const heartbeats = follow();
    clock.advance(29_999);
    expect(heartbeats.of(HOST)).to.deep.equal({ ...ALIVE, leftMs: 1 });
    clock.advance(1);
    const lost = 'has not given a sign of life since 2026-01-02T03:04:05Z';
    expect(heartbeats.of(HOST)).to.deep.equal({ isAlive: false, leftMs: 0, lost });
  });

  it('count by the keepalive of each host, a minute where it has none', () => {
    leases.put(leaseOf('a', START));
    const heartbeats = follow();
    expect(heartbeats.of(hostOf('a', { keepaliveSeconds: 1 })).leftMs).to.equal(3000);
    const { keepaliveSeconds: _, ...spec } = HOST.spec;
    expect(heartbeats.of({ ...HOST, spec }).leftMs).to.equal(180_000);
  });

  it('are of one host each', () => {
    leases.put(leaseOf('a', START));
    expect(follow().of(hostOf('b')).isAlive).to.be.false;
  });

  it('count from the time that a Lease names when it is seen for the first time', () => {
    leases.put(leaseOf('a', START - 29_000));
    leases.put(leaseOf('b', START - 30_000));
    const heartbeats = follow();
    expect(heartbeats.of(HOST)).to.deep.equal({ ...ALIVE, leftMs: 1000 });
    expect(heartbeats.of(hostOf('b')).isAlive).to.be.false;
  });

  it('count from the change that this process saw, whatever time an agent with another clock names', () => {
    const heartbeats = follow();
    leases.put(leaseOf('a', START - 3_600_000));
    expect(heartbeats.of(HOST).isAlive).to.be.false;
    leases.put(leaseOf('a', START - 3_590_000));
    expect(heartbeats.of(HOST)).to.deep.equal({ ...ALIVE, leftMs: 30_000 });
  });

  it('of a clock that runs ahead make no host alive for longer', () => {
    leases.put(leaseOf('a', START + 3_600_000));
    expect(follow().of(HOST)).to.deep.equal({ ...ALIVE, leftMs: 30_000 });
  });

  it('are not moved when the clock on the wall is set', () => {
    leases.put(leaseOf('a', START));
    const heartbeats = follow();
    clock.aheadMs += 86_400_000;
    expect(heartbeats.of(HOST)).to.deep.equal({ ...ALIVE, leftMs: 30_000 });
  });

  it('are not given by a change of anything else in the Lease', () => {
    const lease = leases.put(leaseOf('a', START));
    const heartbeats = follow();
    clock.advance(20_000);
    leases.put({ ...lease, metadata: { ...lease.metadata, labels: { changed: 'yes' } } });
    expect(heartbeats.of(HOST).leftMs).to.equal(10_000);
  });

  it('end with the Lease, and come back with it', () => {
    leases.put(leaseOf('a', START));
    const heartbeats = follow();
    leases.remove('docker-host-a');
    expect(heartbeats.of(HOST).isAlive).to.be.false;
    clock.advance(60_000);
    leases.put(leaseOf('a', START + 60_000));
    expect(heartbeats.of(HOST)).to.deep.equal({ ...ALIVE, leftMs: 30_000 });
  });
});
