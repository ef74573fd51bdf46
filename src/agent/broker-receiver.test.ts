import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authority, pemOf } from '../../test/support/certificates.js';
import { brokerReceiver } from './broker-receiver.js';
import type { Receiver } from './receiver.js';
import { readSettings } from './settings-read.js';

const never = new AbortController().signal;
const settings = (args: string[] = []) =>
  readSettings({ args: ['--service-host=apps.example', '--docker-host=fd00::7', ...args], env: {} });

describe('a broker that gets the signs of life', () => {
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-pinged-'));
  let server: Server;
  let seen: string[];
  let answer: { status: number; body?: string; headers?: Record<string, string> };
  const listener: RequestListener = ({ method, url }, response) => {
    seen.push(`${method} ${url}`);
    response.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
  };
  beforeEach(() => {
    [seen, answer] = [[], { status: 200, body: '{}' }];
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  after(() => rmSync(directory, { recursive: true }));

  async function receiver(args: string[] = [], made = createServer(listener)): Promise<Receiver> {
    server = made.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const scheme = made instanceof TlsServer ? 'https' : 'http';
    const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
    return brokerReceiver({ url, user: 'admin', password: 'canary' }, settings(args));
  }

  const failureOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => expect.fail('it was taken for a success'),
      (error: unknown) => (error as Error).message,
    );

  it('may be below a path, and gets certificates by the name of the Docker host', async () => {
    const broker = await receiver();
    await broker.beat(never);
    await broker.bring({ ca: 'ca', cert: 'cert', key: 'key' }, never);
    expect(seen).to.deep.equal(['POST /base/ping', 'PUT /base/certificate/fd00%3A%3A7']);
  });

  it('is verified by the CA of the settings, or else not spoken to', async () => {
    const authority = new Authority(directory);
    const made = createTlsServer(
      pemOf(authority.issue('broker', { usage: 'serverAuth', commonName: undefined })),
      listener,
    );
    const broker = await receiver(['--broker-ca', authority.certFile], made);
    await broker.beat(never);
    expect(seen).to.have.length(1);
    const url = broker.name.replace('the broker at ', '');
    const stranger = brokerReceiver({ url, user: 'admin', password: 'canary' }, settings());
    expect(await failureOf(stranger.beat(never))).to.match(/does not answer: .*certificate/);
    expect(seen).to.have.length(1);
  });

  for (const [what, given, said] of [
    [
      'its own words',
      { status: 400, body: '{"description":"KeepAlive must be 1"}' },
      / with 400: KeepAlive must be 1$/,
    ],
    [
      '401',
      { status: 401 },
      / with 401: see that the user and password are those of one of its administrators$/,
    ],
    [
      '404',
      { status: 404, body: '{"description":"x"}' },
      / with 404: it has no administrators, or no Docker hosts$/,
    ],
    ['no JSON', { status: 502, body: '<html>' }, / with 502$/],
    ['a redirect, which is not followed', { status: 302, headers: { location: '/elsewhere' } }, / with 302$/],
    ['far too much', { status: 200, body: 'x'.repeat(70_000) }, /does not answer: /],
  ] as const) {
    it(`refuses with ${what}`, async () => {
      answer = given;
      const broker = await receiver();
      const problem = await failureOf(broker.beat(never));
      expect(problem)
        .to.match(said)
        .and.match(/^the broker at http:/)
        .and.not.include('canary');
      expect(seen).to.deep.equal(['POST /base/ping']);
    });
  }
});
