import { expect } from 'chai';
import { ManualClock } from './harness.test.js';
import { LeaderTerm, momentOf, NotLeaderError } from './leader-term.js';

const VALID_MS = 10_000;

describe('LeaderTerm', () => {
  let clock: ManualClock;
  let term: LeaderTerm;

  beforeEach(() => {
    clock = new ManualClock();
    clock.advance(500);
    term = new LeaderTerm({ clock, validMs: VALID_MS, claimed: momentOf(clock) });
  });

  it('ends by itself when it is not renewed, and tells why', () => {
    expect(term.since).to.equal(500);
    clock.advance(VALID_MS - 1);
    term.assert();
    expect(term.signal.aborted).to.equal(false);
    clock.advance(1);
    expect(term.signal.reason).to.be.instanceOf(NotLeaderError);
    expect(() => term.assert()).to.throw(NotLeaderError, 'not renewed in time');
  });

  it('goes on from when a renewal was sent, not from when it was answered', () => {
    const sent = momentOf(clock);
    clock.advance(VALID_MS - 1);
    term.renewed(sent);
    clock.advance(1);
    expect(term.isValid).to.equal(false);
  });

  it('is not revived once it was ended', () => {
    term.end('lost');
    term.renewed(momentOf(clock));
    expect(term.isValid).to.equal(false);
    expect(() => term.assert()).to.throw(NotLeaderError, 'lost');
    expect(clock.pending).to.deep.equal([]);
  });

  it('lets work that was told to end write until the time is over', () => {
    term.stop(new Error('SIGTERM'));
    expect(term.signal.aborted).to.equal(true);
    term.assert();
    term.renewed(momentOf(clock));
    clock.advance(VALID_MS);
    expect(() => term.assert()).to.throw(NotLeaderError);
    expect(term.over.aborted).to.equal(true);
  });

  it('is told at once when a claim is already too old', () => {
    const claimed = momentOf(clock);
    clock.advance(VALID_MS);
    const late = new LeaderTerm({ clock, validMs: VALID_MS, claimed });
    expect([late.isValid, late.signal.aborted]).to.deep.equal([false, true]);
  });
});
