import { expect } from 'chai';
import { basic, BIND, BINDING, INST, PROVISION, startHarness, type Harness } from './harness.test.js';
import { OsbError } from './errors.js';

const ENDPOINTS: [method: string, path: string, body?: object][] = [
  ['GET', '/v2/catalog'],
  ['PUT', INST, PROVISION],
  ['GET', INST],
  ['PATCH', INST, { service_id: 's' }],
  ['DELETE', INST],
  ['GET', `${INST}/last_operation`],
  ['PUT', BIND, BINDING],
  ['GET', BIND],
  ['DELETE', BIND],
  ['GET', `${BIND}/last_operation`],
];

describe('the application', () => {
  let osb: Harness;
  beforeEach(async () => (osb = await startHarness()));
  afterEach(() => osb.stop());

  it('serves each of the ten endpoints with one call of the broker', async () => {
    for (const [method, path, body] of ENDPOINTS) {
      const answered = await osb.send(method, path, { body });
      expect(answered.status, `${method} ${path}`).to.be.oneOf([200, 201]);
      expect(answered.headers['content-type']).to.equal('application/json');
    }
    expect(osb.broker.calls.map(({ method }) => method)).to.deep.equal([
      'catalog',
      'provision',
      'fetchInstance',
      'update',
      'deprovision',
      'instanceLastOperation',
      'bind',
      'fetchBinding',
      'unbind',
      'bindingLastOperation',
    ]);
  });

  it('[8] refuses missing, malformed and wrong credentials on every endpoint, and calls nothing', async () => {
    const wrong = [
      undefined,
      '',
      'Basic',
      'Basic ###',
      'Basic YWRtaW4=',
      'admin',
      'Digest x',
      'Bearer x',
      basic({ username: 'admin', password: 'no' }),
      basic({ username: 'root', password: 'pa:ss wörd' }),
    ];
    for (const [method, path, body] of ENDPOINTS) {
      for (const authorization of wrong) {
        const answered = await osb.send(method, path, { body, headers: { authorization } });
        expect(answered.status, `${method} ${path} ${authorization}`).to.equal(401);
        expect(answered.json.description).to.be.a('string').that.is.not.empty;
        expect(answered.headers['www-authenticate']).to.match(/^Basic realm="[^"]+"/);
      }
    }
    expect(osb.broker.calls).to.be.empty;
  });

  it('[10] checks authentication before the version, the version before the route, the route before the body', async () => {
    const none = { authorization: undefined, 'x-broker-api-version': 'nonsense' };
    expect((await osb.send('PUT', '/nowhere%zz', { headers: none, body: 'no json' })).status).to.equal(401);
    const oldVersion = { 'x-broker-api-version': '1.0' };
    expect((await osb.send('PUT', '/nowhere', { headers: oldVersion, body: 'no json' })).status).to.equal(
      412,
    );
    expect((await osb.send('PUT', '/nowhere', { body: 'no json' })).status).to.equal(404);
    expect((await osb.send('PUT', INST, { body: 'no json' })).status).to.equal(400);
    expect(osb.broker.calls).to.be.empty;
  });

  it('[6] checks the version on every endpoint, and does not go on after a refusal', async () => {
    for (const [method, path, body] of ENDPOINTS) {
      const answered = await osb.send(method, path, { body, headers: { 'x-broker-api-version': '3.0' } });
      expect(answered.status, `${method} ${path}`).to.equal(412);
      expect(answered.json.description).to.include('2.17');
    }
    expect(osb.broker.calls).to.be.empty;
  });

  it('[37] answers an unknown path with 404 in JSON', async () => {
    const paths = [
      '/',
      '/v2',
      '/v2/catalog/',
      '/V2/catalog',
      '/v2/catalogs',
      `${INST}/`,
      `${BIND}/x`,
      `${INST}/x`,
    ];
    for (const path of paths) {
      const answered = await osb.send('GET', path);
      expect(answered.status, path).to.equal(404);
      expect(answered.headers['content-type']).to.equal('application/json');
      expect(answered.json.description).to.be.a('string').that.is.not.empty;
    }
  });

  it('[37] answers a wrong method with 405, JSON and the methods that are allowed', async () => {
    const wrong: [string, string, string][] = [
      ['POST', '/v2/catalog', 'GET'],
      ['HEAD', '/v2/catalog', 'GET'],
      ['OPTIONS', '/v2/catalog', 'GET'],
      ['POST', INST, 'PUT, GET, PATCH, DELETE'],
      ['PATCH', BIND, 'PUT, GET, DELETE'],
      ['PUT', `${INST}/last_operation`, 'GET'],
      ['PROPFIND', `${BIND}/last_operation`, 'GET'],
    ];
    for (const [method, path, allow] of wrong) {
      const answered = await osb.send(method, path);
      expect(answered.status, `${method} ${path}`).to.equal(405);
      expect(answered.headers.allow).to.equal(allow);
      expect(answered.headers['content-type']).to.equal('application/json');
      if (method !== 'HEAD') expect(answered.json.description).to.include(allow);
    }
    expect(osb.broker.calls).to.be.empty;
  });

  it('[36] answers what the broker throws with its status, code and flags', async () => {
    osb.broker.overrides.update = () => {
      throw new OsbError('ConcurrencyError', 'Busy', { instanceUsable: true, updateRepeatable: false });
    };
    const answered = await osb.send('PATCH', INST, { body: { service_id: 's' } });
    expect(answered.status).to.equal(422);
    expect(answered.json).to.deep.equal({
      error: 'ConcurrencyError',
      description: 'Busy',
      instance_usable: true,
      update_repeatable: false,
    });
  });

  it('[37] hides an unexpected exception from the client and logs it with the identities', async () => {
    osb.broker.overrides.bind = () => Promise.reject(new Error('the database at 10.0.0.7 said no'));
    const headers = { 'x-broker-api-request-identity': 'r-1' };
    const answered = await osb.send('PUT', BIND, { body: BINDING, headers });
    expect(answered.status).to.equal(500);
    expect(Object.keys(answered.json)).to.deep.equal(['description']);
    expect(answered.text).not.to.include('10.0.0.7');
    const line = osb.lines.find(({ level }) => level === 'error');
    expect(line).to.include({ requestId: 'r-1', instanceId: 'i-1', bindingId: 'b-1' });
    expect(line?.error).to.include('10.0.0.7');
  });

  it('[74] leaves undefined fields out, and lets nobody store an answer with credentials', async () => {
    osb.broker.overrides.bind = () =>
      Promise.resolve({
        status: 201,
        body: { credentials: { user: 'u' }, syslog_drain_url: undefined as never },
      });
    const answered = await osb.send('PUT', BIND, { body: BINDING });
    expect(answered.text).to.equal('{"credentials":{"user":"u"}}');
    expect(answered.headers['cache-control']).to.equal('no-store');
  });

  it('[128] gives Retry-After in whole seconds when the broker names a time', async () => {
    osb.broker.overrides.instanceLastOperation = () =>
      Promise.resolve({ status: 200, body: { state: 'in progress' }, retryAfterSeconds: 2.5 });
    expect((await osb.send('GET', `${INST}/last_operation`)).headers['retry-after']).to.equal('3');
    expect((await osb.send('GET', `${BIND}/last_operation`)).headers).not.to.have.property('retry-after');
  });

  it('logs what was asked for, and which operation the answer or the poll is about', async () => {
    const operation = 'provision-1';
    osb.broker.overrides.provision = () => Promise.resolve({ status: 202, body: { operation } });
    osb.broker.overrides.unbind = () => Promise.resolve({ status: 200, body: {}, operationId: 'unbind-1' });
    osb.broker.overrides.bindingLastOperation = () => {
      throw new OsbError('Gone', 'It is gone');
    };
    const unbound = await osb.send('DELETE', BIND);
    expect(unbound.json).to.deep.equal({});
    await osb.send('PUT', INST, { body: PROVISION });
    await osb.send('GET', `${INST}/last_operation?operation=${operation}`);
    await osb.send('GET', `${BIND}/last_operation?operation=unbind-1%0A${'x'.repeat(1000)}`);
    await osb.send('GET', '/v2/catalog');
    await osb.send('POST', INST);
    const lines = osb.lines.filter(({ message }) => message === 'request');
    expect(lines.map(({ operation, operationId }) => [operation, operationId])).to.deep.equal([
      ['unbind', 'unbind-1'],
      ['provision', 'provision-1'],
      ['instance_last_operation', 'provision-1'],
      ['binding_last_operation', `unbind-1${'x'.repeat(248)}`],
      ['catalog', undefined],
      [undefined, undefined],
    ]);
  });

  it('logs one line a request, with no header, query value or body in it', async () => {
    const sent = {
      body: { ...PROVISION, parameters: { pin: 'swordfish' } },
      headers: { 'x-extra': 'halibut' },
    };
    await osb.send('PUT', `${INST}?accepts_incomplete=true&operation=turbot`, sent);
    await osb.send('GET', '/secret-trout', { headers: { authorization: 'Basic bWFja2VyZWw6eA==' } });
    const lines = osb.lines.filter(({ message }) => message === 'request');
    expect(lines).to.have.length(2);
    expect(lines[0]).to.include({
      level: 'info',
      method: 'PUT',
      route: '/v2/service_instances/:instance_id',
      status: 201,
      instanceId: 'i-1',
    });
    expect(lines[0]?.durationMs).to.be.a('number');
    expect(lines[0]?.requestId).to.be.a('string').that.is.not.empty;
    expect(lines[1]).to.include({ route: 'none', status: 401 });
    expect(osb.text()).not.to.match(/swordfish|halibut|turbot|trout|bWFja2VyZWw6eA|mackerel|wörd/);
  });
});
