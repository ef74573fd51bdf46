import { expect } from 'chai';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { invert } from './app.js';
import { startEchoService, type EchoServer } from './server.js';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('the echo service', () => {
  let server: EchoServer;

  beforeEach(async () => {
    server = await startEchoService({ port: 0 });
  });
  afterEach(() => server.close());

  const call = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await fetch(server.url + path, { method, ...init });
    return { status: response.status, body: (await response.json()) as Record<string, unknown>, response };
  };
  const post = (path: string, body: unknown) =>
    call('POST', path, { headers: JSON_TYPE, body: JSON.stringify(body) });
  const page = async (path: string) => {
    const response = await fetch(server.url + path);
    return { status: response.status, headers: response.headers, html: await response.text() };
  };

  describe('instances', () => {
    it('are provisioned once, with the address of their dashboard', async () => {
      const first = await call('PUT', '/echo/i1');
      expect(first.status).to.equal(200);
      expect(first.body).to.deep.equal({
        instance_id: 'i1',
        state: 'provision_success',
        dashboard_url: `${server.url}/echo/dashboard/i1`,
      });
      const again = await call('PUT', '/echo/i1');
      expect(again.status).to.equal(409);
      expect(again.body).to.have.all.keys('error');
    });

    it('are removed with what they had, and then are gone', async () => {
      await call('PUT', '/echo/i1');
      await call('PUT', '/echo/i1/b1');
      await call('PUT', '/echo/i1/b2');
      await post('/echo/i1/b1', { message: 'one' });
      await post('/echo/i1/b2', { message: 'two' });
      await post('/echo/i1/b2', { message: 'three' });
      await call('DELETE', '/echo/i1/b2');
      const removed = await call('DELETE', '/echo/i1');
      expect(removed.status).to.equal(200);
      expect(removed.body).to.deep.equal({
        id: 'i1',
        state: 'deprovision_success',
        bindings: 1,
        messages: 3,
      });
      expect((await call('DELETE', '/echo/i1')).status).to.equal(404);
      expect((await post('/echo/i1/b1', { message: 'x' })).status).to.equal(404);
    });

    it('of one service are unknown to the other', async () => {
      await call('PUT', '/echo/i1');
      expect((await call('PUT', '/invert/i1/b1')).status).to.equal(404);
      expect((await call('PUT', '/invert/i1')).status).to.equal(200);
    });

    it('are listed with their bindings, each service its own', async () => {
      expect((await call('GET', '/echo/instances')).body).to.deep.equal({ instances: [] });
      await call('PUT', '/echo/i1');
      await call('PUT', '/echo/i1/b1');
      await call('PUT', '/echo/instances');
      expect((await call('GET', '/echo/instances')).body).to.deep.equal({
        instances: [
          { id: 'i1', bindings: ['b1'] },
          { id: 'instances', bindings: [] },
        ],
      });
      expect((await call('GET', '/invert/instances')).body).to.deep.equal({ instances: [] });
    });

    it('may have any id, "dashboard" and hostile ones included', async () => {
      for (const id of ['dashboard', 'instances', '__proto__', 'a/b', 'ü ?#%', '<b>', '🙂']) {
        const path = `/echo/${encodeURIComponent(id)}`;
        const made = await call('PUT', path);
        expect(made.status, id).to.equal(200);
        expect(made.body['instance_id']).to.equal(id);
        expect((await call('PUT', `${path}/dashboard`)).status, id).to.equal(200);
        expect((await post(`${path}/dashboard`, { message: id })).body).to.deep.equal({ response: id });
        const shown = await page((made.body['dashboard_url'] as string).slice(server.url.length));
        expect(shown.status, id).to.equal(200);
        expect((await call('DELETE', path)).body).to.include({ bindings: 1, messages: 1 });
      }
    });
  });

  describe('bindings', () => {
    beforeEach(() => call('PUT', '/echo/i1'));

    it('are made and removed once', async () => {
      const made = await call('PUT', '/echo/i1/b1');
      expect(made.status).to.equal(200);
      expect(made.body).to.include({ state: 'bind_success', binding_id: 'b1' });
      expect((await call('PUT', '/echo/i1/b1')).status).to.equal(409);
      const removed = await call('DELETE', '/echo/i1/b1');
      expect(removed.status).to.equal(200);
      expect(removed.body).to.include({ state: 'unbind_success' });
      expect((await call('DELETE', '/echo/i1/b1')).status).to.equal(404);
    });

    it('need an instance', async () => {
      expect((await call('PUT', '/echo/other/b1')).status).to.equal(404);
      expect((await call('DELETE', '/echo/other/b1')).status).to.equal(404);
    });
  });

  describe('messages', () => {
    beforeEach(async () => {
      await call('PUT', '/echo/i1');
      await call('PUT', '/echo/i1/b1');
      await call('PUT', '/invert/i1');
      await call('PUT', '/invert/i1/b1');
    });

    it('are echoed', async () => {
      const answer = await post('/echo/i1/b1', { message: 'hello, wörld' });
      expect(answer.status).to.equal(200);
      expect(answer.body).to.deep.equal({ response: 'hello, wörld' });
    });

    it('are inverted by the characters that people see', async () => {
      expect((await post('/invert/i1/b1', { message: 'abc' })).body).to.deep.equal({ response: 'cba' });
      expect(invert('e\u0301a👩‍👩‍👧!')).to.equal('!👩‍👩‍👧ae\u0301');
      expect(invert('')).to.equal('');
    });

    it('are refused after unbind', async () => {
      await call('DELETE', '/echo/i1/b1');
      expect((await post('/echo/i1/b1', { message: 'x' })).status).to.equal(404);
    });

    it('are refused when the binding goes while the message arrives', async () => {
      const sending = request(`${server.url}/echo/i1/b1`, {
        method: 'POST',
        headers: { ...JSON_TYPE, expect: '100-continue' },
      });
      sending.flushHeaders();
      await once(sending, 'continue');
      sending.write('{"message":');
      await call('DELETE', '/echo/i1/b1');
      sending.end('"x"}');
      const [response] = (await once(sending, 'response')) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).to.equal(404);
    });

    it('must be JSON of the right shape, and only good ones count', async () => {
      const bad = async (body: string, type: string) =>
        (await call('POST', '/echo/i1/b1', { headers: { 'content-type': type }, body })).status;
      expect(await bad('{"message":"x"}', 'text/plain')).to.equal(415);
      expect(await bad('message=x', 'application/x-www-form-urlencoded')).to.equal(415);
      expect(await bad('{"message":', 'application/json')).to.equal(400);
      expect(await bad('', 'application/json')).to.equal(400);
      expect(await bad('[]', 'application/json')).to.equal(400);
      expect(await bad('{"message":5}', 'application/json')).to.equal(400);
      expect(await bad('{}', 'application/json; charset=utf-8')).to.equal(400);
      expect(await bad(JSON.stringify({ message: 'x'.repeat(2 ** 21) }), 'application/json')).to.equal(413);
      await post('/echo/i1/b1', { message: 'good' });
      expect((await call('DELETE', '/echo/i1')).body).to.include({ messages: 1 });
    });

    it('that are not JSON are not quoted back', async () => {
      const init = { headers: JSON_TYPE, body: '{"message": geheim}' };
      const { body } = await call('POST', '/echo/i1/b1', init);
      expect(JSON.stringify(body)).not.to.contain('geheim');
    });
  });

  describe('the dashboard', () => {
    it('shows an instance and an overview', async () => {
      await call('PUT', '/echo/i1');
      await call('PUT', '/echo/i1/b1');
      await post('/echo/i1/b1', { message: 'x' });
      const one = await page('/echo/dashboard/i1');
      expect(one.status).to.equal(200);
      expect(one.headers.get('content-type')).to.match(/^text\/html/);
      expect(one.html).to.contain('<td>i1</td><td>1</td><td>1</td>').and.to.contain('<li>b1</li>');
      const all = await page('/echo/dashboard');
      expect(all.html).to.contain('href="/echo/dashboard/i1"');
      expect((await page('/invert/dashboard')).html).not.to.contain('i1');
    });

    it('escapes ids, and forbids scripts besides', async () => {
      const id = `<script>alert("1")</script>&'`;
      await call('PUT', `/echo/${encodeURIComponent(id)}`);
      await call('PUT', `/echo/${encodeURIComponent(id)}/${encodeURIComponent(id)}`);
      for (const path of ['/echo/dashboard', `/echo/dashboard/${encodeURIComponent(id)}`]) {
        const { html, headers } = await page(path);
        expect(html).not.to.contain('<script');
        expect(html).to.contain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
        expect(headers.get('content-security-policy')).to.contain("default-src 'none'");
      }
    });

    it('of an unknown instance is 404', async () => {
      expect((await call('GET', '/echo/dashboard/none')).status).to.equal(404);
    });
  });

  it('may be for one instance, which is there from the start, and any binding of it', async () => {
    await server.close();
    server = await startEchoService({ port: 0, sole: 'i1' });
    expect((await post('/invert/i1/any', { message: 'hello' })).body).to.deep.equal({ response: 'olleh' });
    expect((await page('/echo/dashboard/i1')).html).to.include('i1');
    expect((await post('/echo/i2/any', { message: 'hello' })).status).to.equal(404);
    expect((await call('DELETE', '/echo/i1')).status).to.equal(200);
    expect((await post('/echo/i1/any', { message: 'hello' })).status).to.equal(404);
  });

  it('answers unknown paths and methods with JSON errors', async () => {
    for (const path of ['/', '/other/i1', '/echo', '/echo/', '/echo/i1/b1/c1']) {
      const { status, body } = await call('PUT', path);
      expect(status, path).to.be.oneOf([404, 405]);
      expect(body, path).to.have.all.keys('error');
    }
    const { status, response } = await call('GET', '/echo/i1');
    expect(status).to.equal(405);
    expect(response.headers.get('allow')).to.contain('PUT');
  });

  it('frees its port when closed', async () => {
    await server.close();
    const port = Number(new URL(server.url).port);
    const next = await startEchoService({ port });
    expect(next.url).to.equal(server.url);
    await next.close();
  });

  it('says so when the port is taken', async () => {
    const error = await startEchoService({ port: Number(new URL(server.url).port) }).catch((e: unknown) => e);
    expect(error).to.include({ code: 'EADDRINUSE' });
  });
});
