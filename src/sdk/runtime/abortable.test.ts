import { expect } from 'chai';
import { childController, onAbort, sleep, unlessAborted } from './abortable.js';
import { ManualClock, settle } from './harness.test.js';

describe('waiting', () => {
  let clock: ManualClock;
  let parent: AbortController;
  beforeEach(() => {
    clock = new ManualClock();
    parent = new AbortController();
  });

  it('sleeps its time', async () => {
    const sleeping = sleep(100, parent.signal, clock);
    clock.advance(100);
    await sleeping;
  });

  it('wakes up when the signal fires, and leaves no timer', async () => {
    const sleeping = sleep(100, parent.signal, clock);
    parent.abort();
    await sleeping;
    await sleep(100, parent.signal, clock);
    expect(clock.pending).to.deep.equal([]);
  });

  it('gives what the promise gives, unless the signal fires first', async () => {
    expect(await unlessAborted(Promise.resolve(1), parent.signal)).to.equal(1);
    const reason = new Error('stop');
    const never = unlessAborted(new Promise(() => undefined), parent.signal);
    parent.abort(reason);
    const caught: unknown = await never.catch((error: unknown) => error);
    expect(caught).to.equal(reason);
  });

  it('passes an abort down to the child until it is released, and never up', () => {
    const [first, second] = [childController(parent.signal), childController(parent.signal)];
    first.controller.abort();
    expect(parent.signal.aborted).to.equal(false);
    second.release();
    parent.abort();
    expect(second.controller.signal.aborted).to.equal(false);
    expect(childController(parent.signal).controller.signal.aborted).to.equal(true);
  });

  it('does not complain of many listeners', async () => {
    const warnings: Error[] = [];
    const take = (warning: Error): number => warnings.push(warning);
    process.on('warning', take);
    for (let i = 0; i < 50; i++) onAbort(parent.signal, () => undefined);
    await settle();
    process.off('warning', take);
    expect(warnings).to.deep.equal([]);
  });
});
