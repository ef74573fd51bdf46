// What a backend brings to the broker beside its functions: kinds that it follows, work of the leader, routes.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Lease, LEASES } from '../../src/sdk/kube/lease.js';
import type { BrokerContext, LeaderTerm, NamedBackend } from '../../src/sdk/index.js';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { labServices } from '../support/catalog.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { Kube } from '../support/kube.js';
import { Lab } from '../support/lab.js';
import { ASYNC, PLAIN, provisionOf } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

const ADMINISTRATOR = `Basic ${Buffer.from('admin:a-password').toString('base64')}`;

describe('a part of the broker', () => {
  let directory: string;
  let cluster: TestCluster;
  let kube: Kube;
  let broker: TestBroker;
  let lab: Lab;
  let context: BrokerContext;
  let term: LeaderTerm | undefined;
  let ended = false;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'parts-'));
    const file = join(directory, 'administrators');
    writeFileSync(file, 'admin:a-password\n');
    chmodSync(file, 0o600);
    cluster = await openCluster();
    kube = await Kube.open(cluster);
    lab = new Lab();
    broker = await startTestBroker(cluster, {
      definition: { services: labServices(lab.backend), backends: [lab.backend, partial()] },
      lab,
      env: { BROKER_ADMIN_CREDENTIALS_FILE: file },
    });
  });
  after(async () => {
    await broker.stop();
    await kube.close();
    await cluster.close();
    rmSync(directory, { recursive: true });
  });

  /** Has nothing but a part. */
  function partial(): NamedBackend {
    const { ensure, destroy } = lab.backend;
    return {
      ...{ name: 'partial', ensure, destroy },
      attach(given) {
        context = given;
        leases = given.follow<Lease>(LEASES, { labelSelector: 'part=yes' });
        return {
          async lead(given) {
            term = given;
            await new Promise<void>((resolve) =>
              given.signal.addEventListener('abort', () => resolve(), { once: true }),
            );
            ended = true;
          },
          routes: async (ctx, next) => {
            if (ctx.path !== '/part') return next();
            await given.administrators!(ctx, async () => {
              ctx.body = { served: true };
            });
          },
        };
      },
    };
  }
  let leases: ReturnType<typeof context.follow<Lease>>;

  const get = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${broker.url}/part`, { headers: { 'X-Broker-API-Version': '2.17', ...headers } });

  it('is told of the broker’s namespace', () => {
    expect(context.namespace).to.equal(cluster.namespace);
    expect(context.offerings.list()).to.have.lengthOf.above(0);
  });

  it('follows a kind, by its label, and writes it', async () => {
    const named = (name: string, labels: Record<string, string>): Lease => ({
      ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, labels }, spec: {} },
    });
    await leases.create(named('mine', { part: 'yes' }));
    expect(leases.get('mine')?.metadata.name).to.equal('mine');
    const seen = await leases.waitFor('mine', (lease) => lease !== undefined, { timeoutMs: 5000 });
    expect(seen.met).to.equal(true);
    expect(leases.list().map(({ metadata }) => metadata.name)).to.deep.equal(['mine']);
    expect(await leases.delete('mine')).to.equal(undefined);
  });

  it('works while this replica leads, wakes instances and posts Events', async () => {
    await eventually(
      async () => term,
      (given) => given !== undefined,
    );
    const id = newId();
    await broker.osb.provision(id, provisionOf(PLAIN), ASYNC);
    await eventually(
      () => broker.osb.lastOperation(id),
      ({ body }) => body.state === 'succeeded',
    );
    term!.assertLeading();
    const looked = new Promise<string>((resolve) => {
      lab.observe = async ({ name }) => resolve(name);
    });
    term!.wake(id);
    expect(await looked).to.equal(id);
    const instance = (await kube.instances.get(id))!;
    term!.event(instance, { type: 'Normal', reason: 'Noticed', message: 'by a part of the broker' });
    await kube.events.untilSome(1, ({ reason }) => reason === 'Noticed');
  });

  it('serves administrators, and no platform', async () => {
    const platform = `Basic ${Buffer.from('broker:broker').toString('base64')}`;
    expect((await get({})).status).to.equal(401);
    expect((await get({ Authorization: platform })).status).to.equal(401);
    expect((await get({ Authorization: ADMINISTRATOR, 'X-Broker-API-Version': '1.0' })).status).to.equal(412);
    expect(await (await get({ Authorization: ADMINISTRATOR })).json()).to.deep.equal({ served: true });
    const asPlatform = await fetch(`${broker.url}/v2/catalog`, {
      headers: { 'X-Broker-API-Version': '2.17', Authorization: ADMINISTRATOR },
    });
    expect(asPlatform.status).to.equal(401);
  });

  it('is in what says that the broker is ready, and ends with it', async () => {
    const health = await (await fetch(`${broker.healthUrl}/metrics`)).text();
    expect(health).to.match(/resource="leases"/);
    await broker.stop();
    expect(ended).to.equal(true);
  });

  it('complains of a file of administrators by the name of its setting', async () => {
    const file = join(directory, 'broken');
    writeFileSync(file, 'nonsense\n');
    const starting = startTestBroker(cluster, {
      definition: { backends: [lab.backend] },
      env: { BROKER_ADMIN_CREDENTIALS_FILE: file },
    });
    expect(await starting.catch(String)).to.match(/BROKER_ADMIN_CREDENTIALS_FILE cannot be used.*line 1/s);
  });
});
