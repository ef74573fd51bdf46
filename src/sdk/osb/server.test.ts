import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import Koa from 'koa';
import {
  basic,
  expectedJson,
  INST,
  memoryLog,
  PROVISION,
  rawRequest,
  sendRaw,
  startHarness,
  type Harness,
} from './harness.test.js';
import { selfSigned } from './self-signed.test.js';
import { startServer } from './server.js';

const HEADERS = { authorization: basic(), 'x-broker-api-version': '2.17' };

describe('the server', () => {
  let osb: Harness;
  beforeEach(async () => (osb = await startHarness()));
  afterEach(() => osb.stop());

  it('says where it listens, and why it cannot', async () => {
    expect(osb.server.url).to.equal(`http://127.0.0.1:${osb.server.port}`);
    const taken = {
      host: '127.0.0.1',
      port: osb.server.port,
      requestTimeoutMs: 1000,
      headersTimeoutMs: 1000,
    };
    const error = await startServer(new Koa(), { ...taken, log: osb.log }).catch((reason: Error) => reason);
    expect(error)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.matches(/EADDRINUSE.*another port/);
  });

  it('[37] answers in JSON what is not HTTP', async () => {
    const malformed: [string, number][] = [
      ['nonsense\r\n\r\n', 400],
      ['GET /v2/catalog HTTP/9.9\r\n\r\n', 400],
      ['GET /v2/a b HTTP/1.1\r\n\r\n', 400],
      [rawRequest('GET', INST, ['bad header\u0001: x']), 400],
      [rawRequest('GET', INST, [`x: ${'y'.repeat(40_000)}`]), 431],
      [rawRequest('GET', `/${'y'.repeat(40_000)}`), 431],
      [rawRequest('PUT', INST, ['content-length: 2', 'transfer-encoding: chunked']) + '{}', 400],
      [rawRequest('PUT', INST, ['transfer-encoding: chunked']) + 'zz\r\n{}', 400],
    ];
    for (const [bytes, expected] of malformed) {
      const received = await sendRaw(osb.server.port, bytes);
      const { status, json } = expectedJson(received);
      expect(status, bytes.slice(0, 60)).to.equal(expected);
      expect(received).to.include('Content-Type: application/json');
      expect(json.description).to.be.a('string').that.is.not.empty;
    }
    expect(osb.broker.calls).to.be.empty;
  });

  it('needs no Host header, and answers an unknown expectation within the protocol', async () => {
    const hostless = rawRequest('GET', INST).replace('host: x\r\n', '');
    expect(expectedJson(await sendRaw(osb.server.port, hostless)).status).to.equal(200);
    const expecting = rawRequest('GET', INST, ['expect: miracles']);
    expect(expectedJson(await sendRaw(osb.server.port, expecting)).status).to.equal(200);
  });

  it('[27] goes on with a connection whose last request was too large', async () => {
    const body = JSON.stringify({ ...PROVISION, filler: 'x'.repeat(50_000) });
    const large = rawRequest('PUT', INST, [`content-length: ${body.length}`]).replace(
      'connection: close\r\n',
      '',
    );
    const received = await sendRaw(osb.server.port, large + body + rawRequest('GET', INST));
    expect(received.match(/HTTP\/1.1 \d+/g)).to.deep.equal(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('cuts a request that does not arrive in time, with 408', async () => {
    const hasty = await startHarness({ server: { requestTimeoutMs: 100, headersTimeoutMs: 500 } });
    for (const bytes of ['GET /v2/cat', rawRequest('PUT', INST, ['content-length: 9']) + '{']) {
      const { status, json } = expectedJson(await sendRaw(hasty.server.port, bytes));
      expect(status).to.equal(408);
      expect(json.description).to.be.a('string');
    }
    expect(hasty.broker.calls).to.be.empty;
    await hasty.stop();
  });
});

describe('the server stops', () => {
  let osb: Harness;
  let agent: Agent;
  beforeEach(async () => {
    osb = await startHarness();
    agent = new Agent({ keepAlive: true });
  });
  afterEach(async () => {
    agent.destroy();
    await osb.stop();
  });

  const ask = async (path: string, method = 'GET'): Promise<IncomingMessage> => {
    const request = httpRequest({ port: osb.server.port, method, path, headers: HEADERS, agent }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  };

  it('after the requests in flight, telling their clients to go', async () => {
    const called = deferred();
    const release = deferred();
    osb.broker.overrides.fetchInstance = async () => {
      called.resolve();
      await release.promise;
      return { status: 200, body: { service_id: 's', plan_id: 'p' } };
    };
    const pending = ask(INST);
    await called.promise;
    const closed = osb.server.close(60_000);
    expect(osb.server.close(60_000)).to.equal(closed);
    const refused = await ask('/v2/catalog').catch((error: NodeJS.ErrnoException) => error.code);
    expect(refused).to.equal('ECONNREFUSED');
    release.resolve();
    const response = await pending;
    expect(response.statusCode).to.equal(200);
    expect(response.headers.connection).to.equal('close');
    response.resume();
    await closed;
  });

  it('without waiting for connections that are idle or have never said anything', async () => {
    (await ask('/v2/catalog')).resume();
    const silent = connect(osb.server.port, '127.0.0.1');
    await once(silent, 'connect');
    await osb.server.close(60_000);
    silent.destroy();
  });

  it('by cutting what is left after the grace period', async () => {
    const called = deferred<AbortSignal>();
    osb.broker.overrides.deprovision = ({ signal }) => {
      called.resolve(signal);
      return new Promise(() => undefined);
    };
    const pending = ask(INST, 'DELETE').catch((error: NodeJS.ErrnoException) => error.code);
    const signal = await called.promise;
    await osb.server.close(50);
    expect(await pending).to.equal('ECONNRESET');
    if (!signal.aborted) await once(signal, 'abort');
    expect(signal.aborted).to.be.true;
  });
});

describe('the server with TLS', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tls-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const files = () => ({ certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') });
  const write = ({ cert, key }: { cert: string; key: string }) => {
    writeFileSync(files().keyFile, key);
    writeFileSync(files().certFile, cert);
  };

  it('[9] serves over TLS, takes up a new certificate, and keeps the present one when the new is unusable', async () => {
    write(selfSigned('first'));
    const osb = await startHarness({ server: { tls: { ...files(), checkEveryMs: 5 } } });
    expect(osb.server.url).to.match(/^https:/);
    const request = rawRequest('GET', '/v2/catalog');
    const before = await sendTls(osb.server.port, request);
    expect(before.name).to.equal('first');
    expect(expectedJson(before.received).status).to.equal(200);

    write(selfSigned('second'));
    await osb.until('TLS certificate reloaded');
    expect((await sendTls(osb.server.port, request)).name).to.equal('second');

    writeFileSync(files().certFile, 'garbage');
    await osb.until('TLS certificate not reloaded, the present one stays');
    expect((await sendTls(osb.server.port, request)).name).to.equal('second');
    expect(osb.text()).not.to.include('PRIVATE KEY');
    await osb.stop();
  });

  it('stops without waiting for a connection that has never said anything', async () => {
    write(selfSigned('x'));
    const osb = await startHarness({ server: { tls: files() } });
    const silent = connectTls({ port: osb.server.port, rejectUnauthorized: false });
    silent.on('error', () => undefined);
    await once(silent, 'secureConnect');
    await osb.server.close(60_000);
    silent.destroy();
  });

  it('does not start with files that do not belong together', async () => {
    write({ cert: selfSigned('x').cert, key: selfSigned('y').key });
    const options = {
      host: '127.0.0.1',
      port: 0,
      requestTimeoutMs: 1,
      headersTimeoutMs: 1,
      log: memoryLog().log,
    };
    const error = await startServer(new Koa(), { ...options, tls: files() }).catch((reason: Error) => reason);
    expect(error).to.be.instanceOf(Error);
  });
});

async function sendTls(port: number, bytes: string): Promise<{ name: string; received: string }> {
  const socket: TLSSocket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const name = String(socket.getPeerCertificate().subject.CN);
  return { name, received: await readAll(socket, bytes) };
}

async function readAll(socket: Socket, bytes: string): Promise<string> {
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.write(bytes);
  await once(socket, 'close');
  return received;
}

function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
