// The API server took a write, and its answer was lost: the broker cannot know, and says so; whatever the platform does
// next is right.
import { expect } from 'chai';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.js';
import { bindOf, PLAIN, provisionOf, queryOf } from '../support/scene.js';

describe('a write whose answer was lost', () => {
  let cluster: TestCluster;
  let proxy: CountingProxy;
  let broker: TestBroker;

  before(async () => {
    cluster = await openCluster();
    proxy = await startCountingProxy(cluster);
    broker = await startTestBroker(proxy.cluster);
  });

  after(async () => {
    await broker.stop();
    await proxy.close();
    await cluster.close();
  });

  const provisioned = async (): Promise<string> => {
    const id = newId();
    expect((await broker.osb.provision(id, provisionOf(PLAIN))).status).to.equal(201);
    return id;
  };

  it('[185, 186] is a 503 to a provision, and a delete removes what was made', async () => {
    const id = newId();
    proxy.loseNext('create serviceinstances');
    expect((await broker.osb.provision(id, provisionOf(PLAIN))).status).to.equal(503);
    expect((await broker.osb.deprovision(id, queryOf(PLAIN))).status).to.equal(200);
    expect((await broker.osb.deprovision(id, queryOf(PLAIN))).status).to.equal(410);
    expect(broker.lab.instances.has(id)).to.be.false;
  });

  it('[96, 97] is found by the same provision again, and there is one instance', async () => {
    const id = newId();
    proxy.loseNext('create serviceinstances');
    expect((await broker.osb.provision(id, provisionOf(PLAIN))).status).to.equal(503);
    expect((await broker.osb.provision(id, provisionOf(PLAIN))).status).to.equal(200);
    expect(broker.lab.calls.filter((call) => call === `ensure ${id}`)).to.have.length(1);
  });

  it('is found by the same bind again, with its credentials', async () => {
    const [id, bound] = [await provisioned(), newId()];
    proxy.loseNext('create servicebindings');
    expect((await broker.osb.bind(id, bound, bindOf(PLAIN))).status).to.equal(503);
    const again = await broker.osb.bind(id, bound, bindOf(PLAIN));
    expect(again.status).to.equal(200);
    expect(again.body.credentials.password).to.equal(broker.lab.bindings.get(bound));
  });

  it('[182] is found by the same unbind and deprovision again', async () => {
    const [id, bound] = [await provisioned(), newId()];
    await broker.osb.bind(id, bound, bindOf(PLAIN));
    proxy.loseNext('delete servicebindings');
    expect((await broker.osb.unbind(id, bound, queryOf(PLAIN))).status).to.equal(503);
    expect((await broker.osb.unbind(id, bound, queryOf(PLAIN))).status).to.be.oneOf([200, 410]);
    expect(broker.lab.bindings.has(bound)).to.be.false;
    proxy.loseNext('delete serviceinstances');
    expect((await broker.osb.deprovision(id, queryOf(PLAIN))).status).to.equal(503);
    expect((await broker.osb.deprovision(id, queryOf(PLAIN))).status).to.be.oneOf([200, 410]);
    expect(broker.lab.instances.has(id)).to.be.false;
  });

  it('[129] of a status does not run a finished step under another answer', async () => {
    const id = newId();
    proxy.loseNext('update serviceinstances/status');
    expect((await broker.osb.provision(id, provisionOf(PLAIN))).status).to.equal(201);
    const { body } = await broker.osb.lastOperation(id);
    expect(body.state).to.equal('succeeded');
  });
});
