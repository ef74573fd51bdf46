// The embedded server's controls: faults on demand, the request log, restart and close.
import { expect } from 'chai';
import { connect } from 'node:net';
import { once } from 'node:events';
import { startLocalApiServer, type LocalApiServer } from '../../src/sdk/local/index.js';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const post = (name: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ metadata: { name } }),
});

describe('faults on demand', () => {
  let server: LocalApiServer;

  beforeEach(async () => {
    server = await startLocalApiServer({ bookmarkIntervalMs: 20 });
  });

  afterEach(() => server.close());

  const create = (name: string) => fetch(server.url + CONFIG_MAPS, post(name));
  const get = (name: string) => fetch(`${server.url}${CONFIG_MAPS}/${name}`);

  async function openWatch(query = '') {
    const response = await fetch(`${server.url}${CONFIG_MAPS}?watch=true${query}`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    return {
      /** The next chunk of the stream: its text, or how it ended. */
      next: async () => {
        const chunk = await reader.read().catch(() => 'cut' as const);
        return chunk === 'cut' ? chunk : (chunk.value ?? 'ended');
      },
    };
  }

  it('answers with a status as often as it is told', async () => {
    const match = { verb: 'create', resource: 'configmaps' } as const;
    const fault = server.faults.add({
      match,
      times: 2,
      fault: { kind: 'status', code: 429, retryAfterSeconds: 3 },
    });
    const refused = await create('a');
    expect(refused.status).to.equal(429);
    expect(refused.headers.get('retry-after')).to.equal('3');
    expect(await refused.json()).to.deep.include({ kind: 'Status', reason: 'TooManyRequests', code: 429 });
    expect((await create('a')).status).to.equal(429);
    expect((await create('a')).status).to.equal(201);
    expect(fault.hits).to.equal(2);
  });

  it('matches by name and subresource, and can be removed', async () => {
    const fault = server.faults.add({
      match: { name: 'a', subresource: '' },
      fault: { kind: 'status', code: 500 },
    });
    expect((await get('b')).status).to.equal(404);
    expect((await get('a')).status).to.equal(500);
    fault.remove();
    expect((await get('a')).status).to.equal(404);
  });

  for (const when of ['before', 'after'] as const)
    it(`cuts the connection ${when} the write takes effect`, async () => {
      server.faults.add({ match: { verb: 'create' }, times: 1, fault: { kind: 'reset', when } });
      const error: unknown = await create('cut').catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(TypeError);
      expect((await get('cut')).status).to.equal(when === 'after' ? 200 : 404);
    });

  it('delays, and hangs until the client gives up', async () => {
    server.faults.add({ match: { verb: 'create' }, times: 1, fault: { kind: 'delay', ms: 5 } });
    expect((await create('late')).status).to.equal(201);
    server.faults.add({ match: { name: 'late' }, times: 1, fault: { kind: 'hang' } });
    const signal = AbortSignal.timeout(50);
    const error: unknown = await fetch(`${server.url}${CONFIG_MAPS}/late`, { signal }).catch(
      (e: unknown) => e,
    );
    expect(error).to.have.property('name', 'TimeoutError');
  });

  it('holds a request back until it is released', async () => {
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    server.faults.add({ match: { verb: 'create' }, times: 1, fault: { kind: 'hold', until } });
    const held = create('held');
    expect((await get('held')).status).to.equal(404);
    release();
    expect((await held).status).to.equal(201);
  });

  it('cuts watches', async () => {
    const watch = await openWatch();
    expect(server.faults.dropWatches({ resource: 'secrets' })).to.equal(0);
    expect(server.faults.dropWatches({ resource: 'configmaps' })).to.equal(1);
    expect(await watch.next()).to.equal('cut');
  });

  it('expires watches, and every older version with them', async () => {
    await create('first');
    const { metadata } = (await (await get('first')).json()) as { metadata: { resourceVersion: string } };
    await create('second');
    const watch = await openWatch(`&resourceVersion=${metadata.resourceVersion}`);
    expect(await watch.next()).to.match(/ADDED.*second/);
    server.faults.expireWatches();
    expect(await watch.next()).to.match(/"type":"ERROR".*"code":410/);
    expect(await watch.next()).to.equal('ended');
    const late = await openWatch(`&resourceVersion=${metadata.resourceVersion}`);
    expect(await late.next()).to.match(/"type":"ERROR".*"code":410/);
  });

  it('silences watches, which stay open', async () => {
    const silenced = await openWatch('&allowWatchBookmarks=true&timeoutSeconds=1');
    expect(await silenced.next()).to.match(/BOOKMARK/);
    server.faults.silenceWatches();
    const heard = await openWatch();
    await create('unheard');
    expect(await heard.next()).to.match(/ADDED.*unheard/);
    expect(server.faults.openWatches()).to.equal(2);
    const rest: string[] = [];
    while (rest.at(-1) !== 'ended') rest.push(await silenced.next());
    expect(rest.join()).to.not.include('unheard');
  });

  it('logs what reached it', async () => {
    server.requests.clear();
    await create('logged');
    await get('none');
    await fetch(`${server.url}/version`);
    expect(server.requests.snapshot()).to.deep.equal([
      {
        verb: 'create',
        path: CONFIG_MAPS,
        group: '',
        resource: 'configmaps',
        namespace: 'default',
        status: 201,
      },
      {
        verb: 'get',
        path: `${CONFIG_MAPS}/none`,
        group: '',
        resource: 'configmaps',
        namespace: 'default',
        name: 'none',
        status: 404,
      },
      { verb: 'get', path: '/version', group: '', resource: '', status: 200 },
    ]);
    expect(server.requests.snapshot({ verb: 'create' })).to.have.length(1);
  });
});

describe('the embedded server', () => {
  it('keeps its port and its data when it restarts, and cuts all connections', async () => {
    const server = await startLocalApiServer();
    const { url } = server;
    await fetch(url + CONFIG_MAPS, post('kept'));
    const watch = await fetch(`${url}${CONFIG_MAPS}?watch=true`);
    const reader = watch.body!.getReader();
    await reader.read();
    await server.restart();
    const end: unknown = await reader.read().catch((error: unknown) => error);
    expect(end).to.be.instanceOf(Error);
    expect(server.url).to.equal(url);
    expect((await fetch(`${url}${CONFIG_MAPS}/kept`)).status).to.equal(200);
    await server.close();
  });

  it('leaves no socket behind when it closes', async () => {
    const server = await startLocalApiServer();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    await fetch(`${server.url}/healthz`);
    await server.close();
    await closed;
    const refused: unknown = await fetch(server.url).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(TypeError);
  });

  it('rejects when the port is taken', async () => {
    const server = await startLocalApiServer();
    const port = Number(new URL(server.url).port);
    const error: unknown = await startLocalApiServer({ port }).catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'EADDRINUSE');
    await server.close();
  });
});
