import { expect } from 'chai';
import type { PlanSpec, ServiceOfferingSpec } from './kinds.js';
import { offeringProblems } from './offering-problems.js';

const DRAFT_04 = 'http://json-schema.org/draft-04/schema#';
const PLAN: PlanSpec = { id: 'p1', name: 'small', description: 'A small one', backend: 'b' };
const OFFERING: ServiceOfferingSpec = { id: 's1', name: 'redis', description: 'A Redis', plans: [PLAN] };
const SECRET_REF = { name: 's', key: 'k' };

/** Any change, also one that the types forbid: files and clusters hold what they hold. */
const offering = (change: object): ServiceOfferingSpec => ({ ...OFFERING, ...change });
const plan = (change: object): ServiceOfferingSpec => offering({ plans: [{ ...PLAN, ...change }] });
const schema = (change: object): ServiceOfferingSpec =>
  plan({ schemas: { instanceCreate: { $schema: DRAFT_04, ...change } } });
const costs = (value: unknown): ServiceOfferingSpec => plan({ metadata: { costs: value } });

const RIGHT: [string, ServiceOfferingSpec][] = [
  ['the least that is possible', OFFERING],
  [
    'all that is possible',
    offering({
      tags: ['cache'],
      requires: ['syslog_drain', 'route_forwarding', 'volume_mount'],
      dashboardClient: { id: 'c', secretRef: SECRET_REF, redirectUri: 'https://x' },
      plans: [
        {
          ...PLAN,
          maximumPollingDuration: 1,
          maintenanceInfo: { version: '1.0.0' },
          asyncRequired: { instances: true, bindings: true },
          settingsFrom: { configMapKeyRef: { name: 'm', key: 'k' } },
          schemas: { instanceCreate: { $schema: DRAFT_04, properties: { a: { $ref: '#/definitions/a' } } } },
          metadata: { costs: [{ amount: { usd: 99.5, eur: 1 }, unit: 'MONTHLY' }] },
        },
        { ...PLAN, id: 'p2', name: 'large' },
      ],
    }),
  ],
  ['a secret parameter', schema({ properties: { a: { type: 'string', writeOnly: true } } })],
  ['a property called $ref [67]', schema({ properties: { $ref: { type: 'string' } } })],
  ...['2.1.1+abcdef', '0.0.0', '1.0.0-alpha.1', '1.0.0-0a', '1.2.3----R-S.12.9.1--.12+meta'].map(
    (version): [string, ServiceOfferingSpec] => [
      `version ${version} [65]`,
      plan({ maintenanceInfo: { version } }),
    ],
  ),
];

