import { expect } from 'chai';
import {
  BINDING,
  expectedJson,
  PROVISION,
  rawRequest,
  sendRaw,
  startHarness,
  type Harness,
} from './harness.test.js';

const instances = (id: string) => `/v2/service_instances/${id}`;

describe('ids in the path', () => {
  let osb: Harness;
  beforeEach(async () => (osb = await startHarness()));
  afterEach(() => osb.stop());

  it('[29] decodes once and takes any characters', async () => {
    const ids = [
      'A_b~c.d-e',
      '.',
      '..',
      '../../v2/catalog',
      'a/b',
      '..\\x',
      '%2F',
      '%252e',
      'a b+c',
      'ünï',
      '🚀',
      '?x=1#y;z',
      '__proto__',
      'constructor',
      'last_operation',
      'x'.repeat(8000),
    ];
    for (const id of ids) {
      const encoded = encodeURIComponent(id);
      expect((await osb.send('PUT', instances(encoded), { body: PROVISION })).status, id).to.equal(201);
      const binding = `${instances('i')}/service_bindings/${encoded}`;
      expect((await osb.send('PUT', binding, { body: BINDING })).status, id).to.equal(201);
      const [provision, bind] = osb.broker.calls.splice(0);
      expect(provision?.request.instanceId).to.equal(id);
      expect(bind?.request).to.include({ instanceId: 'i', bindingId: id });
    }
  });

  it('[29] normalises nothing: dots and encoded dots are ids, and never lead to another endpoint', async () => {
    for (const id of ['..', '%2e%2e', '%2E.', '..%2fcatalog', '..%2F..%2Fcatalog']) {
      const received = await sendRaw(osb.server.port, rawRequest('GET', instances(id)));
      expect(expectedJson(received).status, id).to.equal(200);
      const [call] = osb.broker.calls.splice(0);
      expect(call).to.deep.include({ method: 'fetchInstance' });
      expect(call?.request.instanceId).to.equal(decodeURIComponent(id));
    }
    const up = await sendRaw(osb.server.port, rawRequest('GET', '/v2/service_instances/../catalog'));
    expect(expectedJson(up).status).to.equal(404);
    expect(osb.broker.calls).to.be.empty;
  });

  it('[30] never hands an empty id on', async () => {
    const empty = [
      '',
      '/',
      '/last_operation',
      '/service_bindings/b',
      'i/service_bindings/',
      'i/service_bindings',
    ];
    for (const path of [
      ...empty,
      'i/service_bindings//last_operation',
      '/service_bindings//last_operation',
    ]) {
      const answered = await osb.send('GET', instances(path));
      expect(answered.status, path).to.equal(404);
    }
    expect(osb.broker.calls).to.be.empty;
  });

  it('[37] refuses malformed encoding, control characters and raw bytes with 400', async () => {
    const malformed = ['%', '%zz', '%2', 'a%', '%ff', '%ed%a0%80', '%c0%af', '%00', 'a%0Ab', '%7f', '%c2%85'];
    const raw = ['é', '\xff', '\xa0', 'a#b', 'a\x7fb'];
    for (const id of [...malformed, ...raw]) {
      for (const path of [instances(id), `${instances('i')}/service_bindings/${id}`]) {
        const { status, json } = expectedJson(await sendRaw(osb.server.port, rawRequest('DELETE', path)));
        expect(status, path).to.equal(400);
        expect(json.description, path).to.be.a('string').that.is.not.empty;
      }
    }
    expect(osb.broker.calls).to.be.empty;
  });

  it('serves the absolute form of a request target', async () => {
    const received = await sendRaw(
      osb.server.port,
      rawRequest('GET', 'http://broker.test:80/v2/catalog?x=1'),
    );
    expect(expectedJson(received).status).to.equal(200);
  });
});
