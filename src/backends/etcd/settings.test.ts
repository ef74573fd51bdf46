import { expect } from 'chai';
import { check } from '../../sdk/authoring/parameters.js';
import { EtcdSettings } from './settings.js';

const problemsOf = (more: object): string[] =>
  check(EtcdSettings, { endpoints: ['http://etcd:2379'], adminSecret: 'etcd-admin', ...more }).problems;

describe('the settings of etcd', () => {
  it('are two at least', () => {
    expect(problemsOf({})).to.deep.equal([]);
    expect(problemsOf({ endpoints: [], adminSecret: '' })).to.have.length(2);
  });

  it('have a quota of keys, of bytes, or of both', () => {
    for (const quota of [{ keys: 1 }, { bytes: 1 }, { keys: 10, bytes: 10, measureEverySeconds: 5 }])
      expect(problemsOf({ quota }), JSON.stringify(quota)).to.deep.equal([]);
  });

  for (const [quota, problem] of [
    [{}, 'quota.keys, or bytes, must be a whole number'],
    [{ measureEverySeconds: 5 }, 'quota.keys, or bytes, must be a whole number'],
    [{ keys: 0 }, 'quota.keys must be a whole number of at least 1'],
    [{ keys: 5, bytes: 0 }, 'quota.bytes must be a whole number of at least 1'],
    [{ keys: 1.5, bytes: 5 }, 'quota.keys, or bytes, must be a whole number'],
    [{ keys: 1, measureEverySeconds: 0 }, 'quota.measureEverySeconds'],
    [5, 'quota'],
    [[], 'quota must be an object'],
  ] as const) {
    it(`refuse the quota ${JSON.stringify(quota)}`, () => {
      const problems = problemsOf({ quota });
      expect(problems.join('; ')).to.include(problem);
    });
  }

  it('refuse a lifetime of no time, and anything but yes and no', () => {
    expect(problemsOf({ credentialsLifetimeSeconds: 0 })).to.have.length(1);
    expect(problemsOf({ enableAuthentication: 'yes' })).to.have.length(1);
  });
});
