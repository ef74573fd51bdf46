// The whole broker under fire: whatever is sent to any endpoint, no answer is a 5xx, each refusal explains itself, and
// nothing is left behind.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { expectedJson, sendRaw } from '../../src/sdk/osb/harness.test.js';
import { newId } from '../support/broker.js';
import { IDS, idsQuery, provisionBody } from '../support/catalog.js';
import { bindingPath, instancePath } from '../support/osb-client.js';
import { useScene } from '../support/scene.js';
import { unchangedBy } from '../support/unchanged.js';

const { serviceId, small, large } = IDS.plain;
const GOOD_BODY = provisionBody(serviceId, large) as Record<string, unknown>;
const GOOD_QUERY = new URLSearchParams(idsQuery(serviceId, large)).toString();

interface Shot {
  method: string;
  target: string;
  headers: Record<string, string | undefined>;
  body: string;
}

interface Hit {
  status: number;
  json: any;
}

/** Ids that are legal in the protocol, and that no Kubernetes object could be named. */
const AWKWARD = [
  '.',
  '..',
  '../../secrets',
  'a/b',
  '%2e%2e',
  '%',
  'UPPER',
  'a_b~c.d',
  '-',
  'a-',
  'id-0',
  `id-${'0'.repeat(56)}`,
  '__proto__',
  'constructor',
  'a'.repeat(64),
  'x'.repeat(3000),
  'é'.repeat(300),
  ' ',
  '?',
  '#',
  '&service_id=x',
  'last_operation',
  'service_bindings',
  '\u2028',
  '\ufeff',
  '\u202e',
  '<script>',
  'a\u0301',
  '\u00e1',
  '\u{1f469}\u200d\u{1f52c}',
  'null',
];
const legalId = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((text) => !/[\p{Cc}\p{Surrogate}]/u.test(text)),
);
/** Segments of a path that may not even be legal; none of them is the id of the instance that is there. */
const segment = fc.oneof(
  { weight: 4, arbitrary: legalId.map(encodeURIComponent) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '/', '//', '%00', '%', '%zz', '%ff', '%ed%a0%80', '%7f', '..'),
  },
  {
    weight: 1,
    arbitrary: fc.stringMatching(/^[\x21-\x7e]{1,12}$/).map((text) => text.replaceAll('#', '')),
  },
);

/** Every endpoint, for an instance and a binding that are written as they are. */
const endpoints = (i: string, b: string): [method: string, path: string][] => {
  const instance = `/v2/service_instances/${i}`;
  const binding = `${instance}/service_bindings/${b}`;
  return [
    ['GET', '/v2/catalog'],
    ['PUT', instance],
    ['GET', instance],
    ['PATCH', instance],
    ['DELETE', instance],
    ['GET', `${instance}/last_operation`],
    ['PUT', binding],
    ['GET', binding],
    ['DELETE', binding],
    ['GET', `${binding}/last_operation`],
  ];
};

const word = fc.oneof(fc.constantFrom('', 'x', 'true', '%', '%ff', 'a&b', '%00'), segment);
const query = fc
  .array(
    fc.tuple(fc.constantFrom('accepts_incomplete', 'service_id', 'plan_id', 'operation', 'x', ''), word),
    {
      maxLength: 4,
    },
  )
  .map((fields) => fields.map(([name, value]) => `${name}=${value}`).join('&'));
/** Any Unicode text, control characters too. */
const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((each) => !/\p{Surrogate}/u.test(each));
const json = fc
  .jsonValue({ maxDepth: 4, stringUnit: 'binary' })
  .filter((each) => !/\\ud/.test(JSON.stringify(each)));
const FIELDS = [...Object.keys(GOOD_BODY), 'context', 'parameters', 'maintenance_info', 'bind_resource', 'x'];
/** Bodies of every make, with a service that is in no catalog, so that nothing can come of them. */
const hopelessBody = fc.oneof(
  fc.json({ stringUnit: 'grapheme' }),
  fc.string({ maxLength: 50 }),
  fc.constantFrom('', '{', 'null', '[]', '"x"', '[['.repeat(2000), '{"a":'.repeat(200), 'x'.repeat(300_000)),
  fc
    .dictionary(fc.constantFrom(...FIELDS), fc.oneof(json, fc.string()), { noNullPrototype: true })
    .map((fields) => JSON.stringify({ ...GOOD_BODY, ...fields, service_id: fields.service_id ?? 'none' })),
);
const oddHeader = (name: string, values: string[]) =>
  fc
    .option(fc.oneof(fc.constantFrom(...values), fc.stringMatching(/^[\x21-\x7e]{0,20}$/)), {
      freq: 8,
      nil: undefined,
    })
    .map((value) => (value === undefined ? {} : { [name]: value }));
