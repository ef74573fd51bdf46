import { expect } from 'chai';
import { readinessChecks, type ReadinessInputs, report } from './health.js';
import type { Freshness } from './reflector-liveness.js';

const SOUND: Freshness = { synced: true, contactAgoMs: 10, failingForMs: 0 };

function reportOf(
  change: { instances?: Partial<Freshness>; bindings?: Partial<Freshness> } & Partial<ReadinessInputs> = {},
  verbose = false,
) {
  const { instances, bindings, ...inputs } = change;
  const checks = readinessChecks({
    caches: {
      instances: { freshness: () => ({ ...SOUND, ...instances }) },
      bindings: { freshness: () => ({ ...SOUND, ...bindings }) },
    },
    isLeaseKnown: () => true,
    phase: () => 'serving',
    ...inputs,
  });
  return report(checks, { verbose });
}

describe('readiness', () => {
  it('holds where nothing is wrong', () => {
    expect(reportOf()).to.deep.equal({ ok: true, lines: [] });
  });

  for (const [what, change, line] of [
    [
      'a cache that was never filled',
      { bindings: { synced: false } },
      '[-] cache of bindings: not filled yet',
    ],
    [
      'an API server that is out of reach for too long',
      { instances: { failingForMs: 15_001 }, bindings: { failingForMs: 20_000 } },
      '[-] API server: cannot follow instances for 15 s, bindings for 20 s',
    ],
    ['an unknown leader', { isLeaseKnown: () => false }, '[-] Lease: it is not known who leads'],
    ['a start under way', { phase: () => 'starting' }, '[-] server: it is starting'],
    ['a stop', { phase: () => 'stopping' }, '[-] server: it is stopping'],
  ] as [string, Parameters<typeof reportOf>[0], string][]) {
    it(`ends with ${what}`, () => {
      expect(reportOf(change)).to.deep.equal({ ok: false, lines: [line] });
    });
  }

  it('bears a failing watch for a while', () => {
    expect(reportOf({ instances: { failingForMs: 15_000 } }).ok).to.equal(true);
  });

  it('says all that is wrong, and on request what is right', () => {
    const wrong = { instances: { synced: false }, isLeaseKnown: () => false };
    expect(reportOf(wrong).lines).to.have.length(2);
    expect(reportOf(wrong, true)).to.deep.equal({
      ok: false,
      lines: [
        '[+] server',
        '[-] cache of instances: not filled yet',
        '[+] cache of bindings',
        '[+] API server',
        '[-] Lease: it is not known who leads',
      ],
    });
  });
});
