// The HTTP edge in front of the whole broker: who asks, in which version, with which headers and body; and that what
// is refused there writes nothing (specification: Headers, Platform to Service Broker Authentication, Errors).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Agent, type Dispatcher, request } from 'undici';
import { selfSigned } from '../../src/sdk/osb/self-signed.test.js';
import { newId } from '../support/broker.js';
import { IDS, idsQuery, provisionBody } from '../support/catalog.js';
import {
  bindingPath,
  instancePath,
  OsbClient,
  type OsbCall,
  type OsbResponse,
} from '../support/osb-client.js';
import { ASYNC, useScene } from '../support/scene.js';
import { eventually, unchangedBy } from '../support/unchanged.js';

const { plain, slow, app, bare } = IDS;
const SMALL = provisionBody(plain.serviceId, plain.small);
const BIND = { service_id: plain.serviceId, plan_id: plain.small };
const QUERY = idsQuery(plain.serviceId, plain.small);

interface Endpoint extends OsbCall {
  method: Dispatcher.HttpMethod;
  path: string;
}

/** Requests that are right, to all ten endpoints: seven of them would write. */
function endpoints(instanceId: string, bindingId: string): Endpoint[] {
  const [instance, binding] = [instancePath(instanceId), bindingPath(instanceId, bindingId)];
  const update = { service_id: plain.serviceId, parameters: { size: 9 } };
  return [
    { method: 'GET', path: '/v2/catalog' },
    { method: 'PUT', path: instancePath(newId()), body: SMALL },
    { method: 'GET', path: instance },
    { method: 'PATCH', path: instance, body: update },
    { method: 'GET', path: `${instance}/last_operation` },
    { method: 'PUT', path: bindingPath(instanceId, newId()), body: BIND },
    { method: 'GET', path: binding },
    { method: 'GET', path: `${binding}/last_operation` },
    { method: 'DELETE', path: binding, query: QUERY },
    { method: 'DELETE', path: instance, query: QUERY },
  ];
}

