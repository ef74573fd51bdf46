import { expect } from 'chai';
import { BIND, BINDING, INST, PROVISION, startHarness, type Harness } from './harness.test.js';

describe('what the broker is asked', () => {
  let osb: Harness;
  beforeEach(async () => (osb = await startHarness()));
  afterEach(() => osb.stop());

  /** The request that the broker got, without what every request has. */
  async function asked(method: string, path: string, body?: unknown) {
    const answered = await osb.send(method, path, { body });
    expect(answered.status, answered.text).to.be.oneOf([200, 201]);
    const { requestId, signal, ...request } = osb.broker.calls.pop()?.request ?? {};
    expect(requestId).to.be.a('string');
    // Only what changes something may have to wait, and to give up.
    if (method === 'GET') expect(signal).to.equal(undefined);
    else expect(signal).to.be.instanceOf(AbortSignal);
    return request;
  }

  async function expectRefused(method: string, path: string, body: unknown, naming: RegExp) {
    const answered = await osb.send(method, path, { body });
    expect(answered.status, `${method} ${path} ${JSON.stringify(body)}`).to.equal(400);
    expect(answered.json.description).to.match(naming);
    expect(osb.broker.calls).to.be.empty;
  }

  const without = (body: object, field: string) =>
    Object.fromEntries(Object.entries(body).filter(([key]) => key !== field));

  it('[82] [85] [86] provision: all fields', async () => {
    const body = {
      ...PROVISION,
      context: { platform: 'cloudfoundry' },
      parameters: { a: [1] },
      maintenance_info: { version: '2.1.1+abc', description: 7 },
    };
    expect(await asked('PUT', `${INST}?accepts_incomplete=true`, body)).to.deep.equal({
      instanceId: 'i-1',
      acceptsIncomplete: true,
      serviceId: 's',
      planId: 'p',
      organizationGuid: 'o',
      spaceGuid: 'sp',
      context: { platform: 'cloudfoundry' },
      parameters: { a: [1] },
      maintenanceVersion: '2.1.1+abc',
    });
    expect(await asked('PUT', INST, { ...PROVISION, maintenance_info: {} })).not.to.have.property(
      'maintenanceVersion',
    );
  });

  it('[82] provision: refuses when any required field is missing, null or empty', async () => {
    for (const field of Object.keys(PROVISION)) {
      await expectRefused('PUT', INST, without(PROVISION, field), RegExp(field));
      await expectRefused('PUT', INST, { ...PROVISION, [field]: null }, RegExp(field));
      await expectRefused('PUT', INST, { ...PROVISION, [field]: '' }, RegExp(field));
    }
  });

  it('[84] provision: does without the guids where the broker is set so', async () => {
    const waived = await startHarness({ app: { requireGuids: false } });
    for (const guids of [{}, { organization_guid: '', space_guid: null }]) {
      expect((await waived.send('PUT', INST, { body: { ...BINDING, ...guids } })).status).to.equal(201);
      expect(waived.broker.calls.pop()?.request).not.to.have.any.keys('organizationGuid', 'spaceGuid');
    }
    expect((await waived.send('PUT', INST, { body: { ...PROVISION, space_guid: 7 } })).status).to.equal(400);
    await waived.stop();
  });

  it('[104] [105] [106] [108] update: only service_id is needed', async () => {
    expect(await asked('PATCH', INST, { service_id: 's', previous_values: { plan_id: 7 } })).to.deep.equal({
      instanceId: 'i-1',
      acceptsIncomplete: false,
      serviceId: 's',
    });
    const full = {
      service_id: 's',
      plan_id: 'p2',
      context: {},
      parameters: {},
      maintenance_info: { version: '1.0.0' },
    };
    expect(await asked('PATCH', INST, full)).to.deep.include({
      planId: 'p2',
      context: {},
      parameters: {},
      maintenanceVersion: '1.0.0',
    });
    await expectRefused('PATCH', INST, { plan_id: 'p' }, /service_id/);
    await expectRefused('PATCH', INST, {}, /service_id/);
  });

  it('[166] [173] delete: hands the ids of the query on, and empty ones as absent', async () => {
    expect(await asked('DELETE', `${INST}?service_id=a%2Fb&plan_id=p&accepts_incomplete=true`)).to.deep.equal(
      {
        instanceId: 'i-1',
        acceptsIncomplete: true,
        serviceId: 'a/b',
        planId: 'p',
      },
    );
    expect(await asked('DELETE', `${BIND}?service_id=&plan_id=p`)).to.deep.equal({
      instanceId: 'i-1',
      bindingId: 'b-1',
      acceptsIncomplete: false,
      planId: 'p',
    });
  });

  it('[132] [133] bind: all fields, and the application in either form', async () => {
    const body = {
      ...BINDING,
      app_guid: 'old',
      bind_resource: { app_guid: 'new', route: 'r' },
      parameters: { a: 1 },
    };
    expect(await asked('PUT', BIND, body)).to.deep.equal({
      instanceId: 'i-1',
      bindingId: 'b-1',
      acceptsIncomplete: false,
      serviceId: 's',
      planId: 'p',
      appGuid: 'new',
      bindResource: { app_guid: 'new', route: 'r' },
      parameters: { a: 1 },
    });
    expect(await asked('PUT', BIND, { ...BINDING, app_guid: 'old' })).to.include({ appGuid: 'old' });
    for (const field of ['service_id', 'plan_id'])
      await expectRefused('PUT', BIND, without(BINDING, field), RegExp(field));
  });

  it('[153] bind: a rotation needs nothing but the predecessor', async () => {
    expect(await asked('PUT', BIND, { predecessor_binding_id: 'b-0' })).to.deep.equal({
      instanceId: 'i-1',
      bindingId: 'b-1',
      acceptsIncomplete: false,
      predecessorBindingId: 'b-0',
    });
    await expectRefused('PUT', BIND, { predecessor_binding_id: 'b-0', plan_id: '' }, /plan_id/);
    await expectRefused('PUT', BIND, { predecessor_binding_id: null }, /service_id/);
  });

  it('[33] [126] last_operation: the operation comes back unchanged, and hints do not matter', async () => {
    for (const path of [INST, BIND]) {
      const operation = 'a b/ü&=+%';
      const query = `operation=${encodeURIComponent(operation)}&service_id=&plan_id=old`;
      expect((await asked('GET', `${path}/last_operation?${query}`)).operation).to.equal(operation);
      expect(await asked('GET', `${path}/last_operation?operation=`)).not.to.have.property('operation');
    }
  });

  it('[32] last_operation: takes an operation of 10,000 characters, and no longer one', async () => {
    for (const path of [INST, BIND]) {
      const most = 'x'.repeat(10_000);
      expect((await asked('GET', `${path}/last_operation?operation=${most}`)).operation).to.equal(most);
      await expectRefused('GET', `${path}/last_operation?operation=${most}x`, undefined, /operation/);
    }
  });

  it('[103] [161] fetch: hints do not matter', async () => {
    expect(await asked('GET', `${INST}?service_id=&plan_id=x`)).to.deep.equal({ instanceId: 'i-1' });
    expect(await asked('GET', `${BIND}?service_id=`)).to.deep.equal({ instanceId: 'i-1', bindingId: 'b-1' });
  });

  it('[26] accepts_incomplete is true only for true, and other text is refused', async () => {
    const values: [string, boolean][] = [
      ['accepts_incomplete=true', true],
      ['accepts_incomplete=false', false],
      ['accepts_incomplete=', false],
      ['accepts_incomplete', false],
      ['', false],
    ];
    const calls: [string, string, object?][] = [
      ['PUT', INST, PROVISION],
      ['PATCH', INST, { service_id: 's' }],
      ['DELETE', INST],
      ['PUT', BIND, BINDING],
      ['DELETE', BIND],
    ];
    for (const [method, path, body] of calls) {
      for (const [query, expected] of values) {
        const { acceptsIncomplete } = await asked(method, `${path}?${query}`, body);
        expect(acceptsIncomplete, `${method} ${query}`).to.equal(expected);
      }
      for (const other of ['True', '1', 'yes', 'true%20', 'true&accepts_incomplete=true']) {
        await expectRefused(method, `${path}?accepts_incomplete=${other}`, body, /accepts_incomplete/);
      }
    }
  });

  it('refuses repeated fields and malformed encoding in the query', async () => {
    for (const field of ['service_id', 'plan_id', 'operation']) {
      await expectRefused('DELETE', `${INST}?${field}=a&${field}=a`, undefined, RegExp(field));
    }
    for (const query of ['service_id=%', 'plan_id=%zz', 'x=%ff']) {
      await expectRefused('DELETE', `${INST}?${query}`, undefined, /query/);
    }
  });
});
