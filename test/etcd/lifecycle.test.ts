// etcd as a service, through HTTP and with a real etcd: the life of an instance in thirteen steps, and what one may not
// do with the credentials of another.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import type { EtcdSettings } from '../../src/backends/etcd/settings.js';
import { type Binding, type Instance, TerminalError } from '../../src/sdk/index.js';
import { API_VERSION, SECRET_LABEL } from '../../src/sdk/resources/kinds.js';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { idsQuery, provisionBody } from '../support/catalog.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { Kube } from '../support/kube.js';
import { eventually } from '../support/unchanged.js';
import { type Account, describeWithEtcd, EtcdServer } from './server.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const execute = promisify(execFile);
const IDS = ['etcd-service', 'etcd-shared'] as const;
const BIND = { service_id: IDS[0], plan_id: IDS[1] };
const QUERY = idsQuery(...IDS);
const NOTHING = { users: [], roles: [], keys: [] };

function instanceOf(etcd: EtcdServer, secret: Record<string, string>): Instance<EtcdSettings> {
  return {
    ...{ id: 'i', name: 'i', serviceId: 's', planId: 'p', parameters: {}, context: {}, operationId: 'o' },
    settings: { endpoints: etcd.endpoints, adminSecret: 'admin', timeoutMs: 1000 },
    secret: () => secret,
    signal: new AbortController().signal,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  };
}

function bindingOf(instance: Instance<EtcdSettings>): Binding<EtcdSettings> {
  const { operationId, signal, log } = instance;
  return {
    id: 'b',
    name: 'b',
    parameters: {},
    bindResource: {},
    context: {},
    instance,
    operationId,
    signal,
    log,
  };
}

