// What an etcd must be before its plan can be had: with authentication, and known to the broker as somebody with the
// role root.
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import type { EtcdSettings } from '../../src/backends/etcd/settings.js';
import { TerminalError } from '../../src/sdk/index.js';
import { startTestBroker } from '../support/broker.js';
import { openCluster } from '../support/cluster.js';
import { Kube } from '../support/kube.js';
import { bindingOf, type Direct, failureOf, instanceOf, NOTHING } from './direct.js';
import { applyPlan, untilInCatalog } from './scene.js';
import { describeWithEtcd, EtcdServer } from './server.js';

const check = (etcd: EtcdServer, direct: Direct = {}): Promise<readonly string[]> =>
  etcdBackend.check!(instanceOf(etcd, direct));

const TURN_ON: Partial<EtcdSettings> = { enableAuthentication: true };

describeWithEtcd('etcd with authentication', function () {
  this.timeout(60_000);
  let etcd: EtcdServer;
  before(async () => {
    etcd = await EtcdServer.start();
  });
  after(() => etcd?.stop());

  it('is all right for its administrator, also where it was to be turned on', async () => {
    expect(await check(etcd)).to.deep.equal([]);
    expect(await check(etcd, { settings: TURN_ON })).to.deep.equal([]);
  });

  it('is not with a wrong password, which is not told', async () => {
    const [problem, ...more] = await check(etcd, { secret: { username: 'root', password: 'not-this' } });
    expect(problem).to.match(/does not take the username and password of the Secret etcd-admin/);
    expect(problem).to.not.include('not-this');
    expect(more).to.deep.equal([]);
  });

  it('is not for an administrator who is gone since', async () => {
    await etcd.as(etcd.admin, 'user', 'add', 'second:secret');
    await etcd.as(etcd.admin, 'user', 'grant-role', 'second', 'root');
    const secret = { username: 'second', password: 'secret' };
    expect(await check(etcd, { secret })).to.deep.equal([]);
    await etcd.as(etcd.admin, 'user', 'delete', 'second');
    expect((await check(etcd, { secret }))[0]).to.include('does not take');
  });

  it('is not for somebody without the role root', async () => {
    await etcd.as(etcd.admin, 'user', 'add', 'somebody:secret');
    const secret = { username: 'somebody', password: 'secret' };
    const [problem] = await check(etcd, { secret });
    expect(problem).to.include('etcdctl user grant-role somebody root');
    await etcd.as(etcd.admin, 'user', 'grant-role', 'somebody', 'root');
    expect(await check(etcd, { secret })).to.deep.equal([]);
    await etcd.as(etcd.admin, 'user', 'delete', 'somebody');
  });

  it('is not without a whole Secret', async () => {
    const missing = {
      ...instanceOf(etcd),
      secret: () => {
        throw new Error('there is no Secret etcd-admin');
      },
    };
    expect(await etcdBackend.check!(missing)).to.deep.equal(['there is no Secret etcd-admin']);
    for (const [secret, words] of [
      [{ username: 'root' }, 'username and password'],
      [{ ...etcd.admin, 'tls.crt': 'PEM' }, 'both of tls.crt and tls.key'],
    ] as const)
      expect((await check(etcd, { secret }))[0]).to.include(words);
  });

  it('is nothing to judge while it does not answer', async () => {
    const gone = { settings: { endpoints: ['http://127.0.0.1:1'] } };
    expect((await failureOf(check(etcd, gone))).message).to.include('no member of etcd can be used');
  });
});