describe('the HTTP edge', () => {
  const scene = useScene();
  const [resident, residentBinding] = [newId(), newId()];
  const all = endpoints(resident, residentBinding);
  const bodied = all.filter(({ body }) => body !== undefined);

  before(async () => {
    expect((await scene.osb.provision(resident, SMALL)).status).to.equal(201);
    expect((await scene.osb.bind(resident, residentBinding, BIND)).status).to.equal(201);
  });

  const send = ({ method, path, ...call }: Endpoint, more: OsbCall): Promise<OsbResponse> =>
    scene.osb.send(method, path, { ...call, ...more });

  /** Every variant of each request is answered with that status and a description, and nothing is written. */
  async function expectRefused(
    status: number,
    variants: OsbCall[],
    requests = all,
    description = /./,
  ): Promise<void> {
    await unchangedBy(scene.kube, async () => {
      for (const variant of variants) {
        for (const each of requests) {
          const answer = await send(each, variant);
          const what = `${each.method} ${each.path} ${JSON.stringify(variant).slice(0, 200)}`;
          expect(answer.status, what).to.equal(status);
          expect(answer.body.description, what).to.match(description);
        }
      }
    });
  }
  const headers = (name: string, ...values: (string | undefined)[]): OsbCall[] =>
    values.map((value) => ({ headers: { [name]: value } }));
  const version = (...values: (string | undefined)[]): OsbCall[] =>
    headers('x-broker-api-version', ...values);

  it('[2, 6] answers 400 on every endpoint to a request without a version', () =>
    expectRefused(400, version(undefined, ''), all, /X-Broker-API-Version/));

  it('[3, 4, 6] answers 412 on every endpoint to another major version, and names its own', () =>
    expectRefused(412, version('1.17', '3.0', '20.17', '0.2'), all, /2\.17/));

  it('[3, 4] serves every minor version of its major one', async () => {
    for (const value of ['2.0', '2.2', '2.9', '2.17', '2.18', '2.170']) {
      const [catalog] = version(value);
      expect((await scene.osb.catalog(catalog)).status, value).to.equal(200);
    }
  });

  it('[5, 6] answers 400 to what is no version', () =>
    expectRefused(400, version('abc', '2', '2.', '.17', '2.17.0', '-2.17', '2.x', '2,17')));

  const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

  it('[8] answers 401 on every endpoint to credentials that are missing, malformed or wrong', () =>
    expectRefused(
      401,
      headers(
        'authorization',
        undefined,
        '',
        'Basic',
        'Basic !!!',
        basic('broker'),
        basic('broker:wrong'),
        basic('wrong:broker'),
        basic('broker:broker2'),
        basic(':'),
        'Bearer broker',
        basic('broker:broker').replace('Basic', 'Digest'),
      ),
    ));

  it('[10] looks at credentials first, then the version, the route, and the body last', async () => {
    const [wrong, none] = [{ authorization: 'x' }, { 'x-broker-api-version': undefined }];
    await unchangedBy(scene.kube, async () => {
      const nowhere = { method: 'PUT' as const, path: '/v2/nowhere', body: '{"' };
      const put = { method: 'PUT' as const, path: instancePath(newId()), body: '{"' };
      const refused = await send(put, { headers: { ...wrong, 'x-broker-api-version': 'abc' } });
      expect(refused.status).to.equal(401);
      expect(refused.headers['www-authenticate']).to.match(/^Basic /);
      expect((await send(nowhere, { headers: wrong })).status).to.equal(401);
      expect((await send(nowhere, { headers: none })).status).to.equal(400);
      expect((await send(nowhere, { headers: { 'x-broker-api-version': '3.0' } })).status).to.equal(412);
      expect((await send(nowhere, {})).status).to.equal(404);
      expect((await send(put, {})).status).to.equal(400);
    });
  });

  const IDENTITY = 'x-broker-api-originating-identity';
  const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

  it('[15] answers 400 to an originating identity that cannot be parsed', () =>
    expectRefused(
      400,
      headers(
        IDENTITY,
        'cloudfoundry',
        encoded({ user_id: 'u' }),
        'cloudfoundry !!!',
        `cloudfoundry ${Buffer.from('{"').toString('base64')}`,
        ...[[], 'text', null, 7].map((value) => `cloudfoundry ${encoded(value)}`),
      ),
    ));

  it("[12, 16] hands the originating identity to the service, works without it, and doesn't log it", async () => {
    const { lab, osb, broker } = scene;
    const seen: unknown[] = [];
    lab.on('ensure', async (instance) => {
      seen.push(instance.originatingIdentity);
      return { state: 'done', result: {} };
    });
    const value = { user_id: '683ea748-3092-4ff4-b656-39cacc4d5360', extra: ['swordfish'] };
    const [identified] = headers(IDENTITY, `cloudfoundry ${encoded(value)}`);
    const put = { method: 'PUT' as const, path: instancePath(newId()), body: SMALL };
    expect((await send(put, identified!)).status).to.equal(201);
    expect((await osb.provision(newId(), SMALL)).status).to.equal(201);
    expect(seen).to.deep.equal([{ platform: 'cloudfoundry', value }, undefined]);
    expect(broker.log()).to.not.include(encoded(value)).and.not.include('swordfish');
  });

  const REQUEST = 'x-broker-api-request-identity';

  it('[18] repeats the request identity, whatever the status', async () => {
    const known = instancePath(resident);
    const requests: [number, Endpoint, OsbCall?][] = [
      [200, { method: 'GET', path: '/v2/catalog' }],
      [201, { method: 'PUT', path: instancePath(newId()), body: SMALL }],
      [
        202,
        {
          method: 'PUT',
          path: instancePath(newId()),
          body: provisionBody(slow.serviceId, slow.planId),
          query: ASYNC,
        },
      ],
      [400, { method: 'PUT', path: known, body: '[]' }],
      [401, { method: 'GET', path: known }, { headers: { authorization: undefined } }],
      [404, { method: 'GET', path: '/nowhere' }],
      [405, { method: 'POST', path: known }],
      [409, { method: 'PUT', path: known, body: provisionBody(plain.serviceId, plain.large) }],
      [410, { method: 'DELETE', path: instancePath(newId()), query: QUERY }],
      [412, { method: 'GET', path: known }, { headers: { 'x-broker-api-version': '3.0' } }],
      [422, { method: 'PUT', path: instancePath(newId()), body: provisionBody(slow.serviceId, slow.planId) }],
    ];
    for (const [status, each, more] of requests) {
      const id = newId();
      const answer = await send(each, { headers: { ...more?.headers, [REQUEST]: id } });
      expect(answer.status).to.equal(status);
      expect(answer.headers[REQUEST], String(status)).to.equal(id);
    }
    expect((await scene.osb.catalog()).headers).to.not.have.property(REQUEST);
  });

  it('[19] logs the request identity in bounds and without control characters', async () => {
    const id = newId();
    const hostile = `${id}-\t\x85end${'x'.repeat(1000)}`;
    const answer = await scene.osb.catalog({ headers: { [REQUEST]: hostile } });
    expect(answer.status).to.equal(200);
    const line = scene.broker
      .log()
      .split('\n')
      .find((each) => each.includes(id));
    const { requestId } = JSON.parse(line!) as { requestId: string };
    expect(requestId)
      .to.match(/^[\x20-\x7e]{1,256}$/)
      .and.satisfy((text: string) => text.startsWith(`${id}-end`));
  });

  it('[20] says application/json in every answer with a body, and takes bodies without a type', async () => {
    for (const each of all.slice(0, 5)) {
      const answer = await send(each, { headers: { 'content-type': undefined } });
      expect(answer.status).to.be.oneOf([200, 201]);
      expect(answer.headers['content-type']).to.match(/^application\/json\b/);
    }
    const typed = { headers: { 'content-type': 'Application/JSON; charset=utf-8' } };
    const put = { method: 'PUT' as const, path: instancePath(newId()), body: SMALL };
    expect((await send(put, typed)).status).to.equal(201);
    const refused = await scene.osb.send('GET', '/nowhere');
    expect(refused.headers['content-type']).to.match(/^application\/json\b/);
  });

  it('[21] answers 400 to a body of another type or coding', async () => {
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'nonsense'];
    await expectRefused(400, headers('content-type', ...types), bodied);
    await expectRefused(400, headers('content-encoding', 'gzip'), bodied);
  });

  it('[22] answers 400 to a body that is not a JSON object', () =>
    expectRefused(
      400,
      ['', '{', '{"a"', '[]', '"x"', 'null', '7', 'true'].map((body) => ({ body })),
      bodied,
    ));

  it('[23] ignores unknown fields of body and query', async () => {
    const { osb } = scene;
    const id = newId();
    const extra = { colour: 'red', 'x-y': { deep: [1] }, constructor: 'x' };
    expect((await osb.provision(id, { ...SMALL, ...extra }, { colour: 'red' })).status).to.equal(201);
    const update = { service_id: plain.serviceId, parameters: { size: 2 }, ...extra };
    expect((await osb.update(id, update, { colour: 'red' })).status).to.equal(200);
    expect((await osb.bind(id, newId(), { ...BIND, ...extra }, { colour: 'red' })).status).to.equal(201);
    expect((await osb.fetch(id, { colour: 'red' })).status).to.equal(200);
    expect((await osb.deprovision(id, { ...QUERY, colour: 'red' })).status).to.equal(200);
  });

  it('[24] answers with the fields of the specification only', async () => {
    const { osb } = scene;
    const id = newId();
    const made = await osb.provision(id, SMALL, ASYNC);
    const ended = await scene.ended(id, made.body.operation);
    const [fetched, bound] = [await osb.fetch(id), await osb.bind(id, newId(), BIND)];
    const left = await osb.deprovision(id, { ...QUERY, ...ASYNC });
    const allowed: [OsbResponse, string[]][] = [
      [made, ['dashboard_url', 'operation', 'metadata']],
      [ended, ['state', 'description', 'instance_usable', 'update_repeatable']],
      [fetched, ['service_id', 'plan_id', 'dashboard_url', 'parameters', 'maintenance_info', 'metadata']],
      [bound, ['credentials', 'endpoints', 'metadata']],
      [left, ['operation']],
    ];
    for (const [{ body }, fields] of allowed) expect(fields).to.include.members(Object.keys(body));
    await scene.ended(id, left.body.operation);
  });

  it('[25] answers 400 to fields of the wrong type, and takes null for absent', async () => {
    const wrong = (body: object, ...changes: object[]): OsbCall[] =>
      changes.map((change) => ({ body: { ...body, ...change } }));
    const common = [
      { service_id: 7 },
      { plan_id: 7 },
      { plan_id: {} },
      { parameters: [] },
      { parameters: 'x' },
    ];
    const [put, patch, bind] = bodied;
    await expectRefused(
      400,
      wrong(SMALL, ...common, { context: 'x' }, { space_guid: 1 }, { maintenance_info: 'x' }),
      [put!],
    );
    const update = { service_id: plain.serviceId };
    await expectRefused(
      400,
      wrong(update, ...common, { context: [] }, { maintenance_info: { version: 2 } }),
      [patch!],
    );
    await expectRefused(400, wrong(BIND, ...common, { bind_resource: 'x' }, { app_guid: 7 }), [bind!]);
    const none = { context: null, parameters: null, maintenance_info: null };
    expect((await scene.osb.provision(newId(), { ...SMALL, ...none })).status).to.equal(201);
    const bare = { context: null, parameters: null, bind_resource: null, app_guid: null };
    expect((await scene.osb.bind(resident, newId(), { ...BIND, ...bare })).status).to.equal(201);
  });

  it('[26] takes only "true" for true, absent, empty and "false" for false, and 400 for the rest', async () => {
    const writing = all.filter(({ method }) => method !== 'GET');
    for (const value of ['TRUE', '1', 'yes', 'True', ' true']) {
      const requests = writing.map((each) => ({
        ...each,
        query: { ...each.query, accepts_incomplete: value },
      }));
      await expectRefused(400, [{}], requests);
    }
    const status = async (query: Record<string, string>): Promise<number> =>
      (await scene.osb.provision(newId(), SMALL, query)).status;
    expect(await status({ accepts_incomplete: 'true' })).to.equal(202);
    for (const query of [{}, { accepts_incomplete: '' }, { accepts_incomplete: 'false' }])
      expect(await status(query)).to.equal(201);
  });

  it('[27] answers 413 to a body beyond the bound', () =>
    expectRefused(413, [{ body: { ...SMALL, context: { pad: 'x'.repeat(300_000) } } }], bodied));

  it('[29] takes ids of any characters and length, keeps them apart, and decodes them once', async () => {
    const { osb, kube, lab } = scene;
    const tag = newId();
    const ids = [
      `${tag}-a`,
      `${tag}-A`,
      `${tag}_~.-`,
      `${tag}/a`,
      `${tag}%2Fa`,
      `${tag}%252Fa`,
      `${tag} a`,
      `${tag}+a`,
      `${tag}-ä-汉-🦊`,
      `${tag}-?a=b&c#d`,
      `${tag}-${'x'.repeat(2000)}`,
      `${tag}-${'x'.repeat(2001)}`,
    ];
    for (const [size, id] of ids.entries()) {
      const body = provisionBody(plain.serviceId, plain.large, { parameters: { size } });
      expect((await osb.provision(id, body)).status, id).to.equal(201);
    }
    for (const [size, id] of ids.entries())
      expect((await osb.fetch(id)).body.parameters, id).to.deep.equal({ size });
    const stored = (await kube.instances.list()).filter(({ spec }) => spec.instanceId?.startsWith(tag));
    expect(stored.map(({ spec }) => spec.instanceId)).to.have.members(ids);
    expect(new Set(stored.map(({ metadata }) => metadata.name)).size).to.equal(ids.length);
    const query = idsQuery(plain.serviceId, plain.large);
    for (const id of ids) expect((await osb.deprovision(id, query)).status, id).to.equal(200);
    for (const { metadata } of stored) expect(lab.instances.has(metadata.name)).to.be.false;
  });

  it('[30] serves no empty id', () =>
    expectRefused(
      404,
      [{}],
      [
        { method: 'PUT', path: '/v2/service_instances/', body: SMALL },
        { method: 'DELETE', path: '/v2/service_instances/', query: QUERY },
        { method: 'PUT', path: '/v2/service_instances//service_bindings/b', body: BIND },
        { method: 'PUT', path: `${instancePath(resident)}/service_bindings/`, body: BIND },
        { method: 'DELETE', path: `${instancePath(resident)}/service_bindings/`, query: QUERY },
      ],
    ));

  it('[36, 37, 43] refuses with a fitting status and a description for the user, and writes nothing', async () => {
    const { osb } = scene;
    const answers = await unchangedBy(scene.kube, async (): Promise<[number, OsbResponse][]> => [
      [400, await osb.provision(newId(), {})],
      [401, await osb.send('GET', '/v2/catalog', { headers: { authorization: 'x' } })],
      [404, await osb.send('GET', '/v2/nowhere')],
      [404, await osb.fetch(newId())],
      [405, await osb.send('POST', '/v2/catalog', { body: {} })],
      [409, await osb.provision(resident, provisionBody(plain.serviceId, plain.large))],
      [409, await osb.bind(resident, residentBinding, { ...BIND, parameters: { size: 4 } })],
      [410, await osb.deprovision(newId(), QUERY)],
      [410, await osb.unbind(resident, newId(), QUERY)],
      [412, await osb.catalog({ headers: { 'x-broker-api-version': '1.0' } })],
      [422, await osb.provision(newId(), provisionBody(slow.serviceId, slow.planId))],
    ]);
    for (const [status, { status: given, body }] of answers) {
      expect(given).to.equal(status);
      expect(['error', 'description']).to.include.members(Object.keys(body));
      expect(body.description)
        .to.match(/\S/)
        .and.not.match(/\.ts\b|Error:|serviceinstances|undefined/);
      if ('error' in body) expect(body.error).to.match(/^([A-Z][a-z]+)+$/);
    }
  });

  it('[37] tells nothing of a fault within the broker', async () => {
    scene.lab.on('ensure', () => {
      throw new TypeError('swordfish');
    });
    const id = newId();
    const { body } = await scene.osb.provision(id, SMALL, ASYNC);
    const tried = await eventually(
      () => scene.osb.lastOperation(id, { operation: body.operation }),
      (answer) => /attempt/.test(answer.body.description),
    );
    expect(JSON.stringify(tried.body)).to.not.match(/swordfish|TypeError/);
    expect((await scene.osb.deprovision(id, QUERY)).status).to.equal(200);
  });

  it('[40, 43] answers RequiresApp to a bind without an application where one is needed', async () => {
    const { osb } = scene;
    const id = newId();
    await osb.provision(id, provisionBody(app.serviceId, app.planId));
    const ids = { service_id: app.serviceId, plan_id: app.planId };
    const refused = await unchangedBy(scene.kube, () => osb.bind(id, newId(), ids));
    expect(refused.status).to.equal(422);
    expect(refused.body.error).to.equal('RequiresApp');
  });

  it('[41, 43] answers MaintenanceInfoConflict to another version than the catalog has', async () => {
    const maintenance_info = { version: '9.9.9' };
    const body = provisionBody(plain.serviceId, plain.maintained, { maintenance_info });
    const refused = await unchangedBy(scene.kube, () => scene.osb.provision(newId(), body));
    expect(refused.status).to.equal(422);
    expect(refused.body.error).to.equal('MaintenanceInfoConflict');
  });

  it('[42] says instance_usable of updates and deprovisions only, update_repeatable of updates only', async () => {
    const { osb, lab } = scene;
    const id = newId();
    await osb.provision(id, provisionBody(bare.serviceId, bare.planId));
    const flags = { instanceUsable: false, updateRepeatable: false };
    for (const step of ['ensure', 'bind', 'destroy'] as const) lab.fail(step, 'no', flags);
    const ids = { service_id: bare.serviceId, plan_id: bare.planId };
    const query = idsQuery(bare.serviceId, bare.planId);
    const answers = [
      await osb.bind(id, newId(), ids),
      await osb.provision(newId(), SMALL),
      await osb.update(id, { ...ids, parameters: { size: 2 } }),
      await osb.deprovision(id, query),
    ];
    expect(answers.map(({ status, body }) => ({ status, body }))).to.deep.equal([
      { status: 500, body: { description: 'no' } },
      { status: 500, body: { description: 'no' } },
      { status: 422, body: { description: 'no', instance_usable: false, update_repeatable: false } },
      { status: 500, body: { description: 'no', instance_usable: false } },
    ]);
    lab.reset();
    expect((await osb.deprovision(id, query)).status).to.equal(200);
  });

  describe('with other settings', () => {
    const { cert, key } = selfSigned('broker');
    let directory: string;
    const file = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'brokersdk-edge-'));
      await scene.restart({
        env: {
          BROKER_PASSWORD: 'a:b:c',
          BROKER_BEARER_TOKEN_FILE: file('tokens', 'open-sesame\n'),
          BROKER_MISSING_VERSION_STATUS: '412',
          BROKER_BODY_LIMIT_KILOBYTES: '1',
        },
      });
    });
    after(() => rmSync(directory, { recursive: true }));

    it('[11] splits credentials at the first colon only', async () => {
      const log = async (username: string, password: string): Promise<number> =>
        (await new OsbClient(scene.broker.url, { username, password }).catalog()).status;
      expect(await log('broker', 'a:b:c')).to.equal(200);
      for (const password of ['a', 'a:b', 'b:c', 'a:b:c:'])
        expect(await log('broker', password)).to.equal(401);
    });

    it('[9] takes bearer tokens, agreed outside the protocol', async () => {
      const token = (value: string): OsbCall => ({ headers: { authorization: `Bearer ${value}` } });
      expect((await scene.osb.catalog(token('open-sesame'))).status).to.equal(200);
      const refused = await scene.osb.catalog(token('open-sesam'));
      expect(refused.status).to.equal(401);
      expect(String(refused.headers['www-authenticate'])).to.include('Bearer');
    });

    const known = { authorization: basic('broker:a:b:c') };

    it('[2] answers 412 to a request without a version, where it is set to', async () => {
      for (const missing of [undefined, '']) {
        const answer = await scene.osb.catalog({ headers: { ...known, 'x-broker-api-version': missing } });
        expect(answer.status).to.equal(412);
        expect(answer.body.description).to.include('X-Broker-API-Version');
      }
    });

    it('[27] bounds a body as it is set', () =>
      expectRefused(
        413,
        [{ headers: known, body: { ...SMALL, context: { pad: 'x'.repeat(2000) } } }],
        bodied,
      ));

    it('[9] serves TLS', async () => {
      await scene.restart({
        env: { BROKER_TLS_CERT_FILE: file('tls.crt', cert), BROKER_TLS_KEY_FILE: file('tls.key', key) },
      });
      expect(scene.broker.url).to.match(/^https:/);
      const dispatcher = new Agent({ connect: { ca: cert, checkServerIdentity: () => undefined } });
      const answer = await request(`${scene.broker.url}/v2/catalog`, {
        dispatcher,
        headers: { authorization: basic('broker:broker'), 'x-broker-api-version': '2.17' },
      });
      expect(answer.statusCode).to.equal(200);
      expect(await answer.body.json()).to.have.property('services');
      await dispatcher.close();
    });
  });
});
