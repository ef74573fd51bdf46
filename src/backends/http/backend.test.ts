import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startEchoService, type EchoServer } from '../../echo-service/server.js';
import { ownsNothing } from '../../../test/support/owns-nothing.js';
import { TerminalError, type Binding, type Instance } from '../../sdk/index.js';
import { check } from '../../sdk/authoring/parameters.js';
import { httpBackend } from './backend.js';
import { HttpSettings } from './settings.js';

const secret = (): never => expect.fail('it asks for no Secret');
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

function instanceAt(settings: HttpSettings, signal = new AbortController().signal): Instance<HttpSettings> {
  return {
    id: 'An Id/of any kind',
    name: 'i-1',
    serviceId: 's',
    planId: 'p',
    settings,
    parameters: {},
    context: {},
    operationId: 'o',
    signal,
    secret,
    log: quiet,
    ...ownsNothing,
  };
}

function bindingOf(instance: Instance<HttpSettings>): Binding<HttpSettings> {
  const { operationId, signal, log } = instance;
  const common = { parameters: {}, bindResource: {}, context: {}, operationId, signal, log, ...ownsNothing };
  return { id: 'B', name: 'b-1', instance, ...common };
}

const bind = (instance: Instance<HttpSettings>) => httpBackend.bind!(bindingOf(instance));
const inventory = ({ settings, signal }: Instance<HttpSettings>) =>
  httpBackend.inventory!({ settings, signal, secret, log: quiet, ...ownsNothing });
const unbind = (instance: Instance<HttpSettings>) => httpBackend.unbind!(bindingOf(instance));

/** All the functions that ask the service, by name, for what is true of each of them. */
const FUNCTIONS: [string, (instance: Instance<HttpSettings>) => Promise<unknown>][] = [
  ['ensure', (instance) => httpBackend.ensure(instance)],
  ['bind', bind],
  ['unbind', unbind],
  ['destroy', (instance) => httpBackend.destroy(instance)],
  ['inventory', inventory],
];

const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('it was taken for a success'),
    (error: unknown) => error as Error,
  );

