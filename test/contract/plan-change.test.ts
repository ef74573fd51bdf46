// Plan changes: what a backend is asked to remove when one did not end well, and which ones are refused.
import { expect } from 'chai';
import { defineService, TerminalError } from '../../src/sdk/index.js';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { idsQuery, provisionBody } from '../support/catalog.js';
import { openCluster, type TestCluster } from '../support/cluster.js';
import { Kube } from '../support/kube.js';
import { Lab } from '../support/lab.js';
import { eventually } from '../support/unchanged.js';

describe('a plan change', () => {
  const [lab, other] = [new Lab(), new Lab('other')];
  const serviceId = 'service-moving';
  let cluster: TestCluster;
  let broker: TestBroker;

  before(async () => {
    cluster = await openCluster();
    const plan = (name: string) => ({
      id: `plan-${name}`,
      name,
      description: name,
      settings: { place: name },
    });
    const service = defineService({
      id: serviceId,
      name: 'moving',
      description: 'Moves',
      planUpdateable: true,
      backend: lab.backend,
      plans: [plan('here'), plan('there'), plan('elsewhere')],
    });
    service.offering.plans[2]!.backend = 'other';
    broker = await startTestBroker(cluster, {
      definition: { services: [service], backends: [other.backend] },
    });
  });

  after(async () => {
    await broker.stop();
    await cluster.close();
  });

  afterEach(() => lab.reset());

  it('that failed is cleaned up with the settings of both plans', async () => {
    const { osb } = broker;
    const id = newId();
    await osb.provision(id, provisionBody(serviceId, 'plan-here'));
    lab.on('ensure', async () => {
      throw new TerminalError('no room, but half of it is there');
    });
    const body = { service_id: serviceId, plan_id: 'plan-there' };
    const { operation } = (await osb.update(id, body, { accepts_incomplete: 'true' })).body;
    const ended = await osb.untilEnded(() => osb.lastOperation(id, { operation }));
    expect(ended.body.state).to.equal('failed');
    expect((await osb.fetch(id)).body.plan_id).to.equal('plan-here');
    const removed: unknown[] = [];
    lab.on('destroy', async ({ planId, settings }) => void removed.push([planId, settings.place]));
    expect((await osb.deprovision(id, idsQuery(serviceId, 'plan-here'))).status).to.equal(200);
    expect(removed).to.have.deep.members([
      ['plan-there', 'there'],
      ['plan-here', 'here'],
    ]);
  });

  it('to a plan of another backend is refused: nobody would remove what the first one made', async () => {
    const { osb } = broker;
    const id = newId();
    await osb.provision(id, provisionBody(serviceId, 'plan-here'));
    const answer = await osb.update(id, { service_id: serviceId, plan_id: 'plan-elsewhere' });
    expect(answer.status).to.equal(422);
    expect(answer.body).to.deep.include({ update_repeatable: false });
    expect(answer.body.description).to.include('another backend');
    expect(other.calls).to.deep.equal([]);
  });

  it('that failed is cleaned up with the settings of the old plan, also when that has left the catalog', async () => {
    const { osb } = broker;
    const id = newId();
    await osb.provision(id, provisionBody(serviceId, 'plan-here'));
    lab.on('ensure', async () => {
      throw new TerminalError('no room');
    });
    const body = { service_id: serviceId, plan_id: 'plan-there' };
    const { operation } = (await osb.update(id, body, { accepts_incomplete: 'true' })).body;
    await osb.untilEnded(() => osb.lastOperation(id, { operation }));
    const kube = await Kube.open(cluster);
    await kube.offerings.edit('moving', ({ spec, ...offering }) => ({
      ...offering,
      spec: { ...spec, plans: spec.plans.slice(1) },
    }));
    await eventually(
      () => osb.catalog(),
      ({ body: { services } }) => services[0].plans.length === 2,
    );
    const removed: unknown[] = [];
    lab.on('destroy', async ({ settings }) => void removed.push(settings.place));
    expect((await osb.deprovision(id, idsQuery(serviceId, 'plan-here'))).status).to.equal(200);
    expect(removed).to.have.members(['here', 'there']);
    await kube.close();
  });
});
