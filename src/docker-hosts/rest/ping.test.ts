import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import Koa from 'koa';
import { KubeError } from '../../sdk/kube/errors.js';
import { type Lease, microTime } from '../../sdk/kube/lease.js';
import { errorHandler } from '../../sdk/osb/error-handler.js';
import type { DockerHost } from '../../sdk/resources/kinds.js';
import { objectName } from '../../sdk/resources/names.js';
import { ManualClock } from '../../sdk/runtime/harness.test.js';
import { createLog } from '../../sdk/telemetry/log.js';
import { VersionedStore } from '../harness.test.js';
import { ping } from './ping.js';

/** All that an agent of before says. */
const PING = {
  ServiceHost: 'apps.example',
  DockerHost: 'node-1',
  DockerPort: 2376,
  LastPing: '1970-01-01T00:00:00Z',
  IsActive: true,
  PerfFactor: 1.22,
  KeepAlive: 30,
  ExecCommand: 'DockerCommandExec',
  ExecArgs: 'ssh',
  Portbind_min: 49156,
  Portbind_max: 49999,
  Portbindings: { 49156: 'i-1' },
};

describe('POST /ping', () => {
  let hosts: VersionedStore<DockerHost>;
  let leases: VersionedStore<Lease>;
  let clock: ManualClock;
  let adopted: string[];
  let server: Server;

  beforeEach(async () => {
    hosts = new VersionedStore();
    leases = new VersionedStore();
    clock = new ManualClock();
    adopted = [];
    const app = new Koa();
    app.use(errorHandler(createLog({ level: 'error', format: 'json', stream: new PassThrough() })));
    app.use(
      ping({
        hosts,
        leases,
        clock,
        namespace: 'ns',
        adopt: async (host) => void adopted.push(`${host} ${hosts.list().length} ${leases.list().length}`),
      }),
    );
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => server.close());

  const send = async (body: unknown, headers: Record<string, string> = {}) => {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/ping`, {
      method: 'POST',
      headers,
      // In bytes, since fetch would say of a text that it is a plain one: an agent need not say what it sends.
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    });
    return { status: answer.status, body: (await answer.json()) as { description?: string } };
  };

  it('registers the host, and gives a sign of its life at the time of this broker', async () => {
    clock.advance(5000);
    expect(await send(PING)).to.deep.equal({ status: 200, body: {} });
    expect(hosts.get('node-1')?.spec).to.deep.equal({
      engine: 'tcp://node-1:2376',
      serviceHost: 'apps.example',
      ports: { min: 49156, max: 49999 },
      perfFactor: 1.22,
      schedulable: true,
      keepaliveSeconds: 30,
    });
    expect(leases.get('docker-host-node-1')?.spec).to.include({
      holderIdentity: 'ping_ns',
      leaseDurationSeconds: 90,
      renewTime: microTime(5000),
    });
  });

  it('lets the host have what is there for it once it is registered, and before it counts as alive', async () => {
    await send(PING);
    expect(adopted).to.deep.equal(['node-1 1 0']);
  });

  it('writes the Lease alone when it comes again with the same', async () => {
    await send(PING);
    const before = [hosts.writes().length, leases.writes().length];
    clock.advance(30_000);
    expect((await send({ ...PING, LastPing: 'x', Portbindings: 1, Other: [] })).status).to.equal(200);
    expect([hosts.writes().length, leases.writes().length]).to.deep.equal([before[0], before[1]! + 1]);
    expect(leases.get('docker-host-node-1')?.spec?.renewTime).to.equal(microTime(30_000));
  });

  it('is about the same host for the same DockerHost, whatever else it says', async () => {
    await send(PING);
    await send({ ...PING, ServiceHost: '10.0.0.8', DockerPort: 2375, IsActive: false });
    expect(hosts.list()).to.have.length(1);
    expect(hosts.get('node-1')?.spec).to.include({
      engine: 'tcp://node-1:2375',
      serviceHost: '10.0.0.8',
      schedulable: false,
    });
    await send({ ...PING, DockerHost: '10.0.0.7' });
    expect(hosts.get(objectName('10.0.0.7'))?.spec.engine).to.equal('tcp://10.0.0.7:2376');
  });

  it('need not say more than where the host is', async () => {
    await send({
      servicehost: 'a',
      dockerhost: 'fd00::7',
      Portbind_min: 0,
      Portbind_max: 0,
      PerfFactor: null,
    });
    expect(hosts.get(objectName('fd00::7'))?.spec).to.deep.equal({
      engine: 'tcp://[fd00::7]:2375',
      serviceHost: 'a',
      perfFactor: 1,
      schedulable: true,
      keepaliveSeconds: 60,
    });
  });

  for (const [change, description] of [
    [
      { DockerHost: undefined },
      /^DockerHost must be the name or address of a host, without scheme and port$/,
    ],
    [{ DockerHost: 'unix:///var/run/docker.sock' }, /^DockerHost must be/],
    [{ DockerHost: 'tcp://10.0.0.7:2375' }, /^DockerHost must be/],
    [{ DockerHost: 'node-1:2375' }, /^DockerHost must be/],
    [{ DockerHost: 'user@node-1' }, /^DockerHost must be/],
    [{ DockerHost: '../x' }, /^DockerHost must be/],
    [{ DockerHost: '' }, /^DockerHost must be/],
    [{ ServiceHost: 7 }, /^ServiceHost must be/],
    [{ DockerPort: 0 }, /^DockerPort must be a whole number from 1 to 65535$/],
    [{ DockerPort: '2375' }, /^DockerPort must be/],
    [{ KeepAlive: 0 }, /^KeepAlive must be a whole number from 1 to 3600$/],
    [{ KeepAlive: 1.5 }, /^KeepAlive must be/],
    [{ PerfFactor: -1 }, /^PerfFactor must be a number, and not below 0$/],
    [{ IsActive: 'yes' }, /^IsActive must be true or false$/],
    [{ Portbind_max: 65_537 }, /^Portbind_max must be a whole number from 0 to 65536$/],
    [{ Portbind_max: undefined }, /^Portbind_min and Portbind_max must be a range of ports/],
    [{ Portbind_min: 49999 }, /^Portbind_min and Portbind_max must be a range of ports/],
  ] as const) {
    it(`is refused, and nothing is stored: ${JSON.stringify(change)} ${description.source}`, async () => {
      const { status, body } = await send({ ...PING, ...change });
      expect(status).to.equal(400);
      expect(body.description).to.match(description);
      expect([...hosts.writes(), ...leases.writes()]).to.deep.equal([]);
    });
  }

  for (const [body, status, description] of [
    ['', 400, /^The request body must be a JSON object$/],
    ['{"canary"', 400, /^The request body must be valid JSON$/],
    ['[]', 400, /^The request body must be a JSON object$/],
    ['{"__proto__": {}}', 400, /^The request body must not have the key __proto__$/],
    [`{"x": "${'x'.repeat(70_000)}"}`, 413, /^The request body must have at most 65536 bytes$/],
  ] as const) {
    it(`is refused for its body: ${body.slice(0, 20)}`, async () => {
      const answer = await send(body, { 'content-type': 'application/json' });
      expect(answer.status).to.equal(status);
      expect(answer.body.description).to.match(description);
    });
  }

  it('is no sign of life where it could not be stored', async () => {
    hosts.create = () => Promise.reject(new KubeError('create dockerhosts node-1: 503', { status: 503 }));
    expect((await send(PING)).status).to.be.within(500, 503);
    expect(leases.writes()).to.deep.equal([]);
  });
});