describeWithEtcd('etcd as a service', function () {
  this.timeout(60_000);
  let etcd: EtcdServer;
  let cluster: TestCluster;
  let kube: Kube;
  let broker: TestBroker;

  before(async () => {
    [etcd, cluster] = await Promise.all([EtcdServer.start(), openCluster()]);
    kube = await Kube.open(cluster);
    await kube.secrets.client.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'etcd-admin', labels: { [SECRET_LABEL]: 'backend' } },
      data: Object.fromEntries(
        Object.entries(etcd.admin).map(([key, value]) => [
          key,
          Buffer.from(value as string).toString('base64'),
        ]),
      ),
    });
    await kube.offerings.client.create({
      apiVersion: API_VERSION,
      kind: 'ServiceOffering',
      metadata: { name: 'etcd' },
      spec: {
        ...{ id: IDS[0], name: 'etcd', description: 'A key space of your own' },
        plans: [
          {
            ...{
              id: IDS[1],
              name: 'shared',
              description: 'In a cluster that others use, too',
              backend: 'etcd',
            },
            settings: { endpoints: etcd.endpoints, adminSecret: 'etcd-admin' },
          },
        ],
      },
    });
    broker = await startTestBroker(cluster, {
      definition: { services: [], backends: [etcdBackend] },
      env: { BROKER_PATIENCE_SECONDS: '20' },
    });
    await eventually(
      async () => (await broker.osb.catalog()).body.services,
      (services) => services.length === 1,
    );
  });

  after(async () => {
    await broker?.stop();
    await kube?.close();
    await cluster?.close();
    await etcd?.stop();
  });

  afterEach(async () => expect(await etcd.everything(), 'what is left').to.deep.equal(NOTHING));

  const provision = async (id: string): Promise<void> =>
    void expect((await broker.osb.provision(id, provisionBody(...IDS))).status).to.equal(201);
  const deprovision = async (id: string): Promise<void> =>
    void expect((await broker.osb.deprovision(id, QUERY)).status).to.equal(200);
  const unbind = async (id: string, binding: string): Promise<void> =>
    void expect((await broker.osb.unbind(id, binding, QUERY)).status).to.equal(200);
  const bind = async (id: string, binding: string): Promise<Account & Record<string, any>> => {
    const { status, body } = await broker.osb.bind(id, binding, BIND);
    expect(status).to.equal(201);
    return body.credentials;
  };
  const refused = async (account: Account, ...words: string[]): Promise<string> =>
    etcd.as(account, ...words).then(
      (said) => expect.fail(`${words.join(' ')} was not refused: ${said}`),
      (error: Error) => error.message,
    );

  it('lives in thirteen steps', async () => {
    const [id, binding] = [newId(), newId()];
    const [service] = (await broker.osb.catalog()).body.services; // 1
    expect([service.id, service.plans[0].id]).to.deep.equal(IDS);
    await provision(id); // 2
    const first = await bind(id, binding); // 3
    expect(await etcd.everything()).to.deep.equal({
      users: [`user-${id}_${binding}`],
      roles: [`instance-${id}`],
      keys: [],
    }); // 4
    const [endpoint] = etcd.endpoints;
    const { port } = new URL(endpoint!);
    const keypath = `/service_instances/${id}`;
    expect(first).to.include({ host: '127.0.0.1', port, keypath, base_path: keypath }); // 5
    expect(first.uri).to.equal(`http://${first.username}:${first.password}@127.0.0.1:${port}`);
    const key = `${first.keypath}/hello`;
    expect(await etcd.as(first, 'put', key, 'world')).to.equal('OK\n'); // 6
    expect(await etcd.as(first, 'get', key, '--print-value-only')).to.equal('world\n');
    expect(await refused(first, 'put', '/not-allowed', 'x')).to.include('permission denied'); // 7
    expect(await etcd.as(etcd.admin, 'get', '/not-allowed')).to.equal('');
    await unbind(id, binding); // 8
    expect(await refused(first, 'get', key)).to.include('authentication failed'); // 9
    const second = await bind(id, binding); // 10
    expect(second.password === first.password, 'the same password').to.equal(false);
    expect(second.keypath).to.equal(first.keypath);
    expect(await etcd.as(second, 'get', key, '--print-value-only')).to.equal('world\n'); // 11
    await unbind(id, binding); // 12
    await deprovision(id);
    expect(await etcd.as(etcd.admin, 'get', key)).to.equal(''); // 13
  });

  it('lives in the thirteen steps of the script', async () => {
    const { stdout, stderr } = await execute(join(ROOT, 'test-scripts/etcd-lifecycle.sh'), {
      env: {
        ...process.env,
        ...{
          BROKER_URL: broker.url,
          SERVICE_ID: IDS[0],
          PLAN_ID: IDS[1],
          INSTANCE_ID: newId(),
          BINDING_ID: newId(),
        },
        ...{ ETCD_ADMIN_USERNAME: etcd.admin.username, ETCD_ADMIN_PASSWORD: etcd.admin.password },
      },
    });
    expect(stdout, stderr).to.include('The thirteen steps went well.');
    expect((stdout + stderr).includes(etcd.admin.password), 'a password').to.equal(false);
  });

  it('lets nobody out of their own prefix', async () => {
    const [id, longer, binding] = ['a', 'ab', newId()];
    await provision(id);
    await provision(longer);
    const account = await bind(id, binding);
    const neighbour = '/service_instances/ab/secret';
    const [lease] = /[0-9a-f]{16}/.exec(await etcd.as(etcd.admin, 'lease', 'grant', '600')) ?? [];
    await etcd.as(etcd.admin, 'put', neighbour, 'x', '--lease', lease!);
    const [own, end] = ['/service_instances/a/', '/service_instances/a0'];
    for (const words of [
      ['get', neighbour],
      ['put', neighbour, 'y'],
      ['del', neighbour],
      ['get', '/service_instances/a', '--prefix'],
      ['get', '', '--prefix'],
      ['get', '/service_instances/', '/service_instances0'],
      ['get', own, `${end}\u0001`],
      ['del', '/service_instances/', '--prefix'],
      ['watch', neighbour],
      ['watch', '/service_instances/', '--prefix'],
      ['lease', 'revoke', lease!],
      ['put', '/service_instances/a', 'y'],
      ['put', end, 'y'],
      ['role', 'list'],
      ['user', 'list'],
      ['user', 'get', `user-${longer}_${binding}`],
      ['role', 'grant-permission', `instance-${id}`, 'readwrite', neighbour],
    ])
      expect(await refused(account, ...words), words.join(' ')).to.include('permission denied');
    expect(await etcd.as(account, 'put', `${own}x`, 'y')).to.equal('OK\n');
    expect(await etcd.as(account, 'get', own, '--prefix', '--print-value-only')).to.equal('y\n');
    expect(await etcd.as(etcd.admin, 'get', neighbour, '--print-value-only')).to.equal('x\n');
    await unbind(id, binding);
    await deprovision(id);
    await deprovision(longer);
  });

  it('keeps apart instances whose ids would be paths', async () => {
    const ids = ['x', 'x/y', 'x%2Fy', '../x', 'ü x'];
    const accounts: (Account & Record<string, any>)[] = [];
    for (const [index, id] of ids.entries()) {
      await provision(id);
      accounts.push(await bind(id, `b-${index}`));
    }
    expect(new Set(accounts.map(({ keypath }) => keypath)).size).to.equal(ids.length);
    for (const account of accounts) {
      await etcd.as(account, 'put', `${account.keypath}/mine`, account.username);
      for (const other of accounts.filter((each) => each !== account))
        expect(await refused(account, 'get', `${other.keypath}/mine`)).to.include('permission denied');
    }
    for (const [index, id] of ids.entries()) {
      await unbind(id, `b-${index}`);
      await deprovision(id);
    }
  });

  it('deprovisions where nothing was ever written, and what has bindings and keys', async () => {
    const [empty, full] = [newId(), newId()];
    await provision(empty);
    await deprovision(empty);
    await provision(full);
    const account = await bind(full, newId());
    await etcd.as(account, 'put', `${account.keypath}/a/b`, '1');
    await deprovision(full);
  });

  it('has each of two bindings until its own unbind', async () => {
    const [id, first, second] = [newId(), newId(), newId()];
    await provision(id);
    const [a, b] = [await bind(id, first), await bind(id, second)];
    await etcd.as(a, 'put', `${a.keypath}/k`, 'v');
    await unbind(id, first);
    expect(await etcd.as(b, 'get', `${b.keypath}/k`, '--print-value-only')).to.equal('v\n');
    expect(await refused(a, 'get', `${a.keypath}/k`)).to.include('authentication failed');
    await unbind(id, second);
    await deprovision(id);
  });

  it('tells no password to its log or to a custom resource', async () => {
    const [id, binding] = [newId(), newId()];
    await provision(id);
    const { password } = await bind(id, binding);
    const resources = JSON.stringify([await kube.instances.list(), await kube.bindings.list()]);
    for (const secret of [password, etcd.admin.password])
      expect((broker.log() + resources).includes(secret), 'a password').to.equal(false);
    await unbind(id, binding);
    await deprovision(id);
  });

  it('goes on when etcd is killed at any step and started again', async () => {
    const [id, binding] = [newId(), newId()];
    const through = async (step: () => Promise<{ status: number; body: any }>, poll: any): Promise<void> => {
      await etcd.killMember();
      const { status, body } = await step();
      expect(status).to.equal(202);
      etcd.startMember();
      const end = await eventually(
        () => poll({ operation: body.operation }) as Promise<{ status: number; body: any }>,
        (answer) => answer.status === 410 || answer.body.state !== 'in progress',
      );
      if (end.status !== 410) expect(end.body.state).to.equal('succeeded');
    };
    const ASYNC = { accepts_incomplete: 'true' };
    const { osb } = broker;
    const impatient = await startTestBroker(cluster, {
      definition: { services: [], backends: [etcdBackend] },
      env: { BROKER_PATIENCE_SECONDS: '0' },
    });
    try {
      const ofInstance = (query: any) => osb.lastOperation(id, query);
      const ofBinding = (query: any) => osb.bindingLastOperation(id, binding, query);
      const { osb: hasty } = impatient;
      await through(() => hasty.provision(id, provisionBody(...IDS), ASYNC), ofInstance);
      await through(() => hasty.bind(id, binding, BIND, ASYNC), ofBinding);
      const { credentials } = (await osb.fetchBinding(id, binding)).body;
      expect(await etcd.as(credentials, 'put', `${credentials.keypath}/k`, 'v')).to.equal('OK\n');
      await through(() => hasty.unbind(id, binding, { ...QUERY, ...ASYNC }), ofBinding);
      await through(() => hasty.deprovision(id, { ...QUERY, ...ASYNC }), ofInstance);
    } finally {
      await impatient.stop();
    }
  });
});

