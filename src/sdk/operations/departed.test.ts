import { expect } from 'chai';
import { Departed } from './departed.js';

function setUp(options: { keepMs?: number; limit?: number } = {}) {
  const clock = { now: 1_000 };
  return { clock, departed: new Departed({ ...options, now: () => clock.now }) };
}

describe('the memory of what departed', () => {
  it('knows what was deleted, until it is back', () => {
    const { departed } = setUp();
    expect(departed.has('a')).to.equal(false);
    departed.add('a');
    expect(departed.has('a')).to.equal(true);
    departed.remove('a');
    departed.remove('never');
    expect(departed.has('a')).to.equal(false);
  });

  it('fades after its time, counted from the last deletion', () => {
    const { departed, clock } = setUp({ keepMs: 100 });
    departed.add('a');
    clock.now += 60;
    departed.add('a');
    clock.now += 99;
    expect(departed.has('a')).to.equal(true);
    clock.now += 1;
    expect(departed.has('a')).to.equal(false);
  });

  it('is bounded: the oldest are forgotten first', () => {
    const { departed } = setUp({ limit: 2 });
    for (const name of ['a', 'b', 'a', 'c']) departed.add(name);
    expect(['a', 'b', 'c'].filter((name) => departed.has(name))).to.eql(['a', 'c']);
  });

  it('keeps an hour and thousands by itself', () => {
    const { departed, clock } = setUp();
    for (let count = 0; count < 10_000; count++) departed.add(`n${count}`);
    clock.now += 59 * 60_000;
    expect(departed.has('n0') && departed.has('n9999')).to.equal(true);
    departed.add('one more');
    expect(departed.has('n0')).to.equal(false);
  });
});
