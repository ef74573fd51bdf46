import { expect } from 'chai';
import { check } from '../../sdk/authoring/parameters.js';
import { settings } from './harness.test.js';
import { WorkloadSettings } from './settings.js';

const MANIFESTS = [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }];
const problems = (plain: Record<string, unknown>) =>
  check(WorkloadSettings, { manifests: MANIFESTS, ...plain }).problems;

describe('the settings of a workload', () => {
  it('have defaults', () => {
    const { binding, ...others } = settings({ manifests: MANIFESTS });
    expect({ ...others }).to.deep.equal({
      manifests: MANIFESTS,
      values: {},
      namespace: 'Broker',
      secrets: [],
      drift: 'Repair',
      readiness: [],
      patienceSeconds: 180,
    });
    expect({ ...binding }).to.deep.equal({
      ...{
        secrets: [],
        manifests: [],
        unbindManifests: [],
        credentialsFrom: [],
        credentials: {},
        endpoints: [],
      },
    });
  });

  it('may hold any manifest', () => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'A',
      metadata: { name: 'a' },
      $if: 'x',
      n: null,
      l: [1, [{ b: true }]],
    };
    expect(settings({ manifests: [manifest] }).manifests).to.deep.equal([manifest]);
  });

  for (const [field, value, problem] of [
    ['manifests', [], 'manifests must contain at least 1 elements'],
    ['manifests', ['a'], 'manifests must be a list of objects'],
    ['drift', 'Never', 'drift must be one of the following values: Repair, Report, Ignore'],
    ['namespace', 'Other', 'namespace must be one of the following values: Broker, Instance'],
    [
      'secrets',
      [{ name: 'a', kind: 'Token' }],
      'secrets.0.kind must be one of the following values: Password, KeyPair, Certificate',
    ],
    [
      'secrets',
      [{ name: 'a-b', kind: 'Password' }],
      'secrets.0.name must begin with a small letter and consist of letters and digits',
    ],
    [
      'secrets',
      [{ name: 'a', kind: 'Certificate', names: [] }],
      'secrets.0.names must contain at least 1 elements',
    ],
    [
      'secrets',
      [{ name: 'a', kind: 'Certificate', names: ['a'], days: 0 }],
      'secrets.0.days must not be less than 1',
    ],
    ['secrets', [{ name: 'a', kind: 'Password', length: 8 }], 'secrets.0.length must not be less than 12'],
    [
      'readiness',
      [{ kind: 'A', jsonPath: '.a', equals: '' }],
      'readiness.0.jsonPath must be a JSONPath that begins with $',
    ],
    [
      'binding',
      { endpoints: [{ host: 'a', ports: [1] }] },
      'binding.endpoints.0.ports: each value in ports must be a string',
    ],
    ['patienceSeconds', -1, 'patienceSeconds must not be less than 0'],
  ] as const) {
    it(`are refused: ${problem}`, () => expect(problems({ [field]: value })).to.deep.equal([problem]));
  }

  for (const field of ['values', 'secrets', 'drift', 'readiness', 'binding', 'dashboardUrl']) {
    it(`are refused where there is nothing behind ${field}`, () => {
      expect(problems({ [field]: null }).join()).to.match(new RegExp(`^${field}`));
    });
  }
});