const oddHeaders = fc
  .tuple(
    oddHeader('authorization', ['', 'Basic', 'Basic Og==', 'Bearer x', 'Basic YnJva2VyOndyb25n']),
    oddHeader('x-broker-api-version', ['', '2', '3.0', '2.x', '02.17', '2.17.0']),
    oddHeader('content-type', ['', 'text/plain', 'application/json; charset=latin1', ';']),
    oddHeader('content-encoding', ['gzip', 'br', 'x']),
    oddHeader('x-broker-api-originating-identity', ['cf', 'cf W10=', 'cf e30=', 'cf \u00e9']),
    oddHeader('x-broker-api-request-identity', ['\u00e9', 'r'.repeat(2000)]),
    oddHeader('if-none-match', ['*', '"']),
  )
  .map((all): Record<string, string> => Object.assign({}, ...all));

/** One fault each, in a request that is right otherwise. `there` are the ids of what exists. */
interface Fault {
  on: 'PUT INST' | 'PATCH INST' | 'DELETE INST' | 'PUT BIND' | 'DELETE BIND' | 'any';
  body?: Record<string, unknown>;
  raw?: string;
  headers?: Record<string, string | undefined>;
  query?: string;
  existing?: boolean;
}

const wrongType = (field: string, values: unknown[], on: Fault['on'][]): Fault[] =>
  on.flatMap((each) => values.map((value) => ({ on: each, body: { [field]: value }, existing: true })));

const FAULTS: Fault[] = [
  ...['', 'Basic', 'Basic !!', 'Bearer x', 'Basic YnJva2VyOng='].map((authorization): Fault => ({
    on: 'any',
    headers: { authorization },
  })),
  { on: 'any', headers: { authorization: undefined } },
  ...[undefined, '', '2', '3.0', 'abc', '2.17.0', '1.99'].map((version): Fault => ({
    on: 'any',
    headers: { 'x-broker-api-version': version },
  })),
  ...['cf', 'cf !', 'cf W10='].map((identity): Fault => ({
    on: 'PUT INST',
    headers: { 'x-broker-api-originating-identity': identity },
  })),
  ...(['PUT INST', 'PATCH INST', 'PUT BIND'] as const).flatMap((on): Fault[] => [
    ...['', '{', 'null', '[]', '7', '{"service_id":', '\u0000'].map((raw): Fault => ({ on, raw })),
    { on, headers: { 'content-type': 'text/plain' } },
    { on, headers: { 'content-encoding': 'gzip' } },
    { on, query: 'accepts_incomplete=maybe' },
    { on, query: 'accepts_incomplete=true&accepts_incomplete=true' },
    { on, query: 'x=%ff' },
  ]),
  ...wrongType(
    'service_id',
    [undefined, null, '', 7, [], {}, 'none'],
    ['PUT INST', 'PATCH INST', 'PUT BIND'],
  ),
  ...wrongType('plan_id', [undefined, null, '', 'none', small], ['PUT INST', 'PUT BIND']),
  ...wrongType('plan_id', ['', 7, [], {}, 'none'], ['PATCH INST']),
  ...wrongType('organization_guid', [undefined, null, '', 7], ['PUT INST']),
  ...wrongType('space_guid', [undefined, null, '', {}], ['PUT INST']),
  ...wrongType('parameters', ['x', 7, [], true], ['PUT INST', 'PATCH INST', 'PUT BIND']),
  ...wrongType('context', ['x', 7, []], ['PUT INST', 'PATCH INST', 'PUT BIND']),
  ...wrongType('maintenance_info', ['x', { version: '' }], ['PUT INST', 'PATCH INST']),
  ...wrongType('maintenance_info', [{ version: '0.0.1' }], ['PATCH INST']),
  { on: 'PUT INST', body: { maintenance_info: { version: '0.0.1' } } },
  ...wrongType('bind_resource', ['x', { app_guid: '' }, { app_guid: 7 }], ['PUT BIND']),
  ...wrongType('app_guid', ['', 7], ['PUT BIND']),
  ...wrongType('predecessor_binding_id', ['', 7, 'none'], ['PUT BIND']),
  { on: 'PUT INST', body: { parameters: { another: 1 } }, existing: true },
  { on: 'PUT INST', body: { plan_id: small, parameters: { size: 'big' } } },
  { on: 'PUT INST', body: { service_id: IDS.slow.serviceId, plan_id: IDS.slow.planId } },
  { on: 'PATCH INST', body: { plan_id: small, parameters: { size: 'big' } }, existing: true },
  { on: 'PATCH INST', body: {} },
  { on: 'PUT BIND', body: { parameters: { another: 1 } }, existing: true },
  { on: 'PUT BIND', body: {} },
  ...(['DELETE INST', 'DELETE BIND'] as const).flatMap((on): Fault[] => [
    { on, query: 'service_id=none', existing: true },
    { on, query: `service_id=${serviceId}`, existing: true },
    { on, query: `plan_id=${large}`, existing: true },
    { on, query: `service_id=${serviceId}&plan_id=${small}`, existing: true },
    { on, query: `${GOOD_QUERY}&accepts_incomplete=yes`, existing: true },
    { on, query: GOOD_QUERY },
  ]),
];

