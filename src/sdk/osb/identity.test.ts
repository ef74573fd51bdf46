import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import { basic, INST, PROVISION, rawRequest, sendRaw, startHarness, type Harness } from './harness.test.js';

const REQUEST = 'x-broker-api-request-identity';
const ORIGIN = 'x-broker-api-originating-identity';
const encoded = (text: string) => Buffer.from(text).toString('base64');

describe('the identities of a request', () => {
  let osb: Harness;
  beforeEach(async () => (osb = await startHarness()));
  afterEach(() => osb.stop());

  it('[18] repeats the request identity on every answer, refusals included', async () => {
    const given = { [REQUEST]: 'e26cee84-6b38-4456' };
    const answers = [
      await osb.send('GET', '/v2/catalog', { headers: given }),
      await osb.send('GET', '/v2/catalog', { headers: { ...given, 'if-none-match': '"e-1"' } }),
      await osb.send('PUT', INST, { headers: given, body: 'no json' }),
      await osb.send('PUT', INST, { headers: { ...given, authorization: 'x' } }),
      await osb.send('GET', '/nowhere', { headers: given }),
      await osb.send('POST', INST, { headers: given }),
      await osb.send('GET', INST, { headers: { ...given, 'x-broker-api-version': '1.0' } }),
      await osb.send('PUT', INST, { headers: given, body: { ...PROVISION, filler: 'x'.repeat(30_000) } }),
    ];
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 304, 400, 401, 404, 405, 412, 413]);
    for (const { headers } of answers) expect(headers[REQUEST]).to.equal('e26cee84-6b38-4456');
  });

  it('[17] makes up an identity for the logs when there is none, and does not answer with it', async () => {
    const answered = await osb.send('GET', INST);
    expect(answered.headers).not.to.have.property(REQUEST);
    expect(osb.broker.calls[0]?.request.requestId).to.match(/^[0-9a-f-]{36}$/);
  });

  it('[19] strips control characters and bounds the length before logging', async () => {
    const long = `a\x85b\xadc\u00e9${'x'.repeat(400)}`;
    const received = await sendRaw(osb.server.port, rawRequest('GET', INST, [`${REQUEST}: ${long}`]));
    expect(received).to.include(long);
    const requestId = osb.broker.calls[0]?.request.requestId;
    expect(requestId).to.equal(`abcé${'x'.repeat(252)}`);
    expect(osb.lines.find(({ message }) => message === 'request')?.requestId).to.equal(requestId);
  });

  it('[16] hands the originating identity on, decoded, and logs none of it', async () => {
    const value = encoded(JSON.stringify({ user_id: 'zoë', extra: { a: ['b'] } }));
    await osb.send('PUT', INST, { body: PROVISION, headers: { [ORIGIN]: `cloudfoundry ${value}` } });
    expect(osb.broker.calls[0]?.request.originatingIdentity).to.deep.equal({
      platform: 'cloudfoundry',
      value: { user_id: 'zoë', extra: { a: ['b'] } },
    });
    expect(osb.text()).not.to.include(value).and.not.include('zoë');
  });

  it('[12] does without an originating identity', async () => {
    await osb.send('GET', INST);
    expect(osb.broker.calls[0]?.request).not.to.have.property('originatingIdentity');
  });

  it('[15] refuses an originating identity that cannot be parsed', async () => {
    const malformed = [
      '',
      'cloudfoundry',
      encoded('{}'),
      'cloudfoundry ***',
      `cloudfoundry ${encoded('[]')}`,
      `cloudfoundry ${encoded('"x"')}`,
      `cloudfoundry ${encoded('null')}`,
      `cloudfoundry ${encoded('{"a":')}`,
      `cloudfoundry ${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64')}`,
      `cloudfoundry ${encoded('{"__proto__":{}}')}`,
      `cloudfoundry ${encoded('{"a":'.repeat(100) + '1' + '}'.repeat(100))}`,
      `a b ${encoded('{}')}`,
    ];
    for (const header of malformed) {
      const answered = await osb.send('GET', INST, { headers: { [ORIGIN]: header } });
      expect(answered.status, header).to.equal(400);
      expect(answered.json.description).to.match(/Originating-Identity/);
    }
    expect(osb.broker.calls).to.be.empty;
  });

  it('tells the broker when the client goes away, and answers nobody', async () => {
    const aborted = new Promise<AbortSignal>((resolve) => {
      osb.broker.overrides.deprovision = ({ signal }) =>
        new Promise((_resolve, reject) => {
          request.destroy();
          signal.addEventListener('abort', () => {
            resolve(signal);
            reject(new Error('given up'));
          });
        });
    });
    const request = httpRequest({
      port: osb.server.port,
      method: 'DELETE',
      path: INST,
      headers: { authorization: basic(), 'x-broker-api-version': '2.17' },
    });
    const failed = once(request, 'error');
    request.end();
    expect((await aborted).aborted).to.be.true;
    await failed;
    expect(await osb.until('request')).to.include({ aborted: true, status: 503 });
    expect(osb.lines.filter(({ level }) => level === 'error')).to.be.empty;
  });

  it('does not call the broker for a request whose body never came', async () => {
    const request = httpRequest({
      port: osb.server.port,
      method: 'PUT',
      path: INST,
      headers: { authorization: basic(), 'x-broker-api-version': '2.17', 'content-length': '100' },
    });
    request.on('error', () => undefined);
    request.write('{"service_id"', () => request.destroy());
    expect((await osb.until('request')).status).to.equal(400);
    expect(osb.broker.calls).to.be.empty;
  });
});
