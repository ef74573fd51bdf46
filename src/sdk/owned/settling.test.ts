import { expect } from 'chai';
import { ManualClock } from '../runtime/harness.test.js';
import type { Owner } from './owner.js';
import { Settling } from './settling.js';

const INSTANCE: Owner = { instance: 'i', namespace: 'home' };
const BINDING: Owner = { ...INSTANCE, binding: 'b' };

describe('Settling', () => {
  let clock: ManualClock;
  let settling: Settling;
  let told: string[];
  beforeEach(() => {
    clock = new ManualClock();
    settling = new Settling(clock);
    told = [];
    settling.onChange = (instance, binding) => told.push(binding ?? instance);
  });

  it('takes a while after the last deletion, for each owner by itself', () => {
    expect(settling.isSettled(INSTANCE)).to.equal(true);
    settling.deleted(INSTANCE);
    expect([settling.isSettled(INSTANCE), settling.isSettled(BINDING)]).to.deep.equal([false, true]);
    clock.advance(600);
    settling.deleted(INSTANCE);
    clock.advance(600);
    expect(settling.isSettled(INSTANCE)).to.equal(false);
    clock.advance(400);
    expect(settling.isSettled(INSTANCE)).to.equal(true);
  });

  it('has the owner looked at once, when it may be over', () => {
    settling.lookLater(BINDING);
    settling.lookLater(BINDING);
    expect(told).to.deep.equal([]);
    clock.advance(1000);
    expect(told).to.deep.equal(['b']);
  });

  it('looks at nobody who is forgotten, and at nobody at the end', () => {
    settling.deleted(INSTANCE);
    settling.lookLater(INSTANCE);
    settling.forget(INSTANCE);
    expect(settling.isSettled(INSTANCE)).to.equal(true);
    settling.lookLater(BINDING);
    settling.stop();
    clock.advance(5000);
    expect(told).to.deep.equal([]);
  });
});
