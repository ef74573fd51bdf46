import { expect } from 'chai';
import { condition, seconds, type State, stateConditions, stateOf } from './conditions.js';

const EARLIER = new Date('2026-01-01T00:00:00.900Z');
const LATER = new Date('2026-01-01T00:01:00.000Z');
const details = (state: State, now = EARLIER) => ({ state, reason: 'R', message: 'm', generation: 3, now });

describe('conditions', () => {
  for (const state of ['Ready', 'Pending', 'Failed'] as const) {
    it(`say ${state} in exactly one of three`, () => {
      const conditions = stateConditions(undefined, details(state));
      expect(conditions.map(({ type }) => type)).to.have.members(['Ready', 'Pending', 'Failed']);
      expect(conditions.filter(({ status }) => status === 'True').map(({ type }) => type)).to.eql([state]);
      expect(conditions.every(({ observedGeneration }) => observedGeneration === 3)).to.equal(true);
      expect(stateOf(conditions)).to.equal(state);
    });
  }

  it('are pending where there are none, or none is true', () => {
    const unknown = condition([], { ...details('Ready'), type: 'Ready', status: 'Unknown' });
    for (const conditions of [undefined, [], [unknown]]) expect(stateOf(conditions)).to.equal('Pending');
  });

  it('keep their transition time as long as their status stays', () => {
    const first = stateConditions(undefined, details('Pending'));
    const second = stateConditions(first, { ...details('Ready', LATER), message: 'other' });
    const times = Object.fromEntries(second.map((each) => [each.type, each.lastTransitionTime]));
    expect(times).to.eql({ Ready: seconds(LATER), Pending: seconds(LATER), Failed: seconds(EARLIER) });
    expect(second.every(({ message }) => message === 'other')).to.equal(true);
  });

  it('cut a message that is too long', () => {
    const { message } = condition(undefined, {
      ...details('Ready'),
      type: 'Accepted',
      status: 'True',
      message: 'x'.repeat(5000),
    });
    expect(message).to.equal('x'.repeat(1024));
  });

  it('write times in whole seconds', () => expect(seconds(EARLIER)).to.equal('2026-01-01T00:00:00Z'));
});
