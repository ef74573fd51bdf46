import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { BIND, BINDING, INST, PROVISION, startHarness, type Harness } from './harness.test.js';

describe('bodies', () => {
  let osb: Harness;
  beforeEach(async () => (osb = await startHarness()));
  afterEach(() => osb.stop());

  const BODIED: [string, string, object][] = [
    ['PUT', INST, PROVISION],
    ['PATCH', INST, { service_id: 's' }],
    ['PUT', BIND, BINDING],
  ];

  async function expectRefused(path: [string, string], body: unknown, naming: RegExp) {
    const answered = await osb.send(...path, { body });
    expect(answered.status, JSON.stringify(body)).to.equal(400);
    expect(answered.json.description, JSON.stringify(body)).to.match(naming);
    expect(osb.broker.calls).to.be.empty;
  }

  it('[20] processes a body without Content-Type, or with parameters beside application/json', async () => {
    for (const type of [undefined, 'application/json; charset=utf-8', 'Application/JSON ;charset=UTF-8']) {
      const answered = await osb.send('PUT', INST, { body: PROVISION, headers: { 'content-type': type } });
      expect(answered.status, type).to.equal(201);
    }
  });

  it('[21] refuses another Content-Type, or a compressed body, with 400', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json-patch+json',
      'json',
    ]) {
      const answered = await osb.send('PUT', INST, { body: PROVISION, headers: { 'content-type': type } });
      expect(answered.status, type).to.equal(400);
      expect(answered.json.description).to.include('Content-Type');
    }
    const zipped = gzipSync(JSON.stringify(PROVISION)).toString('latin1');
    const answered = await osb.send('PUT', INST, { body: zipped, headers: { 'content-encoding': 'gzip' } });
    expect(answered.status).to.equal(400);
    expect(osb.broker.calls).to.be.empty;
  });

  it('[22] refuses what is not a JSON object, without quoting it', async () => {
    const malformed = [
      '',
      ' ',
      '[]',
      '"x"',
      'null',
      '7',
      'true',
      '{',
      '{"a":}',
      "{'a':1}",
      '{}{}',
      'swordfish',
      '\0',
    ];
    for (const [method, path] of BODIED) {
      for (const body of malformed) await expectRefused([method, path], body, /^The request body must be/);
      expect((await osb.send(method, path)).status).to.equal(400);
    }
    expect(osb.text()).not.to.include('swordfish');
    expect(osb.broker.calls).to.be.empty;
  });

  it('[22] refuses what cannot be walked or written back safely', async () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
    const inParameters = (json: string) => JSON.stringify(PROVISION).replace(/}$/, `,"parameters":${json}}`);
    expect((await osb.send('PUT', INST, { body: inParameters(nested(63)) })).status).to.equal(201);
    osb.broker.calls.length = 0;
    await expectRefused(['PUT', INST], inParameters(nested(64)), /nested/);
    await expectRefused(['PUT', INST], '['.repeat(9000), /JSON/);
    await expectRefused(['PUT', INST], `{"x":${'['.repeat(5000)}${']'.repeat(5000)}}`, /nested/);
    await expectRefused(['PUT', INST], inParameters('{"a":{"__proto__":{"b":1}}}'), /__proto__/);
    await expectRefused(['PUT', INST], inParameters('{"n":1e999}'), /number/);
    await expectRefused(['PUT', INST], inParameters('{"t":"\\ud800"}'), /Unicode/);
  });

  it('hands free-form objects on as they came, whatever their keys', async () => {
    const parameters = {
      constructor: { prototype: 1 },
      toString: null,
      then: 'x',
      hasOwnProperty: [1, { a: null }],
    };
    const body = {
      ...PROVISION,
      constructor: 'x',
      hasOwnProperty: 7,
      parameters,
      context: { constructor: 7 },
    };
    expect((await osb.send('PUT', INST, { body })).status).to.equal(201);
    expect(osb.broker.calls[0]?.request.parameters).to.deep.equal(parameters);
    expect(osb.broker.calls[0]?.request.context).to.deep.equal({ constructor: 7 });
  });

  it('[27] bounds the size with 413 in JSON, declared or not', async () => {
    const body = { ...PROVISION, filler: 'x'.repeat(20_000) };
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const answered = await osb.send('PUT', INST, { body, headers });
      expect(answered.status).to.equal(413);
      expect(answered.json.description).to.include('20000 bytes');
    }
    expect(osb.broker.calls).to.be.empty;
  });

  it('[23] ignores unknown fields of body and query', async () => {
    for (const [method, path, body] of BODIED) {
      const answered = await osb.send(method, `${path}?color=red&color=blue`, {
        body: { ...body, accepts_incomplete: true, color: ['red'], previous_values: 'x' },
      });
      expect(answered.status).to.be.oneOf([200, 201]);
      expect(osb.broker.calls.pop()?.request)
        .to.include({ acceptsIncomplete: false })
        .and.not.have.property('color');
    }
  });

  it('[25] refuses wrong types, naming the field', async () => {
    const wrong: [[string, string], object, string[]][] = [
      [['PUT', INST], PROVISION, ['service_id', 'plan_id', 'organization_guid', 'space_guid']],
      [['PATCH', INST], { service_id: 's' }, ['service_id', 'plan_id']],
      [['PUT', BIND], BINDING, ['service_id', 'plan_id', 'app_guid', 'predecessor_binding_id']],
    ];
    for (const [path, body, fields] of wrong) {
      for (const field of fields) {
        for (const value of [7, true, [], {}, ''])
          await expectRefused(path, { ...body, [field]: value }, RegExp(field));
      }
    }
    const objects: [[string, string], object, string[]][] = [
      [['PUT', INST], PROVISION, ['context', 'parameters', 'maintenance_info']],
      [['PATCH', INST], { service_id: 's' }, ['context', 'parameters', 'maintenance_info']],
      [['PUT', BIND], BINDING, ['context', 'parameters', 'bind_resource']],
    ];
    for (const [path, body, fields] of objects) {
      for (const field of fields) {
        for (const value of [7, true, [], 'x', ''])
          await expectRefused(path, { ...body, [field]: value }, RegExp(field));
      }
    }
    const nested = { ...PROVISION, maintenance_info: { version: 2 } };
    await expectRefused(['PUT', INST], nested, /^maintenance_info\.version/);
    await expectRefused(['PATCH', INST], nested, /^maintenance_info\.version/);
    await expectRefused(
      ['PUT', BIND],
      { ...BINDING, bind_resource: { app_guid: '' } },
      /^bind_resource\.app_guid/,
    );
  });

  it('[25] takes null for an optional field as absent', async () => {
    const optional = [
      'context',
      'parameters',
      'maintenance_info',
      'bind_resource',
      'app_guid',
      'predecessor_binding_id',
    ];
    for (const [method, path, body] of BODIED) {
      const nulls = Object.fromEntries(optional.map((field) => [field, null]));
      await osb.send(method, path, { body: { ...nulls, ...body } });
      expect(osb.broker.calls.pop()?.request).to.not.have.any.keys(
        'context',
        'parameters',
        'maintenanceVersion',
        'bindResource',
        'appGuid',
        'predecessorBindingId',
      );
    }
  });

  it('ignores the bodies of GET and DELETE', async () => {
    for (const method of ['GET', 'DELETE']) {
      const sent = { body: 'no json', headers: { 'content-type': 'text/plain', 'content-length': '7' } };
      expect((await osb.send(method, INST, sent)).status).to.equal(200);
    }
  });
});
