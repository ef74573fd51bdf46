import { expect } from 'chai';
import type { KubeObject } from '../kube/types.js';
import {
  ABANDON,
  asksAnew,
  hatchProblems,
  isAbandoned,
  isPaused,
  PAUSE,
  RETRY_NOW,
  wantsRetry,
  withoutRetry,
} from './escape-hatches.js';

const annotated = (annotations?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'thing', ...(annotations ? { annotations } : {}) },
});

describe('the escape hatches of an object', () => {
  it('are open only where the annotation says true; a retry where it says anything', () => {
    for (const object of [undefined, annotated(), annotated({ [PAUSE]: 'yes', [ABANDON]: 'TRUE' })]) {
      expect([isPaused(object), isAbandoned(object), wantsRetry(object)]).to.deep.equal([
        false,
        false,
        false,
      ]);
    }
    const open = annotated({ [PAUSE]: 'true', [ABANDON]: 'true', [RETRY_NOW]: '' });
    expect([isPaused(open), isAbandoned(open), wantsRetry(open)]).to.deep.equal([true, true, true]);
  });

  it('ask anew when one opens or closes, but not when a retry was honoured', () => {
    const plain = annotated({ other: 'x' });
    for (const changed of [{ [PAUSE]: 'true' }, { [ABANDON]: 'true' }]) {
      expect(asksAnew(annotated(changed), plain)).to.equal(true);
      expect(asksAnew(plain, annotated(changed))).to.equal(true);
      expect(asksAnew(annotated(changed), annotated({ ...changed, other: 'y' }))).to.equal(false);
    }
    expect(asksAnew(annotated({ [RETRY_NOW]: '1' }), plain)).to.equal(true);
    expect(asksAnew(annotated({ [RETRY_NOW]: '2' }), annotated({ [RETRY_NOW]: '1' }))).to.equal(true);
    expect(asksAnew(annotated({ [RETRY_NOW]: '1' }), annotated({ [RETRY_NOW]: '1' }))).to.equal(false);
    expect(asksAnew(plain, annotated({ [RETRY_NOW]: '1' }))).to.equal(false);
    expect(asksAnew(annotated({ [PAUSE]: 'no' }), plain)).to.equal(false);
  });

  it('lose the wish for a retry, and nothing else', () => {
    const object = annotated({ [RETRY_NOW]: '1', [PAUSE]: 'true', other: 'x' });
    expect(withoutRetry(object)).to.deep.equal(annotated({ [PAUSE]: 'true', other: 'x' }));
    expect(wantsRetry(object)).to.equal(true);
  });

  it('with another value are named, with the value and the remedy', () => {
    expect(hatchProblems(annotated({ [PAUSE]: 'true', [ABANDON]: 'true', [RETRY_NOW]: 'x' }))).to.deep.equal(
      [],
    );
    const [problem, ...more] = hatchProblems(annotated({ [ABANDON]: `${'y'.repeat(500)}` }));
    expect(more).to.deep.equal([]);
    expect(problem).to.match(
      /^metadata\.annotations: sdkbroker\.broker\.io\/abandon: "y{100}" .*write "true"/,
    );
  });
});
