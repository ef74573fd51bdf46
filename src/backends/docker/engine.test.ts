// What no real engine does when it is asked to; all else is in test/docker.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { Engine } from './engine.js';

const { signal } = new AbortController();
const SPEC = {
  ...{ name: 'i-1', hostname: 'i-1', image: 'redis:7', labels: {}, ports: new Map(), volumes: new Map() },
  env: { PASSWORD: 'a-password' },
  restartPolicy: 'no' as const,
};

describe('Engine', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  async function engineThat(
    answers: (request: IncomingMessage, response: ServerResponse) => unknown,
    deadlineMs?: number,
  ): Promise<Engine> {
    const server = createServer((...exchange) => void answers(...exchange)).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new Engine({ engine: `tcp://127.0.0.1:${port}` }, deadlineMs);
  }

  const failure = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      () => expect.fail('it did not throw'),
      (error: unknown) => error as Error,
    );

  it('has the environment of a container in the body, and not in the URL, which others write down', async () => {
    const seen: { url: string; body: string }[] = [];
    const engine = await engineThat(async (request, response) => {
      seen.push({ url: request.url!, body: await text(request) });
      response.writeHead(201).end('{"Id":"abc"}');
    });
    await engine.create(SPEC, signal);
    expect(seen).to.have.length(1);
    expect(seen[0]!.url).to.equal('/containers/create?name=i-1');
    expect(JSON.parse(seen[0]!.body)).to.deep.include({ Image: 'redis:7', Env: ['PASSWORD=a-password'] });
  });

  it('blacks out what an engine quotes of the environment', async () => {
    const engine = await engineThat((_, response) =>
      response.writeHead(400).end('{"message":"i-1 has an invalid environment variable: a-password"}'),
    );
    const error = await failure(engine.create(SPEC, signal));
    expect(error.message).to.match(
      /cannot make the container i-1: i-1 has an invalid environment variable: \[redacted\]$/,
    );
    expect(error).to.not.have.property('cause');
    const env = { INSTANCE_NAME: 'i-1', MODE: 'a', BINDING_PASSWORD: 'a-password' };
    const options = { timeoutMs: 5000, signal };
    expect((await failure(engine.exec('i-1', ['/bind'], env, options))).message).to.match(
      /cannot run \/bind in the container i-1: i-1 has an invalid environment variable: \[redacted\]$/,
    );
  });

  it('gives up on an engine that does not answer in time', async () => {
    const engine = await engineThat(() => undefined, 100);
    const error = await failure(engine.inspect('i-1', signal));
    expect(error).to.have.property('kind', 'late');
    expect(error.message).to.match(
      /^the Docker Engine at tcp:\/\/127.0.0.1:\d+ did not answer within 0.1 s$/,
    );
  });

  it('ends with the signal, and asks nothing once it has fired', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    let requests = 0;
    const engine = await engineThat(() => {
      requests++;
      controller.abort(reason);
    });
    expect(await failure(engine.inspect('i-1', controller.signal))).to.equal(reason);
    expect(await failure(engine.inspect('i-1', controller.signal))).to.equal(reason);
    expect(requests).to.equal(1);
  });

  it('takes nothing from the environment of the process', async () => {
    const engine = await engineThat((_, response) => response.end('[]'));
    const set = {
      DOCKER_HOST: 'tcp://127.0.0.1:1',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_PATH_PREFIX: '/elsewhere',
    };
    Object.assign(process.env, set);
    try {
      expect(await engine.containers({}, signal)).to.deep.equal([]);
    } finally {
      for (const name of Object.keys(set)) delete process.env[name];
    }
  });

  it('has a connection of its own for each request, so that none is taken that the engine has closed', async () => {
    const connections = new Set<unknown>();
    const engine = await engineThat((request, response) => {
      connections.add(request.socket);
      response.end('[]');
    });
    await engine.containers({}, signal);
    await engine.containers({}, signal);
    expect(connections.size).to.equal(2);
  });

  for (const address of ['http://127.0.0.1:2375', 'tcp://', 'unix://', 'words']) {
    it(`refuses what is no address of an engine: ${address}`, async () => {
      const error = await failure(new Engine({ engine: address }).inspect('i-1', signal));
      expect(error).to.have.property('kind', 'invalid');
      expect(error.message).to.contain(
        `${address} is no address of a Docker Engine: it must be as tcp://10.0.0.7:2376`,
      );
    });
  }

  it('names the engine without what may be secret in its address', async () => {
    const error = await failure(new Engine({ engine: 'tcp://me:word@127.0.0.1:1' }).inspect('i-1', signal));
    expect(error.message).to.equal(
      'the Docker Engine at tcp://127.0.0.1:1 cannot be reached: nothing listens there',
    );
  });
});
