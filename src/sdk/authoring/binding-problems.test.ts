import { expect } from 'chai';
import type { BindingResult } from './backend.js';
import { bindingProblems } from './binding-problems.js';

const ALL = ['syslog_drain', 'route_forwarding', 'volume_mount'];
const MOUNT = {
  driver: 'nfs',
  container_dir: '/data',
  mode: 'rw',
  device_type: 'shared',
  device: { volume_id: 'v', mount_config: { a: 1 } },
};
const EARLY = new Date('2026-01-01T00:00:00Z');
const LATE = new Date('2026-02-01T00:00:00Z');
const mount = (change: object): object => ({ volumeMounts: [MOUNT, { ...MOUNT, ...change }] });
const endpoint = (change: object): object => ({ endpoints: [{ host: 'h', ports: ['1'], ...change }] });

const RIGHT: [string, object][] = [
  ['nothing at all', {}],
  ['[145] credentials', { credentials: {} }],
  [
    '[146] [147] [148] what the offering declares',
    { syslogDrainUrl: 's', routeServiceUrl: 'r', volumeMounts: [MOUNT] },
  ],
  ['[149] endpoints', { endpoints: [{ host: 'h', ports: ['443', '9000-9010'], protocol: 'all' }] }],
  ['[150] times', { expiresAt: LATE, renewBefore: EARLY }],
  ['[150] times that are the same', { expiresAt: LATE, renewBefore: LATE }],
];

const WRONG: [string, object, string][] = [
  ...[[], null, 'canary', 7].map((credentials): [string, object, string] => [
    `[145] credentials that are ${JSON.stringify(credentials)}`,
    { credentials },
    'credentials: must be an object',
  ]),
  ...['driver', 'container_dir'].flatMap((field): [string, object, string][] => [
    [
      `[148] a mount without ${field}`,
      mount({ [field]: '' }),
      `volumeMounts[1].${field}: must be a non-empty string`,
    ],
    [
      `[148] a mount whose ${field} is no string`,
      mount({ [field]: 1 }),
      `volumeMounts[1].${field}: must be a non-empty string`,
    ],
  ]),
  ['[148] an unknown mode', mount({ mode: 'canary' }), 'volumeMounts[1].mode: must be r or rw'],
  [
    '[148] an unknown device type',
    mount({ device_type: 'canary' }),
    'volumeMounts[1].device_type: must be shared',
  ],
  ['[148] no device', mount({ device: undefined }), 'volumeMounts[1].device.volume_id: must be a string'],
  ['[149] no host', endpoint({ host: '' }), 'endpoints[0].host: must be a host or an address'],
  ...[undefined, [], [443], ['http'], ['1-'], ['123456'], '443'].map((ports): [string, object, string] => [
    `[149] ports ${JSON.stringify(ports)}`,
    endpoint({ ports }),
    'endpoints[0].ports: must be a list like ["443"] or ["9000-9010"]',
  ]),
  [
    '[149] an unknown protocol',
    endpoint({ protocol: 'canary' }),
    'endpoints[0].protocol: must be tcp, udp or all',
  ],
  ['[150] an expiry that is no Date', { expiresAt: '2026-01-01' }, 'expiresAt: must be a valid Date'],
  ['[150] an invalid Date', { renewBefore: new Date('x') }, 'renewBefore: must be a valid Date'],
  [
    '[150] renewal after expiry',
    { expiresAt: EARLY, renewBefore: LATE },
    'renewBefore: must not be later than expiresAt',
  ],
];

describe('the problems of a binding', () => {
  for (const [what, result] of RIGHT) {
    it(`are none: ${what}`, () => expect(bindingProblems(result, ALL)).to.eql([]));
  }
  for (const [what, result, sentence] of WRONG) {
    it(`are told: ${what}`, () => expect(bindingProblems(result, ALL)).to.eql([sentence]));
  }

  for (const [item, result, field, word] of [
    [146, { syslogDrainUrl: 'canary' }, 'syslogDrainUrl', 'syslog_drain'],
    [147, { routeServiceUrl: 'canary' }, 'routeServiceUrl', 'route_forwarding'],
    [148, { volumeMounts: [] }, 'volumeMounts', 'volume_mount'],
  ] as const) {
    it(`[${item}] are told: ${field} without the permission ${word}`, () => {
      const others = ALL.filter((each) => each !== word);
      const sentence = `${field}: the offering must declare requires: [${word}]`;
      expect(bindingProblems(result as BindingResult, others)).to.eql([sentence]);
    });
  }
});