describeWithEtcd('etcd with TLS', function () {
  this.timeout(60_000);
  let etcd: EtcdServer;
  before(async () => {
    etcd = await EtcdServer.start({ tls: true });
  });
  after(() => etcd?.stop());

  it('is believed by its authority alone, which applications get too', async () => {
    const instance = instanceOf(etcd, { ...etcd.admin, 'ca.crt': etcd.authority! });
    await etcdBackend.ensure(instance);
    const bound = await etcdBackend.bind!(bindingOf(instance));
    const credentials: any = bound.state === 'done' ? bound.result.credentials : undefined;
    expect(credentials).to.include({ ca_cert: etcd.authority });
    expect(credentials.uri).to.match(/^https:/);
    expect(await etcd.as(credentials, 'put', `${credentials.keypath}/k`, 'v')).to.equal('OK\n');
    await etcdBackend.unbind!(bindingOf(instance));
    await etcdBackend.destroy(instance);
    expect(await etcd.everything()).to.deep.equal(NOTHING);
    const error = await etcdBackend.ensure(instanceOf(etcd, { ...etcd.admin })).then(
      () => expect.fail('it was believed'),
      (caught: Error) => caught,
    );
    expect(error.message).to.include('self-signed certificate');
  });
});

describeWithEtcd('etcd without authentication', function () {
  this.timeout(60_000);

  it('is refused for good, with what an operator has to do', async () => {
    const etcd = await EtcdServer.start({ authentication: false });
    try {
      const instance = instanceOf(etcd, { ...etcd.admin });
      for (const work of [() => etcdBackend.ensure(instance), () => etcdBackend.bind!(bindingOf(instance))]) {
        const error = await work().then(
          () => expect.fail('it was taken'),
          (caught: unknown) => caught,
        );
        expect(error).to.be.instanceOf(TerminalError).with.property('message').that.includes('turn it on');
      }
    } finally {
      await etcd.stop();
    }
  });
});

describeWithEtcd('etcd with three members', function () {
  this.timeout(60_000);

  it('loses one of them, and nothing else', async () => {
    const etcd = await EtcdServer.start({ members: 3 });
    const instance = instanceOf(etcd, { ...etcd.admin });
    /** As the controllers do: again, until it is done. */
    const untilDone = (work: () => Promise<unknown>): Promise<unknown> =>
      eventually(
        () =>
          work().then(
            () => true,
            () => false,
          ),
        (isDone) => isDone,
      );
    try {
      for (let lost = 0; lost < 3; lost++) {
        await untilDone(() => etcdBackend.ensure(instance));
        await etcd.killMember(lost);
        const binding = bindingOf(instance);
        await untilDone(() => etcdBackend.bind!(binding));
        await untilDone(() => etcdBackend.unbind!(binding));
        await untilDone(() => etcdBackend.destroy(instance));
        etcd.startMember(lost);
        const left = await eventually(
          () => etcd.everything().catch(() => undefined),
          (all) => all !== undefined,
        );
        expect(left).to.deep.equal(NOTHING);
      }
    } finally {
      await etcd.stop();
    }
  });
});