const WRONG: [string, ServiceOfferingSpec, RegExp][] = [
  ['[47] no name', offering({ name: '' }), /^name: must be a non-empty string$/],
  ['[47] a name that is no string', offering({ name: 7 }), /^name: /],
  ['[48] no id', offering({ id: undefined }), /^id: /],
  ['[48] no description', offering({ description: '' }), /^description: /],
  ['[50] no plan', offering({ plans: [] }), /^plans: at least one plan/],
  ['[50] plans missing', offering({ plans: undefined }), /^plans: at least one plan/],
  [
    '[52] an unknown permission',
    offering({ requires: ['fly'] }),
    /^requires: "fly" is not one of syslog_drain, /,
  ],
  [
    '[57] a dashboard client without id',
    offering({ dashboardClient: { id: '', secretRef: SECRET_REF } }),
    /^dashboardClient\.id: /,
  ],
  [
    '[57] a dashboard client whose Secret has no name',
    offering({ dashboardClient: { id: 'c', secretRef: { key: 'k' } } }),
    /^dashboardClient\.secretRef\.name: /,
  ],
  [
    '[57] a dashboard client whose Secret has no key',
    offering({ dashboardClient: { id: 'c', secretRef: { name: 's' } } }),
    /^dashboardClient\.secretRef\.key: /,
  ],
  [
    'settings from a ConfigMap without a name',
    plan({ settingsFrom: { configMapKeyRef: { name: '', key: 'k' } } }),
    /^plans\[0\]\.settingsFrom\.configMapKeyRef\.name: must be a non-empty string$/,
  ],
  [
    'settings from a ConfigMap without a key',
    plan({ settingsFrom: { configMapKeyRef: { name: 'm' } } }),
    /^plans\[0\]\.settingsFrom\.configMapKeyRef\.key: /,
  ],
  ['[58] a plan without id', plan({ id: '' }), /^plans\[0\]\.id: /],
  ['[58] a plan without description', plan({ description: '' }), /^plans\[0\]\.description: /],
  [
    '[58] a plan id used twice',
    offering({ plans: [PLAN, { ...PLAN, name: 'other' }] }),
    /^plans: two plans have the id "p1"; give each its own$/,
  ],
  ['[59] a plan without name', plan({ name: '' }), /^plans\[0\]\.name: /],
  [
    '[59] a plan name used twice',
    offering({ plans: [PLAN, { ...PLAN, id: 'p2' }] }),
    /^plans: two plans have the name "small"/,
  ],
  ['a plan without backend', plan({ backend: '' }), /^plans\[0\]\.backend: /],
  ...[0, -1, 1.5, '60', NaN].map((value): [string, ServiceOfferingSpec, RegExp] => [
    `[64] a polling duration of ${JSON.stringify(value)}`,
    plan({ maximumPollingDuration: value }),
    /^plans\[0\]\.maximumPollingDuration: must be a whole number of seconds, at least 1$/,
  ]),
  ...['2.1', '01.0.0', 'v1.0.0', '1.0.0-01', '1.0.0+', '', ' 1.0.0'].map(
    (version): [string, ServiceOfferingSpec, RegExp] => [
      `[65] version "${version}"`,
      plan({ maintenanceInfo: { version } }),
      /^plans\[0\]\.maintenanceInfo\.version: ".*" is not a semantic version; write it like "2\.1\.0"$/,
    ],
  ),
  [
    '[66] a schema above 64 kB',
    schema({ description: 'x'.repeat(65 * 1024) }),
    /^plans\[0\]\.schemas\.instanceCreate: is larger than 64 kB$/,
  ],
  [
    '[67] a schema without $schema',
    plan({ schemas: { bindingCreate: { type: 'object' } } }),
    /^plans\[0\]\.schemas\.bindingCreate\.\$schema: is missing/,
  ],
  [
    'a secret parameter that is no string',
    schema({ properties: { a: { type: 'integer', writeOnly: true } } }),
    /^plans\[0\]\.schemas\.instanceCreate\.properties\.a: a writeOnly parameter .* must be a string at the top/,
  ],
  [
    'a secret parameter that is nested',
    schema({ properties: { a: { type: 'object', properties: { b: { type: 'string', writeOnly: true } } } } }),
    /^plans\[0\]\.schemas\.instanceCreate\.properties\.a\.properties\.b: a writeOnly parameter/,
  ],
  [
    '[67] a reference outside the schema, deep inside',
    schema({ properties: { a: { items: [{ $ref: 'https://elsewhere/a.json#/x' }] } } }),
    /^plans\[0\]\.schemas\.instanceCreate: refers to "https:\/\/elsewhere\/a\.json#\/x" outside itself/,
  ],
  ...[
    {},
    [{}],
    [null],
    [{ amount: {}, unit: 'M' }],
    [{ amount: { usd: '9' }, unit: 'M' }],
    [{ amount: { usd: 9 } }],
  ].map((value): [string, ServiceOfferingSpec, RegExp] => [
    `[70] costs ${JSON.stringify(value)}`,
    costs(value),
    /^plans\[0\]\.metadata\.costs: must be a list like /,
  ]),
  [
    '[144] asynchronous bindings that cannot be fetched',
    { ...plan({ asyncRequired: { bindings: true } }), bindingsRetrievable: false },
    /^plans\[0\]\.asyncRequired\.bindings: needs bindingsRetrievable: true/,
  ],
];

describe('the problems of an offering', () => {
  for (const [what, spec] of RIGHT) {
    it(`are none: ${what}`, () => expect(offeringProblems(spec)).to.eql([]));
  }
  for (const [what, spec, sentence] of WRONG) {
    it(`are told: ${what}`, () => {
      const problems = offeringProblems(spec);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.match(sentence);
    });
  }

  it('are told of settings from nowhere: the name and the key of a ConfigMap', () => {
    const path = 'plans[0].settingsFrom.configMapKeyRef';
    const what = 'must be a non-empty string';
    expect(offeringProblems(plan({ settingsFrom: {} }))).to.eql([
      `${path}.name: ${what}`,
      `${path}.key: ${what}`,
    ]);
  });

  it('are told all at once, each plan by its index', () => {
    const spec = offering({ id: '', plans: [PLAN, { ...PLAN, id: 'p2', name: '' }] });
    expect(offeringProblems(spec).map((text) => text.split(':')[0])).to.eql(['id', 'plans[1].name']);
  });
});
