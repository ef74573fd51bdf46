// Throws whatever comes to mind at every endpoint: no answer is ever a 5xx, every refusal explains itself in JSON, and
// what is refused has not reached the broker.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { basic, expectedJson, sendRaw, startHarness, type Harness } from './harness.test.js';

const RUNS = 250;

const METHODS = ['GET', 'PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS', 'PROPFIND'];
const FIELDS = [
  'service_id',
  'plan_id',
  'organization_guid',
  'space_guid',
  'context',
  'parameters',
  'maintenance_info',
  'bind_resource',
  'app_guid',
  'predecessor_binding_id',
  'previous_values',
  '__proto__',
  'constructor',
];

const bytes = fc
  .array(fc.integer({ min: 0x21, max: 0xff }), { minLength: 1, maxLength: 12 })
  .map((codes) => String.fromCharCode(...codes));
// Mostly right, so that a request with one fault gets past the checks before it.
const ODD_IDS = ['%2e%2e', '%00', '%', '%zz', '%ff', '%ed%a0%80', '', '/', '//'];
const id = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme', minLength: 1 }).map(encodeURIComponent) },
  { weight: 4, arbitrary: fc.constantFrom('i', '..', '%2F', '..%2f', '%252F', '__proto__') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1 }).map(encodeURIComponent) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_IDS) },
  { weight: 1, arbitrary: bytes },
);
const path = fc.oneof(
  { weight: 1, arbitrary: fc.constant('/v2/catalog') },
  { weight: 4, arbitrary: id.map((i) => `/v2/service_instances/${i}`) },
  { weight: 2, arbitrary: id.map((i) => `/v2/service_instances/${i}/last_operation`) },
  {
    weight: 4,
    arbitrary: fc.tuple(id, id).map(([i, b]) => `/v2/service_instances/${i}/service_bindings/${b}`),
  },
  { weight: 1, arbitrary: id.map((b) => `/v2/service_instances/i/service_bindings/${b}/last_operation`) },
  { weight: 1, arbitrary: bytes.map((text) => `/${text}`) },
);
const queryField = fc.constantFrom('accepts_incomplete', 'service_id', 'plan_id', 'operation', 'x');
const queryValue = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('true', 'false', '') },
  fc.constantFrom('%', '%ff', 'a'),
  id,
);
const query = fc.array(
  fc.tuple(queryField, queryValue).map(([key, value]) => `${key}=${value}`),
  { maxLength: 3 },
);

const body = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .dictionary(fc.constantFrom(...FIELDS), fc.oneof(fc.string(), fc.jsonValue(), fc.constant('x')), {
        noNullPrototype: true,
      })
      .map((fields) =>
        JSON.stringify({ service_id: 's', plan_id: 'p', organization_guid: 'o', space_guid: 'g', ...fields }),
      ),
  },
  {
    weight: 6,
    arbitrary: fc.constant(
      JSON.stringify({ service_id: 's', plan_id: 'p', organization_guid: 'o', space_guid: 'g' }),
    ),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: bytes },
  { weight: 1, arbitrary: fc.constantFrom('', '{', '[[[[', '{"a":'.repeat(500), 'x'.repeat(30_000)) },
);

const header = (name: string, usual: string, odd: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 40, arbitrary: fc.constant([`${name}: ${usual}`]) },
    { weight: 1, arbitrary: odd.map((value) => [`${name}: ${value}`]) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
const headers = fc
  .tuple(
    header(
      'authorization',
      basic(),
      fc.oneof(bytes, fc.constantFrom('Basic', 'Basic =', 'Bearer x', 'Basic Og==')),
    ),
    header(
      'x-broker-api-version',
      '2.17',
      fc.oneof(bytes, fc.constantFrom('', '2', '2.x', '3.0', '2.18', '2.17.0')),
    ),
    header(
      'content-type',
      'application/json',
      fc.oneof(bytes, fc.constantFrom('text/plain', 'application/json;', ';')),
    ),
    header(
      'x-broker-api-originating-identity',
      'cf e30=',
      fc.oneof(bytes, fc.constantFrom('cf W10=', 'cf', 'e30=')),
    ),
    header('x-broker-api-request-identity', 'r-1', bytes),
    header('content-encoding', 'identity', fc.constantFrom('gzip', 'br', 'deflate', 'x')),
    header('if-none-match', '"e-0"', bytes),
  )
  .map((lists) => lists.flat());

describe('the edge under fire', () => {
  let osb: Harness;
  before(async () => (osb = await startHarness()));
  after(() => osb.stop());

  async function fire(method: string, target: string, lines: string[], payload: string) {
    osb.broker.calls.length = 0;
    const content = Buffer.from(payload, 'utf8');
    const head = [
      `${method} ${target} HTTP/1.1`,
      'connection: close',
      `content-length: ${content.length}`,
      ...lines,
    ];
    const request = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), content]);
    const received = await sendRaw(osb.server.port, request);
    const { status, json } = expectedJson(received);
    expect(status, received).to.be.within(200, 499);
    if (status < 400) {
      expect(osb.broker.calls, received).to.have.length(1);
      return;
    }
    expect(received.toLowerCase()).to.include('content-type: application/json');
    expect(json.description, received).to.be.a('string').that.is.not.empty;
    expect(osb.broker.calls, received).to.be.empty;
  }

  it('[36] [37] [43] refuses with reason, or serves, any request that is HTTP', async function () {
    this.timeout(60_000);
    const method = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('PUT', 'PATCH', 'GET', 'DELETE') },
      fc.constantFrom(...METHODS),
    );
    const target = fc
      .tuple(path, query)
      .map(([where, fields]) => (fields.length ? `${where}?${fields.join('&')}` : where));
    const property = fc.asyncProperty(method, target, headers, body, fire);
    await fc.assert(property, { numRuns: RUNS * 4 });
  });

  it('[37] refuses with reason any bytes that are not HTTP', async function () {
    this.timeout(60_000);
    const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (noise) => {
      // A line end of its own, so that the parser has something to judge.
      const received = await sendRaw(
        osb.server.port,
        Buffer.concat([noise, Buffer.from('\r\n\r\n \r\n\r\n')]),
      );
      const { status, json } = expectedJson(received);
      expect(status).to.be.within(400, 499);
      expect(json.description).to.be.a('string').that.is.not.empty;
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  it('has not once been surprised', () => {
    expect(osb.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });
});
