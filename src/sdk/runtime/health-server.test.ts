import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { request } from 'undici';
import { createLog } from '../telemetry/log.js';
import { type HealthServer, startHealthServer } from './health-server.js';

describe('the health server', () => {
  let problem: string | undefined;
  let scrape: () => Promise<string>;
  let lines: string[];
  let server: HealthServer;

  const start = (port = 0): Promise<HealthServer> => {
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    return startHealthServer({
      host: '127.0.0.1',
      port,
      checks: [
        { name: 'first', problem: () => problem },
        { name: 'second', problem: () => undefined },
      ],
      metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: () => scrape() },
      log: createLog({ level: 'info', format: 'json', stream }),
    });
  };

  beforeEach(async () => {
    problem = undefined;
    lines = [];
    scrape = async () => 'leader 1\n';
    server = await start();
  });
  afterEach(() => server.close());

  const get = async (path: string, method: 'GET' | 'HEAD' | 'POST' = 'GET') => {
    const answer = await request(server.url + path, { method });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  };

  it('lives, whatever is wrong', async () => {
    problem = 'broken';
    expect(await get('/livez')).to.include({ status: 200, text: 'ok\n' });
  });

  it('is ready when all checks hold, and says which do not', async () => {
    expect(await get('/readyz')).to.include({ status: 200, text: 'ok\n' });
    expect(await get('/readyz?verbose')).to.include({ status: 200, text: '[+] first\n[+] second\n' });
    problem = 'broken';
    expect(await get('/readyz')).to.include({ status: 503, text: '[-] first: broken\n' });
    expect(await get('/readyz?verbose=1')).to.include({
      status: 503,
      text: '[-] first: broken\n[+] second\n',
    });
  });

  it('hands out the metrics in the type that they have', async () => {
    const { status, headers, text } = await get('/metrics');
    expect({ status, text }).to.deep.equal({ status: 200, text: 'leader 1\n' });
    expect(headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
  });

  it('answers a failed scrape with 500 and no details, which the log has', async () => {
    scrape = () => Promise.reject(new Error('gauge broke'));
    expect(await get('/metrics')).to.include({ status: 500, text: 'failed\n' });
    expect(lines.join('')).to.include('gauge broke');
    expect((await get('/livez')).status).to.equal(200);
  });

  it('takes only GET and HEAD, and knows no other path', async () => {
    const head = await get('/readyz', 'HEAD');
    expect(head).to.include({ status: 200, text: '' });
    expect(head.headers['content-length']).to.equal('3');
    const post = await get('/readyz', 'POST');
    expect(post.status).to.equal(405);
    expect(post.headers.allow).to.equal('GET, HEAD');
    for (const path of ['/', '/livez/', '/v2/catalog', '//metrics']) {
      expect((await get(path)).status, path).to.equal(404);
    }
  });

  it('says in a sentence why it cannot listen', async () => {
    let message = '';
    await start(server.port).catch((error: Error) => (message = error.message));
    expect(message).to.equal(
      `Cannot listen on 127.0.0.1:${server.port} for health and metrics (EADDRINUSE): ` +
        'stop what listens there, or choose another port',
    );
  });

  it('closes although somebody keeps a connection open', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const ended = new Promise((resolve) => socket.once('close', resolve).once('error', () => undefined));
    socket.write('GET /livez HTTP/1.1\r\n');
    await server.close();
    await ended;
  });
});
