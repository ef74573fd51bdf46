// etcd that goes away: killed and started again in the middle of each step, and with a member fewer.
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import { newId, startTestBroker } from '../support/broker.js';
import type { OsbClient, OsbResponse } from '../support/osb-client.js';
import { eventually } from '../support/unchanged.js';
import { bindingOf, instanceOf, NOTHING, untilDone } from './direct.js';
import { BIND, PROVISION, QUERY, useEtcdScene } from './scene.js';
import { describeWithEtcd, EtcdServer } from './server.js';

const ASYNC = { accepts_incomplete: 'true' };

describeWithEtcd('etcd that goes away', function () {
  this.timeout(60_000);
  const scene = useEtcdScene();

  it('is waited for at any step, until it is there again', async () => {
    const [id, binding] = [newId(), newId()];
    const impatient = await startTestBroker(scene.cluster, {
      definition: { services: [], backends: [etcdBackend] },
      env: { BROKER_PATIENCE_SECONDS: '0' },
    });
    const through = async (
      step: (osb: OsbClient) => Promise<OsbResponse>,
      poll: (operation: string) => Promise<OsbResponse>,
    ): Promise<void> => {
      await scene.etcd.killMember();
      const { status, body } = await step(impatient.osb);
      expect(status).to.equal(202);
      scene.etcd.startMember();
      const end = await scene.osb.untilEnded(() => poll(body.operation));
      if (end.status !== 410) expect(end.body.state).to.equal('succeeded');
    };
    const ofInstance = (operation: string) => scene.osb.lastOperation(id, { operation });
    const ofBinding = (operation: string) => scene.osb.bindingLastOperation(id, binding, { operation });
    try {
      await through((osb) => osb.provision(id, PROVISION, ASYNC), ofInstance);
      await through((osb) => osb.bind(id, binding, BIND, ASYNC), ofBinding);
      const { credentials } = (await scene.osb.fetchBinding(id, binding)).body;
      expect(await scene.etcd.as(credentials, 'put', `${credentials.keypath}/k`, 'v')).to.equal('OK\n');
      await through((osb) => osb.unbind(id, binding, { ...QUERY, ...ASYNC }), ofBinding);
      await through((osb) => osb.deprovision(id, { ...QUERY, ...ASYNC }), ofInstance);
    } finally {
      await impatient.stop();
    }
  });
});

describeWithEtcd('etcd with three members', function () {
  this.timeout(60_000);

  it('loses one of them, and nothing else', async () => {
    const etcd = await EtcdServer.start({ members: 3 });
    const instance = instanceOf(etcd);
    try {
      for (let lost = 0; lost < 3; lost++) {
        await untilDone(() => etcdBackend.ensure(instance));
        await etcd.killMember(lost);
        const binding = bindingOf(instance);
        await untilDone(() => etcdBackend.bind!(binding));
        await untilDone(async () => etcdBackend.unbind!(binding));
        await untilDone(async () => etcdBackend.destroy(instance));
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
