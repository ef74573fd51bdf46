import { expect } from 'chai';
import { ManualClock, settle } from '../runtime/harness.test.js';
import { type Frame, LiveStream } from './live-stream.js';

const BEAT = 20_000;
const FAR = 1_000_000_000;

describe('a live stream', () => {
  let clock: ManualClock;
  let state: Frame;
  let looks: number;
  let changed: () => void;
  let isFollowing: boolean;
  let closed: number;

  beforeEach(() => {
    clock = new ManualClock();
    state = { data: 'one' };
    looks = 0;
    closed = 0;
    isFollowing = false;
  });

  const open = (endsAt = FAR, look = (): Frame => state): LiveStream =>
    new LiveStream(
      {
        look: () => {
          looks++;
          return look();
        },
        onChange: (listener) => {
          changed = listener;
          isFollowing = true;
          return () => (isFollowing = false);
        },
        endsAt,
      },
      clock,
      () => closed++,
    );

  /** All that has come since; who reads this way takes everything at once. */
  const reading = ({ body }: LiveStream): { text: () => string; ended: () => boolean } => {
    let text = '';
    let ended = false;
    body.setEncoding('utf8');
    body.on('data', (chunk: string) => (text += chunk));
    body.on('end', () => (ended = true));
    return {
      text: () => {
        const all = text;
        text = '';
        return all;
      },
      ended: () => ended,
    };
  };

  const change = (data: string): void => {
    state = { data };
    changed();
  };

  it('tells what is so, and then each change, a flock of them at once', async () => {
    const { text } = reading(open());
    await settle();
    expect(text()).to.equal('retry: 2000\ndata: "one"\n\n');
    change('two');
    change('three');
    await settle();
    expect(text()).to.equal('');
    clock.advance(100);
    await settle();
    expect(text()).to.equal('data: "three"\n\n');
    changed();
    clock.advance(100);
    await settle();
    expect(text()).to.equal('');
  });

  it('keeps nothing for who does not read, and tells the newest to who reads again', async () => {
    const stream = open();
    stream.body.read();
    await settle();
    for (let each = 0; each < 10_000; each++) {
      change(`${each}`.padEnd(20_000));
      clock.advance(1);
      if (each % 1000 === 0) await settle();
    }
    expect(stream.body.readableLength).to.be.below(25_000);
    expect(looks).to.be.below(10);
    const { text } = reading(stream);
    await settle();
    clock.advance(100);
    await settle();
    expect(text()).to.contain('data: "9999 ');
  });

  it('gives signs of life, and leaves who has not taken anything for long', async () => {
    const attentive = open();
    const { text } = reading(attentive);
    await settle();
    text();
    clock.advance(BEAT);
    await settle();
    expect(text()).to.equal(':\n\n');
    attentive.end();
    await settle();

    const absent = open();
    absent.body.read();
    state = { data: 'x'.repeat(100_000) };
    changed();
    clock.advance(100);
    await settle();
    clock.advance(4 * BEAT);
    await settle();
    expect(absent.body.destroyed).to.equal(true);
    expect(isFollowing).to.equal(false);
  });

  it('looks when the time comes at which it ends', async () => {
    const { text, ended } = reading(
      open(5000, () => (clock.now() < 5000 ? state : { event: 'ended', data: 'over', isLast: true })),
    );
    await settle();
    clock.advance(4999);
    await settle();
    expect(ended()).to.equal(false);
    text();
    clock.advance(1);
    await settle();
    expect(text()).to.equal('event: ended\ndata: "over"\n\n');
    expect(ended()).to.equal(true);
    expect([closed, isFollowing]).to.deep.equal([1, false]);
  });

  it('says nothing after its end', async () => {
    const stream = open();
    const { text, ended } = reading(stream);
    await settle();
    text();
    stream.end();
    changed();
    stream.end();
    clock.advance(3 * BEAT);
    await settle();
    expect([text(), ended(), closed]).to.deep.equal(['', true, 1]);
    expect(clock.pending).to.deep.equal([]);
  });

  it('ends where there is nothing to be told for a mistake', async () => {
    const stream = open(FAR, () => {
      if (looks > 1) throw new Error('a mistake');
      return state;
    });
    reading(stream);
    await settle();
    change('two');
    clock.advance(100);
    await settle();
    expect([stream.body.destroyed, closed]).to.deep.equal([true, 1]);
  });
});
