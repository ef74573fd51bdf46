// The example of the README, through its whole life: a pattern for the tests of a service.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { folderService } from '../../examples/folder/service.js';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { idsQuery, provisionBody } from '../support/catalog.js';
import { openCluster, type TestCluster } from '../support/cluster.js';

describe('the example, a folder as a service', () => {
  const root = mkdtempSync(join(tmpdir(), 'folders-'));
  const service = folderService(root);
  const [plan] = service.offering.plans;
  const ids = [service.offering.id, plan!.id] as const;
  let cluster: TestCluster;
  let broker: TestBroker;

  before(async () => {
    cluster = await openCluster();
    broker = await startTestBroker(cluster, { definition: { services: [service] } });
  });

  after(async () => {
    await broker.stop();
    await cluster.close();
    rmSync(root, { recursive: true });
  });

  it('lives', async () => {
    const { osb } = broker;
    const [id, first, second] = [newId(), newId(), newId()];
    const folder = join(root, id);
    const body = provisionBody(...ids, { parameters: { quota: 20 } });
    expect((await osb.provision(id, body)).status).to.equal(201);
    expect(readFileSync(join(folder, 'quota'), 'utf8')).to.equal('20');

    const bind = { service_id: ids[0], plan_id: ids[1] };
    const { credentials } = (await osb.bind(id, first, bind)).body;
    expect(credentials.path).to.equal(folder);
    expect(readFileSync(join(folder, 'tokens', first), 'utf8')).to.equal(credentials.token);
    const other = (await osb.bind(id, second, bind)).body.credentials;
    expect(other.token).not.to.equal(credentials.token);

    const query = idsQuery(...ids);
    expect((await osb.unbind(id, first, query)).status).to.equal(200);
    expect(existsSync(join(folder, 'tokens', first))).to.be.false;
    expect((await osb.deprovision(id, query)).status).to.equal(200);
    expect(existsSync(folder)).to.be.false;
  });

  it('shows its parameters in the catalog, and refuses what they do not allow', async () => {
    const { osb } = broker;
    const [offering] = (await osb.catalog()).body.services;
    const { parameters } = offering.plans[0].schemas.service_instance.create;
    expect(parameters.properties.quota).to.include({ type: 'integer', minimum: 1, maximum: 100 });
    for (const wrong of [{ quota: 101 }, { quota: 'many' }, { quotta: 3 }]) {
      const answer = await osb.provision(newId(), provisionBody(...ids, { parameters: wrong }));
      expect(answer.status).to.equal(400);
      expect(answer.body.description).to.match(/quota|quotta/);
    }
  });
});