describeWithEtcd('etcd without authentication', function () {
  this.timeout(60_000);
  let etcd: EtcdServer;
  beforeEach(async () => {
    etcd = await EtcdServer.start({ authentication: false });
  });
  afterEach(() => etcd?.stop());

  it('is refused for good, with what an operator has to do', async () => {
    const instance = instanceOf(etcd);
    for (const work of [() => etcdBackend.ensure(instance), () => etcdBackend.bind!(bindingOf(instance))])
      expect(await failureOf(work()))
        .to.be.instanceOf(TerminalError)
        .with.property('message')
        .that.includes('turn it on');
    const [problem] = await check(etcd);
    expect(problem).to.include('has no authentication: turn it on (etcdctl auth enable), or set enable');
  });

  it('gets it where the plan says so, by several brokers at once, and serves', async () => {
    const lines: string[] = [];
    const direct = instanceOf(etcd, { settings: TURN_ON });
    const log = { ...direct.log, info: (...line: unknown[]) => void lines.push(JSON.stringify(line)) };
    // A client each, as replicas have, by what is told apart in the cache of clients.
    const replicas = [1001, 1002, 1003].map((timeoutMs) => ({
      ...direct,
      log,
      settings: { ...direct.settings, timeoutMs },
    }));
    const answers = await Promise.all(replicas.map((each) => etcdBackend.check!(each)));
    expect(answers).to.deep.equal([[], [], []]);
    expect(lines.join()).to.include('is turned on').and.not.include(etcd.admin.password);
    expect(await etcd.everything()).to.deep.equal(NOTHING);
    await etcdBackend.ensure(direct);
    await etcdBackend.destroy(direct);
  });

  it('gets it after an attempt that ended half-way, with another password', async () => {
    await etcd.openly('user', 'add', 'root:an-earlier-one');
    expect(await check(etcd, { settings: TURN_ON })).to.deep.equal([]);
    expect(await etcd.everything()).to.deep.equal(NOTHING);
  });

  it('gets it by a user root only', async () => {
    const [problem] = await check(etcd, {
      settings: TURN_ON,
      secret: { username: 'admin', password: 'secret' },
    });
    expect(problem).to.include('only with a user root');
    expect(await etcd.openly('user', 'list')).to.equal('');
  });

  it('is noticed where somebody turned it off later', async () => {
    expect(await check(etcd, { settings: TURN_ON })).to.deep.equal([]);
    await etcd.as(etcd.admin, 'auth', 'disable');
    expect((await check(etcd))[0]).to.include('has no authentication');
  });
});

describeWithEtcd('an offering of etcd', function () {
  this.timeout(60_000);

  /** What the offering's condition says, once it is of that status and has all of these words. */
  const accepted = async (kube: Kube, status: string, ...words: string[]): Promise<void> =>
    void (await kube.offerings.until('etcd', ({ status: told }) => {
      const [condition] = told?.conditions ?? [];
      return condition?.status === status && words.every((word) => condition.message.includes(word));
    }));

  it('is in the catalog while etcd is as it must be, and says what is wrong otherwise', async () => {
    const [etcd, cluster] = await Promise.all([EtcdServer.start({ authentication: false }), openCluster()]);
    const kube = await Kube.open(cluster);
    await applyPlan(kube, etcd);
    const definition = { services: [], backends: [etcdBackend] };
    const broker = await startTestBroker(cluster, { definition });
    const passwordIs = (password: string): Promise<unknown> =>
      kube.secrets.edit('etcd-admin', (secret) => ({
        ...secret,
        data: { ...secret.data, password: Buffer.from(password).toString('base64') },
      }));
    try {
      await accepted(kube, 'False', 'plan shared: the etcd at', 'turn it on');
      await kube.offerings.edit('etcd', (offering) => {
        const [plan] = offering.spec.plans;
        const plans = [{ ...plan!, settings: { ...plan!.settings, ...TURN_ON } }];
        return { ...offering, spec: { ...offering.spec, plans } };
      });
      await accepted(kube, 'True');
      await untilInCatalog(broker.osb);
      await passwordIs('not-this');
      await accepted(kube, 'False', 'the Secret etcd-admin');
      expect((await broker.osb.catalog()).body.services).to.deep.equal([]);
      await passwordIs(etcd.admin.password);
      await accepted(kube, 'True');
      const told = broker.log() + (await kube.dump());
      for (const password of ['not-this', etcd.admin.password])
        expect(told.includes(password), 'a password').to.equal(false);
    } finally {
      await broker.stop();
      await kube.close();
      await cluster.close();
      await etcd.stop();
    }
  });
});
