// GET of a service instance (specification: Fetching a Service Instance).
import { expect } from 'chai';
import { done } from '../../src/sdk/index.js';
import { newId } from '../support/broker.js';
import { IDS, idsQuery, MAINTENANCE_VERSION, provisionBody } from '../support/catalog.js';
import { ASYNC, useScene } from '../support/scene.js';
import { unchangedBy } from '../support/unchanged.js';

const { plain, slow, bare, app } = IDS;
const SMALL = provisionBody(plain.serviceId, plain.small);

describe('fetch an instance', () => {
  const scene = useScene();

  it('[53, 98] serves every plan of a retrievable service as soon as the provision has succeeded', async () => {
    const { osb } = scene;
    const plans = [
      [plain.serviceId, plain.small],
      [plain.serviceId, plain.large],
      [plain.serviceId, plain.maintained],
      [slow.serviceId, slow.planId],
      [slow.serviceId, 'plan-slow-two'],
      [app.serviceId, app.planId],
    ] as const;
    for (const [serviceId, planId] of plans) {
      const id = newId();
      const { body } = await osb.provision(id, provisionBody(serviceId, planId), ASYNC);
      expect((await scene.ended(id, body.operation)).body.state).to.equal('succeeded');
      const fetched = await osb.fetch(id);
      expect(fetched.status).to.equal(200);
      expect(fetched.body).to.include({ service_id: serviceId, plan_id: planId });
    }
  });

  it('[98] answers 404 where the service is not retrievable', async () => {
    const id = newId();
    await scene.osb.provision(id, provisionBody(bare.serviceId, bare.planId));
    expect((await scene.osb.fetch(id)).status).to.equal(404);
  });

  it('[99] answers 404 for what never was, is still being provisioned, or could not be', async () => {
    const { osb, lab } = scene;
    const [id, failed] = [newId(), newId()];
    expect((await osb.fetch(newId())).status).to.equal(404);
    const hold = lab.hold('ensure');
    const { body } = await osb.provision(id, SMALL, ASYNC);
    await hold.reached;
    expect((await osb.fetch(id)).status).to.equal(404);
    hold.release();
    await scene.ended(id, body.operation);
    expect((await osb.fetch(id)).status).to.equal(200);
    lab.fail('ensure', 'the lab is full');
    await osb.provision(failed, SMALL, ASYNC);
    expect((await scene.ended(failed)).body.state).to.equal('failed');
    expect((await osb.fetch(failed)).status).to.equal(404);
  });

  it('[100] answers ConcurrencyError during an update and a deprovision, and 404 after that', async () => {
    const { osb, lab } = scene;
    const id = newId();
    await osb.provision(id, SMALL);
    const update = lab.hold('ensure');
    await osb.update(id, { service_id: plain.serviceId, parameters: { size: 2 } }, ASYNC);
    await update.reached;
    const updating = await osb.fetch(id);
    expect(updating.status).to.equal(422);
    expect(updating.body.error).to.equal('ConcurrencyError');
    update.release();
    await scene.ended(id);
    const removal = lab.hold('destroy');
    const query = { ...idsQuery(plain.serviceId, plain.small), ...ASYNC };
    const { body } = await osb.deprovision(id, query);
    await removal.reached;
    const leaving = await osb.fetch(id);
    expect(leaving.status).to.equal(422);
    expect(leaving.body.error).to.equal('ConcurrencyError');
    removal.release();
    await scene.ended(id, body.operation);
    expect((await osb.fetch(id)).status).to.equal(404);
  });

  it('[101] shows plan, dashboard, parameters, maintenance version and metadata', async () => {
    const { osb, lab } = scene;
    const id = newId();
    const metadata = { labels: { tier: 'gold' }, attributes: { version: '16' } };
    lab.on('ensure', async () => done({ metadata }));
    const parameters = { size: 3, nested: { deep: [1, 'two', null] } };
    await osb.provision(id, provisionBody(plain.serviceId, plain.maintained, { parameters }));
    expect((await osb.fetch(id)).body).to.deep.equal({
      service_id: plain.serviceId,
      plan_id: plain.maintained,
      dashboard_url: `https://lab.example/${id}`,
      parameters,
      maintenance_info: { version: MAINTENANCE_VERSION },
      metadata,
    });
  });

  it('[102] shows what a successful update changed', async () => {
    const { osb, lab } = scene;
    const id = newId();
    lab.on('ensure', async () => done({ metadata: { labels: { tier: 'silver' } } }));
    await osb.provision(id, provisionBody(plain.serviceId, plain.small, { parameters: { size: 1 } }));
    lab.on('ensure', async () => done({ metadata: { labels: { tier: 'gold' } } }));
    const change = { service_id: plain.serviceId, plan_id: plain.large, parameters: { size: 2 } };
    expect((await osb.update(id, change)).status).to.equal(200);
    expect((await osb.fetch(id)).body).to.deep.equal({
      service_id: plain.serviceId,
      plan_id: plain.large,
      dashboard_url: `https://lab.example/${id}`,
      parameters: { size: 2 },
      metadata: { labels: { tier: 'gold' } },
    });
  });

  it('shows a dashboard whose address its backend learned on the way, as a synchronous answer does', async () => {
    const { osb, lab } = scene;
    const id = newId();
    const dashboardUrl = 'https://10.0.0.7:49156/';
    lab.on('ensure', async () => done({ dashboardUrl }));
    const provision = await osb.provision(id, provisionBody(plain.serviceId, plain.small));
    expect(provision.body.dashboard_url).to.equal(dashboardUrl);
    expect((await osb.fetch(id)).body.dashboard_url).to.equal(dashboardUrl);
  });

  it('[103] ignores hints, right or wrong', async () => {
    const { osb } = scene;
    const id = newId();
    await osb.provision(id, SMALL);
    const { body } = await osb.fetch(id);
    const hints = [
      idsQuery(plain.serviceId, plain.small),
      idsQuery(slow.serviceId, 'unknown'),
      idsQuery('', ''),
    ];
    await unchangedBy(scene.kube, async () => {
      for (const query of hints) {
        const hinted = await osb.fetch(id, query);
        expect(hinted.status).to.equal(200);
        expect(hinted.body).to.deep.equal(body);
      }
    });
  });
});