interface Life {
  i: string;
  b: string;
  parameters: Record<string, unknown>;
  context: Record<string, unknown>;
  asynchronous: boolean;
}

const life: fc.Arbitrary<Life> = fc.record({
  i: legalId,
  b: legalId,
  parameters: fc.dictionary(text, json, { maxKeys: 4, noNullPrototype: true }),
  context: fc.dictionary(text, json, { maxKeys: 2, noNullPrototype: true }),
  asynchronous: fc.boolean(),
});
const awkwardLives = AWKWARD.map((i, n): [Life] => [
  {
    i,
    b: AWKWARD.at(-1 - n)!,
    parameters: { '': null, n: [1e21, 1.5, null, {}] },
    context: {},
    asynchronous: n % 2 === 0,
  },
]);

describe('the broker under fire', () => {
  const scene = useScene();
  const there = { i: newId(), b: newId() };

  before(async () => {
    expect((await scene.osb.provision(there.i, GOOD_BODY)).status).to.equal(201);
    expect((await scene.osb.bind(there.i, there.b, GOOD_BODY)).status).to.equal(201);
  });
  afterEach(() => {
    const surprises = scene.broker.log().match(/^.*"level":"error".*$/gm) ?? [];
    expect(surprises).to.deep.equal([]);
  });

  async function fire({ method, target, headers, body }: Shot): Promise<Hit> {
    const payload = Buffer.from(body, 'utf8');
    const all: Record<string, string | undefined> = {
      authorization: `Basic ${Buffer.from('broker:broker').toString('base64')}`,
      'x-broker-api-version': '2.17',
      'content-type': 'application/json',
      ...headers,
    };
    const lines = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${value}`],
    );
    const head = [
      `${method} ${target} HTTP/1.1`,
      'host: x',
      'connection: close',
      `content-length: ${payload.length}`,
      ...lines,
    ];
    const request = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'utf8'), payload]);
    const received = Buffer.from(
      await sendRaw(Number(new URL(scene.broker.url).port), request),
      'latin1',
    ).toString();
    const { status, json: answered } = expectedJson(received);
    expect(status, `${method} ${target}: ${received}`).to.be.within(200, 499);
    if (status >= 400) {
      expect(received.toLowerCase()).to.include('content-type: application/json');
      expect(answered.description, received).to.be.a('string').that.is.not.empty;
    }
    return { status, json: answered };
  }

  it('[37, 43, 185] refuses any request with one fault, and leaves nothing behind', async () => {
    const shot = fc.record({
      fault: fc.constantFrom(...FAULTS),
      which: fc.nat(9),
      i: legalId,
      b: legalId,
      identity: fc.boolean(),
    });
    const property = fc.asyncProperty(shot, async ({ fault, which, i, b, identity }) => {
      const ids = fault.existing ? there : { i, b };
      const all = endpoints(encodeURIComponent(ids.i), encodeURIComponent(ids.b));
      const names = ['', 'PUT INST', '', 'PATCH INST', 'DELETE INST', '', 'PUT BIND', '', 'DELETE BIND'];
      const [method, path] = all[fault.on === 'any' ? which : names.indexOf(fault.on)]!;
      const fields = fault.query ?? (method === 'DELETE' ? GOOD_QUERY : '');
      const { status } = await fire({
        method,
        target: fields === '' ? path : `${path}?${fields}`,
        headers: {
          ...(identity ? { 'x-broker-api-originating-identity': 'cf e30=' } : {}),
          ...fault.headers,
        },
        body: fault.raw ?? (method === 'GET' ? '' : JSON.stringify({ ...GOOD_BODY, ...fault.body })),
      });
      expect(status, JSON.stringify(fault)).to.be.within(400, 499);
    });
    await unchangedBy(scene.kube, () => fc.assert(property, { numRuns: 600 }));
  });

  it('[37, 43] answers whatever comes to any endpoint, and leaves nothing behind', async () => {
    const target = fc
      .tuple(segment, segment, fc.nat(9), query)
      .map(([i, b, which, fields]): [string, string] => {
        const [method, path] = endpoints(i, b)[which]!;
        return [method, fields === '' ? path : `${path}?${fields}`];
      });
    const shot = fc
      .tuple(target, fc.option(fc.constantFrom('POST', 'OPTIONS', 'PUT', 'LOCK')), oddHeaders)
      .chain(([[method, path], other, headers]) =>
        hopelessBody.map((body): Shot => ({ method: other ?? method, target: path, headers, body })),
      );
    const property = fc.asyncProperty(shot, async (each) => void (await fire(each)));
    await unchangedBy(scene.kube, () => fc.assert(property, { numRuns: 400 }));
  });

  it('[29, 90, 93, 172] takes any id and any parameters through the whole lifecycle', async function () {
    this.timeout(2 * this.timeout());
    const property = fc.asyncProperty(life, async ({ i, b, parameters, context, asynchronous }) => {
      fc.pre(i !== there.i);
      fc.pre(!JSON.stringify([parameters, context]).includes('"__proto__"')); // refused, as another test shows
      const [instance, bound] = [instancePath(i), bindingPath(i, b)];
      const send = async (method: string, path: string, body?: object): Promise<Hit> => {
        const fields = [
          ...(method === 'DELETE' ? [GOOD_QUERY] : []),
          ...(asynchronous ? ['accepts_incomplete=true'] : []),
        ];
        const text = body ? JSON.stringify(body) : '';
        const first = await fire({ method, target: `${path}?${fields.join('&')}`, headers: {}, body: text });
        if (first.status !== 202) return first;
        const answer = await scene.osb.untilEnded(async () => {
          const target = `${path}/last_operation?operation=${first.json.operation as string}`;
          const { status, json: answered } = await fire({ method: 'GET', target, headers: {}, body: '' });
          return { status, body: answered, headers: {} };
        });
        return { status: answer.status === 410 ? 200 : 201, json: answer.body };
      };
      const wanted = { ...GOOD_BODY, parameters, context };
      const binding = { service_id: serviceId, plan_id: large, parameters };
      expect((await send('PUT', instance, wanted)).status).to.equal(201);
      expect((await send('PUT', instance, wanted)).status).to.equal(200);
      const fetched = await send('GET', instance);
      expect(fetched.json.parameters ?? {}).to.deep.equal(JSON.parse(JSON.stringify(parameters)));
      expect((await send('PUT', bound, binding)).status).to.equal(201);
      expect((await send('PUT', bound, binding)).status).to.equal(200);
      expect((await send('GET', bound)).json.credentials.password).to.match(/^password-/);
      expect((await send('DELETE', bound)).status).to.equal(200);
      expect((await send('DELETE', bound)).status).to.equal(410);
      expect((await send('DELETE', instance)).status).to.equal(200);
      expect((await send('DELETE', instance)).status).to.equal(410);
    });
    // What failed has left something behind: smaller cases would fail for that, so none is sought.
    const options = { numRuns: 40, endOnFailure: true, examples: awkwardLives };
    await unchangedBy(scene.kube, () => fc.assert(property, options));
    expect(scene.lab.instances.size).to.equal(1);
    expect(scene.lab.bindings.size).to.equal(1);
  });

  it('[90, 93] takes a number for the same however it is written', async () => {
    const i = newId();
    const put = (number: string): Promise<Hit> => {
      const body = `{"parameters":{"n":${number}},${JSON.stringify(GOOD_BODY).slice(1)}`;
      return fire({ method: 'PUT', target: `/v2/service_instances/${i}`, headers: {}, body });
    };
    expect((await put('-0')).status).to.equal(201);
    for (const number of ['-0', '0', '0.0', '0e9', '-0.0']) expect((await put(number)).status).to.equal(200);
    expect((await put('1')).status).to.equal(409);
  });
});
