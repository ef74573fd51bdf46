import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import type { ContainerState } from './engine-facts.js';
import { isReady } from './readiness.js';

const RUNNING: ContainerState = {
  running: true,
  restarting: false,
  exitCode: 0,
  outOfMemory: false,
  restartCount: 0,
  startedAt: new Date(0),
};
const { signal } = new AbortController();
const nowhere = { host: '127.0.0.1', ports: new Map<string, number>() };

const of = (state: Partial<ContainerState>, place = nowhere) =>
  isReady({ state: { ...RUNNING, ...state } }, place, signal);

describe('isReady', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  async function placeOf(serve: (socket: Socket) => void): Promise<typeof nowhere> {
    const server = createServer(serve).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      host: '127.0.0.1',
      ports: new Map([
        ['53/udp', 1],
        ['6379/tcp', port],
      ]),
    };
  }

  it('asks the health check where there is one, whatever the ports do', async () => {
    const closed = { host: '127.0.0.1', ports: new Map([['6379/tcp', 1]]) };
    expect(await of({ health: 'healthy' }, closed)).to.deep.equal({ state: 'ready' });
    expect(await of({ health: 'starting' }, closed)).to.deep.equal({
      state: 'progressing',
      text: 'the container is starting',
    });
    expect(await of({ health: 'unhealthy' }, closed)).to.deep.equal({
      state: 'stuck',
      text: 'the container is unhealthy, by the check of its image',
      isFinal: false,
    });
  });

  it('takes a port that keeps a connection', async () => {
    expect(await of({}, await placeOf(() => undefined))).to.deep.equal({ state: 'ready' });
  });

  it('takes a port that says something and hangs up', async () => {
    expect(await of({}, await placeOf((socket) => socket.end('220 ready\r\n')))).to.deep.equal({
      state: 'ready',
    });
  });

  it('waits for a port that hangs up at once, as the proxy of an engine does for a container that does not listen', async () => {
    for (const hangUp of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
      expect(await of({}, await placeOf(hangUp))).to.deep.equal({
        state: 'progressing',
        text: 'waiting for port 6379/tcp to be open',
      });
    }
  });

  it('waits for a port that nobody listens at', async () => {
    const place = await placeOf(() => undefined);
    servers.splice(0).forEach((server) => server.close());
    expect(await of({}, place)).to.have.property('state', 'progressing');
  });

  it('is content with one that runs where there is neither', async () => {
    expect(await of({})).to.deep.equal({ state: 'ready' });
    expect(await of({}, { ...nowhere, ports: new Map([['53/udp', 1]]) })).to.deep.equal({ state: 'ready' });
  });

  const ended = { running: false, exitCode: 1 };
  for (const [title, state, text] of [
    ['ended', ended, 'the container ended with exit status 1'],
    [
      'has no memory',
      { ...ended, exitCode: 137, outOfMemory: true },
      'the container ended with exit status 137, as it had no memory left',
    ],
    [
      'ended just now',
      { ...ended, restarting: true },
      'the container ended with exit status 1 and is started again',
    ],
    [
      'ended again and again',
      { ...ended, restarting: true, restartCount: 3 },
      'the container ended with exit status 1 and was started 3 times again',
    ],
    [
      'ended and does not listen yet',
      { restartCount: 1 },
      'waiting for port 6379/tcp to be open; the container ended and was started once again',
    ],
  ] as const) {
    it(`says what is in the way of one that ${title}`, async () => {
      const place = await placeOf((socket) => socket.destroy());
      expect(await of(state, place)).to.deep.equal({ state: 'stuck', text, isFinal: false });
    });
  }

  it('waits for one that never was started', async () => {
    expect(await of({ running: false, startedAt: undefined })).to.deep.equal({
      state: 'progressing',
      text: 'the container is being made',
    });
  });

  it('rejects when the signal fires', async () => {
    const place = await placeOf((socket) => socket.on('error', () => undefined));
    const controller = new AbortController();
    const asked = isReady({ state: RUNNING }, place, controller.signal);
    controller.abort(new Error('stopped'));
    const error: unknown = await asked.catch((reason: unknown) => reason);
    expect(error).to.have.property('message', 'stopped');
  });
});