describe('the http backend', () => {
  describe('with the echo service', () => {
    let echo: EchoServer;
    let settings: HttpSettings;
    beforeEach(async () => {
      echo = await startEchoService({ port: 0 });
      settings = { url: `${echo.url}/echo` };
    });
    afterEach(() => echo.close());

    const say = async (uri: unknown, message: string) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(String(uri), {
        method: 'POST',
        headers,
        body: JSON.stringify({ message }),
      });
      return { status: response.status, body: await response.json() };
    };

    it('makes an instance with a dashboard, and making it again changes nothing', async () => {
      const instance = instanceAt(settings);
      expect(await httpBackend.ensure(instance)).to.deep.equal({ state: 'done', result: {} });
      const bound = await bind(instance);
      expect(await httpBackend.ensure(instance)).to.deep.equal({ state: 'done', result: {} });
      expect(await bind(instance)).to.deep.equal(bound);
      const dashboard = await fetch(httpBackend.dashboardUrl!(instance)!);
      expect(dashboard.status).to.equal(200);
      expect(await dashboard.text()).to.contain('<td>i-1</td><td>1</td>');
    });

    it('binds with credentials that work, until they are unbound', async () => {
      const instance = instanceAt(settings);
      await httpBackend.ensure(instance);
      const bound = await bind(instance);
      const uri = `${echo.url}/echo/i-1/b-1`;
      const { hostname, port } = new URL(echo.url);
      expect(bound).to.deep.equal({
        state: 'done',
        result: { credentials: { uri }, endpoints: [{ host: hostname, ports: [port] }] },
      });
      expect(await say(uri, 'hello')).to.deep.equal({ status: 200, body: { response: 'hello' } });
      await unbind(instance);
      expect((await say(uri, 'hello')).status).to.equal(404);
      await httpBackend.destroy(instance);
      expect((await fetch(httpBackend.dashboardUrl!(instance)!)).status).to.equal(404);
    });

    it('removes what was never made, and what is gone', async () => {
      const instance = instanceAt(settings);
      await unbind(instance);
      await httpBackend.destroy(instance);
      await httpBackend.ensure(instance);
      await httpBackend.destroy(instance);
      await httpBackend.destroy(instance);
      expect((await fetch(`${settings.url}/i-1`, { method: 'DELETE' })).status).to.equal(404);
    });

    it('tells what the service holds', async () => {
      const instance = instanceAt(settings);
      expect(await inventory(instance)).to.deep.equal([]);
      await httpBackend.ensure(instance);
      expect(await inventory(instance)).to.deep.equal([{ name: 'i-1', bindings: [] }]);
      await bind(instance);
      expect(await inventory(instance)).to.deep.equal([{ name: 'i-1', bindings: ['b-1'] }]);
    });

    it('fails a bind to an instance that the service does not know', async () => {
      const error = await failureOf(bind(instanceAt(settings)));
      expect(error).to.be.instanceOf(TerminalError).with.property('message').that.contains('404');
    });

    it('tells applications the public address and uses its own', async () => {
      const instance = instanceAt({ url: `${settings.url}/`, publicUrl: 'https://echo.example.com/e/' });
      await httpBackend.ensure(instance);
      expect(httpBackend.dashboardUrl!(instance)).to.equal('https://echo.example.com/e/dashboard/i-1');
      expect(await bind(instance)).to.deep.nested.include({
        'result.credentials.uri': 'https://echo.example.com/e/i-1/b-1',
        'result.endpoints': [{ host: 'echo.example.com', ports: ['443'] }],
      });
      expect((await fetch(`${settings.url}/i-1`, { method: 'DELETE' })).status).to.equal(200);
    });

    it('says hosts as endpoints want them', async () => {
      const endpoint = async (publicUrl: string) => {
        const instance = instanceAt({ ...settings, publicUrl });
        await httpBackend.ensure(instance);
        const bound = await bind(instance);
        return bound.state === 'done' ? bound.result.endpoints : undefined;
      };
      expect(await endpoint('http://[::1]:81')).to.deep.equal([{ host: '::1', ports: ['81'] }]);
      expect(await endpoint('http://echo')).to.deep.equal([{ host: 'echo', ports: ['80'] }]);
    });
  });

  describe('with a service that misbehaves', () => {
    let server: Server | undefined;
    const secret = 'pa55word';

    const serve = async (listener: RequestListener): Promise<string> => {
      server = createServer(listener).listen(0, '127.0.0.1');
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const answering = (status: number, headers: Record<string, string> = {}) =>
      serve((_, response) => response.writeHead(status, headers).end(`{"error":"${secret}"}`));
    const stop = async () => {
      const last = server;
      server = undefined;
      if (!last) return;
      last.close();
      last.closeAllConnections();
      await once(last, 'close');
    };
    afterEach(stop);

    for (const [name, run] of FUNCTIONS) {
      for (const status of [500, 502, 503, 408, 429]) {
        it(`${name}: ${status} is worth another try`, async () => {
          const error = await failureOf(run(instanceAt({ url: await answering(status) })));
          expect(error).not.to.be.instanceOf(TerminalError);
          expect(error.message).to.contain(String(status)).and.not.to.contain(secret);
        });
      }
      for (const status of [202, 302, 400, 401, 403, 415, 422]) {
        it(`${name}: ${status} is a failure for good, and no success`, async () => {
          const url = await answering(status, { location: '/elsewhere' });
          const error = await failureOf(run(instanceAt({ url })));
          expect(error).to.be.instanceOf(TerminalError);
          expect(error.message).to.contain(String(status)).and.not.to.contain(secret);
        });
      }

      it(`${name}: a page with status 200 is not the service's answer`, async () => {
        const url = await answering(200, { 'content-type': 'text/html' });
        const error = await failureOf(run(instanceAt({ url })));
        expect(error).not.to.be.instanceOf(TerminalError);
        expect(error.message).to.contain('JSON');
      });

      it(`${name}: silence ends at the time-out`, async () => {
        const url = await serve(() => {});
        const error = await failureOf(run(instanceAt({ url, timeoutMs: 20 })));
        expect(error).not.to.be.instanceOf(TerminalError);
        expect(error.message).to.contain('20 ms');
      });

      it(`${name}: the signal ends it, with the signal's reason`, async () => {
        const controller = new AbortController();
        const reason = new Error('overtaken');
        const url = await serve(() => controller.abort(reason));
        expect(await failureOf(run(instanceAt({ url }, controller.signal)))).to.equal(reason);
      });

      it(`${name}: a refused connection is worth another try`, async () => {
        const url = await answering(200);
        await stop();
        const error = await failureOf(run(instanceAt({ url })));
        expect(error).not.to.be.instanceOf(TerminalError);
        expect(error.message).to.contain('ECONNREFUSED');
      });
    }

    it('knows of nothing where the service keeps no list', async () => {
      for (const status of [404, 405]) {
        expect(await inventory(instanceAt({ url: await answering(status) }))).to.deep.equal([]);
        await stop();
      }
    });

    for (const [what, body] of [
      ['no JSON', secret],
      ['no list', `{"instances": "${secret}"}`],
      ['an instance without an id', `{"instances": [{"name": "${secret}", "bindings": []}]}`],
      ['an instance without bindings', `{"instances": [{"id": "${secret}"}]}`],
      ['null', 'null'],
    ]) {
      it(`takes ${what} for no inventory, and quotes nothing`, async () => {
        const url = await serve((_, response) =>
          response.writeHead(200, { 'content-type': 'application/json' }).end(body),
        );
        const error = await failureOf(inventory(instanceAt({ url })));
        expect(error.message)
          .to.match(/^The service answered with/)
          .and.not.to.contain(secret);
      });
    }

    it('PUT 404 and 410 are no success; PUT 201 and 409 are', async () => {
      for (const status of [404, 410, 204]) {
        const error = await failureOf(httpBackend.ensure(instanceAt({ url: await answering(status) })));
        expect(error, String(status)).to.be.instanceOf(TerminalError);
        await stop();
      }
      for (const status of [201, 409]) {
        expect(await httpBackend.ensure(instanceAt({ url: await answering(status) }))).to.include({
          state: 'done',
        });
        await stop();
      }
    });

    it('DELETE 204, 404 and 410 mean gone; 409 does not', async () => {
      for (const status of [204, 404, 410]) {
        await httpBackend.destroy(instanceAt({ url: await answering(status) }));
        await stop();
      }
      const error = await failureOf(httpBackend.destroy(instanceAt({ url: await answering(409) })));
      expect(error).to.be.instanceOf(TerminalError);
    });

    it('accepts JSON under its other names', async () => {
      for (const type of [
        'application/json; charset=utf-8',
        'application/vnd.api+json',
        'Application/JSON',
      ]) {
        const url = await answering(200, { 'content-type': type });
        expect(await httpBackend.ensure(instanceAt({ url })), type).to.include({ state: 'done' });
        await stop();
      }
    });
  });

  describe('settings', () => {
    const problems = (plain: Record<string, unknown>) => check(HttpSettings, plain).problems;

    it('accept the addresses of services', () => {
      for (const url of ['http://127.0.0.1:8090/echo', 'https://echo.example.com', 'http://echo:8090/e/']) {
        expect(problems({ url, publicUrl: url, timeoutMs: 500 }), url).to.deep.equal([]);
      }
      expect(problems({ url: 'http://[::1]:8090/echo' })).to.deep.equal([]);
    });

    it('refuse what is no address, and credentials in one', () => {
      const bad = [
        undefined,
        '',
        'echo:8090',
        'ftp://echo',
        'http://u:p@echo',
        'http://e/?a=1',
        'http://e/#a',
      ];
      for (const url of bad) {
        expect(problems({ url }), String(url)).to.have.length(1);
        expect(problems({ url })[0]).to.match(/^url must be an http/);
      }
      expect(problems({ url: 'http://e', publicUrl: 'e' })).to.have.length(1);
      expect(problems({ url: 'http://e', timeoutMs: 0 })).to.have.length(1);
    });
  });
});
