import { expect } from 'chai';
import { ManualClock, settle } from './harness.test.js';
import { NotLeaderError } from './leader-term.js';
import { failed, LeaseServer, NAME, pass, Replica, SECONDS } from './lease-harness.test.js';

const LEASE_MS = SECONDS * 1000;
const VALID_MS = (LEASE_MS * 2) / 3;
/** A jitter, and the time for some requests. */
const SOON_MS = 500;

describe('LeaderElection', () => {
  let clock: ManualClock;
  let server: LeaseServer;

  beforeEach(() => {
    clock = new ManualClock();
    server = new LeaseServer();
  });

  const replica = (identity: string, leaseSeconds?: number): Replica =>
    new Replica(server, clock, identity, leaseSeconds);

  /** One that leads, and one that follows. */
  async function pair(): Promise<{ a: Replica; b: Replica }> {
    const a = replica('a').start();
    await settle();
    const b = replica('b').start();
    await settle();
    expect([a.election.isLeader, b.election.isLeader]).to.deep.equal([true, false]);
    return { a, b };
  }

  /** The time until somebody leads. */
  async function untilLed(...replicas: Replica[]): Promise<number> {
    const began = clock.now();
    while (!replicas.some(({ election }) => election.isLeader)) await pass(clock, 100);
    return clock.now() - began;
  }

  const canWrite = ({ terms }: Replica): boolean => {
    try {
      terms.at(-1)!.assert();
      return true;
    } catch (error) {
      expect(error).to.be.instanceOf(NotLeaderError);
      return false;
    }
  };

  describe('a leader', () => {
    it('leads at once where there is no Lease, and says so in it', async () => {
      const a = replica('a').start();
      await settle();
      expect(server.lease).to.deep.include({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' });
      expect(server.lease?.metadata).to.include({ name: NAME, namespace: 'ns' });
      expect(server.lease?.spec).to.deep.equal({
        holderIdentity: 'a',
        leaseDurationSeconds: SECONDS,
        acquireTime: '1970-01-01T00:00:00.000000Z',
        renewTime: '1970-01-01T00:00:00.000000Z',
        leaseTransitions: 0,
      });
      expect(a.terms).to.have.length(1);
      expect(canWrite(a)).to.equal(true);
    });

    it('renews and does nothing else, and a follower watches and does nothing else', async () => {
      const { a, b } = await pair();
      a.requests.length = 0;
      await pass(clock, 10 * LEASE_MS);
      expect([...new Set(a.requests)]).to.deep.equal(['replace']);
      expect(a.requests.length).to.be.within(49, 51);
      expect(b.requests).to.deep.equal(['get', 'list', 'watch']);
      expect(a.terms).to.have.length(1);
    });

    it('may not write when it wakes up late, though no timer has told it', async () => {
      const { a, b } = await pair();
      a.stall();
      await pass(clock, VALID_MS - 1);
      expect(canWrite(a)).to.equal(true);
      clock.advance(1);
      expect(a.election.isLeader).to.equal(false);
      expect(canWrite(a)).to.equal(false);
      expect(a.terms[0]?.signal.aborted).to.equal(true);
      await pass(clock, LEASE_MS);
      expect(b.election.isLeader).to.equal(true);
      a.resume();
      await pass(clock, SOON_MS);
      expect([a.election.isLeader, b.election.isLeader]).to.deep.equal([false, true]);
    });

    it('may not write any more when its machine slept, and its monotonic clock with it', async () => {
      const { a } = await pair();
      a.stall();
      a.wallOffMs += VALID_MS;
      expect(canWrite(a)).to.equal(false);
    });

    it('is not misled by a wall clock that is set back', async () => {
      const { a } = await pair();
      a.cut();
      await pass(clock, VALID_MS / 2);
      a.wallOffMs -= 3600_000;
      await pass(clock, VALID_MS / 2);
      expect(canWrite(a)).to.equal(false);
    });

    it('is told when it cannot renew in time, and not revived by an answer that comes later', async () => {
      const { a } = await pair();
      a.network.backMs = VALID_MS;
      await pass(clock, VALID_MS);
      const [term] = a.terms;
      expect(term?.signal.reason).to.be.instanceOf(NotLeaderError);
      expect(a.election.isLeader).to.equal(false);
      a.network.backMs = 0;
      await pass(clock, VALID_MS);
      expect(() => term?.assert()).to.throw(NotLeaderError);
    });

    it('counts from when it sent a renewal, not from when that was answered', async () => {
      const { a } = await pair();
      a.network.backMs = 3000;
      a.requests.length = 0;
      while (a.requests.length === 0) await pass(clock, 100);
      await pass(clock, 3000);
      a.cut();
      await pass(clock, VALID_MS - 3000 - 100);
      expect(canWrite(a)).to.equal(true);
      await pass(clock, 100);
      expect(canWrite(a)).to.equal(false);
    });

    it('leads anew after a while without an API server, in another term', async () => {
      const { a, b } = await pair();
      for (const each of [a, b]) each.cut();
      await pass(clock, 10 * LEASE_MS);
      expect(a.terms).to.have.length(1);
      expect(a.election.isKnown || b.election.isKnown).to.equal(false);
      for (const each of [a, b]) each.network.loses = 'nothing';
      await pass(clock, LEASE_MS);
      expect([a.election.isKnown, b.election.isKnown]).to.deep.equal([true, true]);
      expect([a.terms, b.terms].flat()).to.have.length(2);
      expect([a, b].filter(({ election }) => election.isLeader)).to.have.length(1);
    });

    it('does not begin another term before its work of the last one has ended', async () => {
      const a = replica('a');
      let end = (): void => undefined;
      a.lead = () => new Promise((resolve) => (end = resolve));
      a.start();
      await settle();
      a.network.loses = 'requests';
      await pass(clock, VALID_MS);
      a.network.loses = 'nothing';
      await pass(clock, 4 * LEASE_MS);
      expect(a.terms).to.have.length(1);
      end();
      await pass(clock, SOON_MS);
      expect(a.terms, 'before what it cut off has had its time').to.have.length(1);
      await pass(clock, LEASE_MS - VALID_MS);
      expect(a.terms).to.have.length(2);
    });

    for (const error of [
      failed(401),
      failed(429, { retryAfterSeconds: 3600 }),
      failed(500),
      failed(409, { reason: 'Conflict' }),
      failed(404),
    ]) {
      it(`outlives a spell of ${error.message}, and a candidate does too`, async () => {
        const { a } = await pair();
        a.network.refuses = error;
        await pass(clock, VALID_MS * 0.8);
        a.network.refuses = undefined;
        await pass(clock, LEASE_MS);
        expect(a.election.isLeader).to.equal(true);
        expect(a.terms).to.have.length(1);
        a.network.refuses = error;
        await pass(clock, 4 * LEASE_MS);
        expect(a.election.isLeader).to.equal(false);
        a.network.refuses = undefined;
        expect(server.holder).to.equal('b');
        server.delete();
        await pass(clock, 2 * LEASE_MS);
        expect(server.holder).to.be.oneOf(['a', 'b']);
      });
    }
  });

  describe('a follower', () => {
    it('takes over from a killed leader when the Lease has run out, whatever the clocks say', async () => {
      for (const wallOffMs of [0, -3600_000, 3600_000]) {
        server = new LeaseServer();
        const a = replica('a').start();
        await pass(clock, LEASE_MS);
        const b = replica('b');
        b.wallOffMs = wallOffMs;
        b.start();
        await pass(clock, LEASE_MS);
        a.cut();
        expect(await untilLed(b)).to.be.within(LEASE_MS * 0.8, LEASE_MS + SOON_MS);
        expect(server.lease?.spec).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
      }
    });

    it('waits for as long as the setting of the leader says, if that is longer', async () => {
      const a = replica('a', 2 * SECONDS).start();
      await settle();
      const b = replica('b').start();
      await settle();
      a.cut();
      expect(await untilLed(b)).to.be.within(2 * LEASE_MS, 2 * LEASE_MS + SOON_MS);
    });

    it('counts from when it saw the Lease itself', async () => {
      const a = replica('a').start();
      await settle();
      a.cut();
      await pass(clock, 10 * LEASE_MS);
      expect(await untilLed(replica('b').start())).to.be.within(LEASE_MS, LEASE_MS + SOON_MS);
    });

    it('takes over though its watch is dead', async () => {
      const { a, b } = await pair();
      server.listeners.clear();
      await pass(clock, 2 * LEASE_MS);
      expect(b.election.isLeader).to.equal(false);
      a.cut();
      await untilLed(b);
    });

    it('is one of many that want it, and one gets it', async () => {
      const { a, b } = await pair();
      const others = Array.from({ length: 5 }, (_, index) => replica(`other ${index}`).start());
      await settle();
      a.stop();
      await pass(clock, SOON_MS);
      const leaders = [b, ...others].filter(({ election }) => election.isLeader);
      expect(leaders.map(({ identity }) => identity)).to.deep.equal([server.holder]);
    });

    it('leads as soon as it knows that a claim took effect whose answer was lost', async () => {
      const a = replica('a');
      a.network.loses = 'answers';
      a.start();
      await settle();
      expect([server.holder, a.election.isLeader]).to.deep.equal(['a', false]);
      a.network.loses = 'nothing';
      await pass(clock, SOON_MS);
      expect(a.election.isLeader).to.equal(true);
    });

    it('does not lead on a claim that is answered too late', async () => {
      const a = replica('a');
      a.network.backMs = VALID_MS + 1;
      a.start();
      await pass(clock, 4 * LEASE_MS);
      expect(a.terms).to.deep.equal([]);
    });
  });
});
