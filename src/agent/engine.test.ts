import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, ListenOptions } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authority, pemOf } from '../../test/support/certificates.js';
import { pingEngine } from './engine.js';

const never = new AbortController().signal;
const failureOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => expect.fail('it was taken for a success'),
    (error: unknown) => (error as Error).message,
  );

describe('whether an engine answers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'brokersdk-engine-'));
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });
  after(() => rmSync(directory, { recursive: true }));

  const answers =
    (status: number): RequestListener =>
    ({ url, method }, response) =>
      response.writeHead(`${method} ${url}` === 'GET /_ping' ? status : 404).end('OK');

  /** Its address. */
  async function listen(engine: Server, at: ListenOptions = { port: 0, host: '127.0.0.1' }): Promise<string> {
    server = engine.listen(at);
    await once(engine, 'listening');
    return at.path ? `unix://${at.path}` : `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  }

  it('is asked over the network, or over a socket', async () => {
    await pingEngine({ engine: await listen(createServer(answers(200))) }, never);
    server!.close();
    const path = join(directory, 'docker.sock');
    await pingEngine({ engine: await listen(createServer(answers(200)), { path }) }, never);
  });

  it('is asked under the certificates of both sides, and not otherwise', async () => {
    const authority = new Authority(directory);
    const [own, client] = (['serverAuth', 'clientAuth'] as const).map((usage) =>
      pemOf(authority.issue(usage, { usage, commonName: undefined })),
    );
    const ca = readFileSync(authority.certFile, 'utf8');
    const options = { ...own!, ca, requestCert: true, rejectUnauthorized: true };
    const engine = await listen(createTlsServer(options, answers(200)));
    await pingEngine({ engine, tls: { ca, ...client! } }, never);
    const other = new Authority(mkdtempSync(join(directory, 'other-')));
    const tls = { ca: readFileSync(other.certFile, 'utf8'), ...client! };
    expect(await failureOf(pingEngine({ engine, tls }, never))).to.match(/ does not answer: .*certificate/);
    expect(await failureOf(pingEngine({ engine }, never))).to.match(/does not answer/);
  });

  it('is denied with the address and the reason', async () => {
    const engine = await listen(createServer(answers(500)));
    expect(await failureOf(pingEngine({ engine }, never))).to.equal(
      `the Docker engine at ${engine} answers GET /_ping with 500`,
    );
    server!.close();
    await once(server!, 'close');
    expect(await failureOf(pingEngine({ engine }, never))).to.match(
      new RegExp(`^the Docker engine at ${engine} does not answer: .*ECONNREFUSED`),
    );
    const gone = `unix://${directory}/none.sock`;
    expect(await failureOf(pingEngine({ engine: gone }, never))).to.match(
      /none\.sock does not answer: .*ENOENT/,
    );
  });

  it('hints at TLS where an engine wants it', async () => {
    const engine = await listen(createServer(answers(400)));
    expect(await failureOf(pingEngine({ engine }, never))).to.match(
      /with 400: where it wants TLS, give the agent/,
    );
  });

  it('is not waited for any longer than the signal lets it', async () => {
    const stopping = new AbortController();
    const engine = await listen(createServer(() => stopping.abort(new Error('stopping'))));
    expect(await failureOf(pingEngine({ engine }, stopping.signal))).to.match(/does not answer: stopping$/);
  });
});
