// How the Lease goes from one replica to the next, in good order and otherwise, and what people can do to it.
import { expect } from 'chai';
import { ManualClock, settle } from './harness.test.js';
import { failed, LeaseServer, pass, Replica, SECONDS } from './lease-harness.test.js';

const LEASE_MS = SECONDS * 1000;
/** How long the work of a leader takes to end. */
const END_MS = 1000;
const SOON_MS = 500;

describe('LeaderElection, when the Lease changes hands', () => {
  let clock: ManualClock;
  let server: LeaseServer;
  let a: Replica;
  let b: Replica;
  /** What happened, in order. */
  let told: string[];

  beforeEach(async () => {
    clock = new ManualClock();
    server = new LeaseServer();
    told = [];
    [a, b] = [new Replica(server, clock, 'a'), new Replica(server, clock, 'b')];
    for (const each of [a, b]) each.lead = tell(each.identity);
    a.start();
    await settle();
    b.start();
    await settle();
  });

  const tell =
    (name: string): Replica['lead'] =>
    async (term) => {
      told.push(`${name} leads`);
      await new Promise<void>((resolve) => term.signal.addEventListener('abort', () => resolve()));
      told.push(`${name} ends its work`);
      term.assert();
      await new Promise<void>((resolve) => clock.after(END_MS, resolve));
      term.assert();
      told.push(`${name} has ended it`);
    };

  const leaders = (): string[] =>
    [a, b].filter(({ election }) => election.isLeader).map(({ identity }) => identity);

  it('hands over at once when it stops, but not before its work has ended', async () => {
    a.stop();
    await settle();
    expect(server.holder).to.equal('a');
    await pass(clock, END_MS + SOON_MS);
    expect(told).to.deep.equal(['a leads', 'a ends its work', 'a has ended it', 'b leads']);
    expect(a.hasStopped).to.equal(true);
    expect(leaders()).to.deep.equal(['b']);
    expect(server.lease?.spec).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('hands over at once however long the lease is', async () => {
    server = new LeaseServer();
    const c = new Replica(server, clock, 'c', 300).start();
    await settle();
    const d = new Replica(server, clock, 'd', 300).start();
    await settle();
    c.stop();
    await pass(clock, SOON_MS);
    expect(d.election.isLeader).to.equal(true);
  });

  it('keeps the Lease while its work ends, however long that takes, and releases nothing before', async () => {
    const late = new Replica(server, clock, 'late');
    late.lead = () => new Promise(() => undefined);
    a.stop();
    b.stop();
    await pass(clock, END_MS + SOON_MS);
    late.start();
    await pass(clock, SOON_MS);
    late.stop();
    await pass(clock, 10 * LEASE_MS);
    expect([server.holder, late.hasStopped]).to.deep.equal(['late', false]);
    expect(late.terms[0]?.signal.aborted).to.equal(true);
    expect(() => late.terms[0]?.assert()).to.not.throw();
  });

  it('leaves a Lease that says nobody holds it, for the next one to take at once', async () => {
    b.stop();
    a.stop();
    await pass(clock, END_MS + SOON_MS);
    expect(server.lease?.spec).to.deep.equal({
      holderIdentity: '',
      leaseDurationSeconds: SECONDS,
      leaseTransitions: 0,
    });
    const next = new Replica(server, clock, 'next').start();
    await settle();
    expect(next.election.isLeader).to.equal(true);
  });

  it('writes nothing when it stops without having led', async () => {
    const { version } = server;
    b.stop();
    await settle();
    expect([b.hasStopped, server.version]).to.deep.equal([true, version]);
    const early = new Replica(server, clock, 'early');
    early.stop();
    early.start();
    await settle();
    expect([early.hasStopped, early.requests]).to.deep.equal([true, []]);
  });

  it('lets go of what it claimed while it was stopped, and never begins', async () => {
    a.stop();
    b.network.backMs = 200;
    await pass(clock, 1000);
    while (!b.requests.includes('replace')) await pass(clock, 100);
    b.stop();
    await pass(clock, 1000);
    expect([server.holder, b.hasStopped, b.terms]).to.deep.equal(['', true, []]);
  });

  it('waits for the answer to a renewal before it releases, which is then one request', async () => {
    a.lead = (term) => new Promise((resolve) => term.signal.addEventListener('abort', () => resolve()));
    const next = new Replica(server, clock, 'next');
    next.lead = a.lead;
    a.stop();
    b.stop();
    await pass(clock, END_MS + SOON_MS);
    next.start();
    await settle();
    next.network.backMs = 1000;
    next.requests.length = 0;
    while (next.requests.length === 0) await pass(clock, 100);
    next.stop();
    await pass(clock, 3000);
    expect([next.hasStopped, next.requests]).to.deep.equal([true, ['replace', 'replace']]);
    expect(server.holder).to.equal('');
  });

  it('has released when the answer to that is lost', async () => {
    a.network.loses = 'answers';
    a.stop();
    await pass(clock, END_MS + SOON_MS);
    expect([a.hasStopped, leaders()]).to.deep.equal([true, ['b']]);
    expect(server.lease?.spec?.leaseTransitions).to.equal(1);
  });

  it('ends though the API server takes no release, and is replaced when the Lease has run out', async () => {
    a.network.refuses = failed(500);
    a.stop();
    await pass(clock, END_MS + SOON_MS);
    expect(a.hasStopped).to.equal(true);
    expect(leaders()).to.deep.equal([]);
    await pass(clock, LEASE_MS + SOON_MS);
    expect(leaders()).to.deep.equal(['b']);
  });

  for (const [name, lead] of [
    ['fails', () => Promise.reject(new Error('a bug'))],
    [
      'throws',
      () => {
        throw new Error('a bug');
      },
    ],
    ['ends by itself', () => Promise.resolve()],
  ] as [string, Replica['lead']][]) {
    it(`hands over when its work ${name}, and stands again after a rest`, async () => {
      a.stop();
      const c = new Replica(server, clock, 'c').start();
      b.lead = lead;
      await pass(clock, END_MS + SOON_MS);
      const [first] = b.terms;
      expect(() => first?.assert()).to.throw('the work has ended');
      expect(leaders()).to.deep.equal([]);
      expect(c.election.isLeader).to.equal(true);
      expect(b.log.at('error')).to.deep.equal(
        name === 'ends by itself' ? [] : ['the work of the leader failed'],
      );
      c.stop();
      await pass(clock, LEASE_MS);
      expect(b.terms.length).to.be.greaterThan(1);
      expect(b.terms.length).to.be.lessThan(8);
    });
  }

  it('goes on with a renewal whose answer was lost', async () => {
    a.network.loses = 'answers';
    await pass(clock, LEASE_MS / 3);
    a.network.loses = 'nothing';
    await pass(clock, 4 * LEASE_MS);
    expect(told).to.deep.equal(['a leads']);
  });

  describe('by hand', () => {
    it('makes no difference when what was edited is none of its business', async () => {
      for (let i = 0; i < 100; i++) {
        server.edit(server.lease?.spec, { edited: String(i) });
        await pass(clock, 1000);
      }
      expect(told).to.deep.equal(['a leads']);
      a.cut();
      for (let i = 0; i < SECONDS + 1; i++) {
        server.edit(server.lease?.spec, { edited: `again ${i}` });
        await pass(clock, 1000);
      }
      expect(leaders()).to.deep.equal(['b']);
    });

    for (const [what, edit] of [
      ['deleted', () => server.delete()],
      ['emptied', () => server.edit(null)],
      ['freed of its holder', () => server.edit({ ...server.lease?.spec, holderIdentity: '' })],
      ['given to nobody there', () => server.edit({ ...server.lease?.spec, holderIdentity: 'nobody' })],
      ['given to a follower', () => server.edit({ ...server.lease?.spec, holderIdentity: 'b' })],
      [
        'filled with garbage',
        () =>
          server.edit({
            holderIdentity: 'a',
            leaseTransitions: 2 ** 31 - 1,
            leaseDurationSeconds: 2 ** 31 - 1,
            renewTime: null,
          }),
      ],
    ] as [string, () => void][]) {
      it(`makes no second leader when the Lease is ${what} and its holder does not know yet`, async () => {
        a.network.loses = 'requests';
        edit();
        for (let i = 0; i < 2 * SECONDS * 10; i++) {
          await pass(clock, 100);
          expect(leaders().length).to.be.at.most(1);
        }
        a.network.loses = 'nothing';
        await pass(clock, 21 * LEASE_MS);
        expect(leaders()).to.have.length(1);
        expect(server.holder).to.equal(leaders()[0]);
      });

      it(`has one leader again after the Lease was ${what}`, async () => {
        edit();
        await pass(clock, 2 * LEASE_MS);
        expect(leaders()).to.have.length(1);
        expect(server.holder).to.equal(leaders()[0]);
      });
    }
  });
});
