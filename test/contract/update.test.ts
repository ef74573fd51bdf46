// PATCH of a service instance (specification: Updating a Service Instance).
import { expect } from 'chai';
import { defineService, done, TerminalError } from '../../src/sdk/index.js';
import { newId } from '../support/broker.js';
import { IDS, idsQuery, labServices, MAINTENANCE_VERSION, provisionBody } from '../support/catalog.js';
import { Lab } from '../support/lab.js';
import { ASYNC, useScene } from '../support/scene.js';
import { eventually, unchangedBy } from '../support/unchanged.js';

const { plain, slow, bare } = IDS;
const SERVICE = plain.serviceId;

const lab = new Lab();
const mixed = defineService({
  id: 'service-mixed',
  name: 'mixed',
  description: 'Where one plan may be left and the other may not',
  planUpdateable: true,
  backend: lab.backend,
  plans: [
    { id: 'plan-loose', name: 'loose', description: 'May be left' },
    { id: 'plan-fixed', name: 'fixed', description: 'May not be left', planUpdateable: false },
  ],
});
const options = {
  lab,
  definition: { services: [...labServices(lab.backend), mixed], backends: [lab.backend] },
};

describe('update', () => {
  const scene = useScene(options);

  /** An instance that is there, with parameters of its own. */
  async function made(planId = plain.small, more: object = { parameters: { size: 1 } }): Promise<string> {
    const id = newId();
    expect((await scene.osb.provision(id, provisionBody(SERVICE, planId, more))).status).to.equal(201);
    return id;
  }
  const change = (more: object = {}): object => ({ service_id: SERVICE, ...more });

  /** Each body is refused like that, asynchronously or not, and nothing is stored. */
  async function expectRefused(id: string, status: number, bodies: object[], error?: object): Promise<void> {
    await unchangedBy(scene.kube, async () => {
      for (const body of bodies) {
        for (const query of [{}, ASYNC]) {
          const answer = await scene.osb.update(id, body, query);
          expect(answer.status, JSON.stringify(body)).to.equal(status);
          expect(answer.body.description).to.be.a('string').and.not.empty;
          if (error) expect(answer.body).to.include(error);
        }
      }
    });
  }

  it("[104] refuses a service_id that is missing, empty, unknown or not the instance's", async () => {
    const id = await made();
    const parameters = { size: 2 };
    await expectRefused(id, 400, [
      { parameters },
      { service_id: '', parameters },
      { service_id: null, parameters },
      { service_id: 'unknown', parameters },
      { service_id: slow.serviceId, parameters },
    ]);
  });

  it('[105] keeps the plan without plan_id, changes to a plan of the service, refuses any other', async () => {
    const id = await made();
    const { osb } = scene;
    expect((await osb.update(id, change({ parameters: { size: 2 } }))).status).to.equal(200);
    expect((await osb.fetch(id)).body.plan_id).to.equal(plain.small);
    await expectRefused(id, 400, [
      change({ plan_id: 'unknown' }),
      change({ plan_id: slow.planId }),
      change({ plan_id: '' }),
    ]);
    expect((await osb.update(id, change({ plan_id: plain.large }))).status).to.equal(200);
    expect((await osb.fetch(id)).body.plan_id).to.equal(plain.large);
    expect(lab.instances.get(id)?.planId).to.equal(plain.large);
  });

  it('[106] keeps the parameters without any, lays given ones over them, and takes null as removal', async () => {
    const id = await made(plain.small, { parameters: { size: 1, label: 'a' } });
    const { osb } = scene;
    const parameters = async (): Promise<object> => (await osb.fetch(id)).body.parameters;
    await osb.update(id, change({ plan_id: plain.large }));
    expect(await parameters()).to.deep.equal({ size: 1, label: 'a' });
    await osb.update(id, change({ parameters: { size: 2 } }));
    expect(await parameters()).to.deep.equal({ size: 2, label: 'a' });
    await osb.update(id, change({ parameters: { label: null } }));
    expect(await parameters()).to.deep.equal({ size: 2 });
    expect(lab.instances.get(id)?.parameters).to.deep.equal({ size: 2 });
  });

  it("[107] refuses parameters that the target plan's schema does not allow", async () => {
    const id = await made();
    await expectRefused(id, 400, [
      change({ parameters: { size: 'big' } }),
      change({ parameters: { size: 0 } }),
      change({ parameters: { colour: 'red' } }),
      change({ parameters: [1] }),
    ]);
    const free = await made(plain.large, { parameters: { colour: 'red' } });
    await expectRefused(free, 400, [
      change({ plan_id: plain.small }),
      change({ plan_id: plain.small, parameters: { size: 'big', colour: null } }),
    ]);
    const right = change({ plan_id: plain.small, parameters: { size: 2, colour: null } });
    expect((await scene.osb.update(free, right)).status).to.equal(200);
  });

  it('[108] neither needs nor trusts previous_values', async () => {
    const id = await made();
    const wrong = {
      service_id: 'unknown',
      plan_id: 'unknown',
      organization_id: 7,
      maintenance_info: { version: '0' },
    };
    const values = [wrong, null, 'x', []];
    for (const [index, previous_values] of values.entries()) {
      const parameters = { size: index + 2 };
      const answer = await scene.osb.update(id, change({ parameters, previous_values }));
      expect(answer.status).to.equal(200);
      expect(lab.instances.get(id)?.parameters).to.deep.equal(parameters);
    }
  });

  it('[62, 109] lets the present plan decide whether it may be changed', async () => {
    const { osb } = scene;
    const [id, fixed] = [newId(), newId()];
    const body = (planId: string): object => ({ service_id: 'service-mixed', plan_id: planId });
    await osb.provision(id, provisionBody('service-mixed', 'plan-loose'));
    await osb.provision(fixed, provisionBody('service-mixed', 'plan-fixed'));
    expect((await osb.update(id, body('plan-fixed'))).status).to.equal(200);
    for (const stuck of [id, fixed]) {
      await expectRefused(stuck, 422, [body('plan-loose')], { update_repeatable: false });
      expect((await osb.update(stuck, body('plan-fixed'))).status).to.equal(200);
    }
    const plainest = newId();
    await osb.provision(plainest, provisionBody(bare.serviceId, bare.planId));
    const other = { service_id: bare.serviceId, plan_id: bare.unbindable };
    await expectRefused(plainest, 422, [other], { update_repeatable: false });
  });

  it('[110] refuses any update of an instance whose provision failed', async () => {
    const id = newId();
    lab.fail('ensure', 'the lab is full');
    await scene.osb.provision(id, provisionBody(SERVICE, plain.small), ASYNC);
    await scene.ended(id);
    lab.reset();
    await expectRefused(id, 422, [change({ parameters: { size: 2 } })]);
  });

  it('[55, 111] takes an update of the context alone and keeps it, where the service allows it', async () => {
    const context = { platform: 'cloudfoundry', instance_name: 'renamed' };
    const id = await made(plain.small, { context: { platform: 'cloudfoundry', instance_name: 'old' } });
    expect((await scene.osb.update(id, change({ context }))).status).to.equal(200);
    expect((await scene.kube.instances.get(id))?.spec.context).to.deep.equal(context);
    let seen: unknown;
    lab.on('ensure', async (instance) => {
      seen = instance.context;
      return done();
    });
    await scene.osb.update(id, change({ parameters: { size: 2 } }));
    expect(seen).to.deep.equal(context);
    const other = newId();
    await scene.osb.provision(other, provisionBody(bare.serviceId, bare.planId));
    await expectRefused(other, 422, [{ service_id: bare.serviceId, context }]);
  });

  it("[112] refuses a maintenance version that is not the target plan's", async () => {
    const id = await made();
    const maintenance_info = { version: '2.1.0' };
    const conflict = { error: 'MaintenanceInfoConflict' };
    await expectRefused(
      id,
      422,
      [
        change({ maintenance_info }),
        change({ plan_id: plain.maintained, maintenance_info }),
        change({ maintenance_info: { version: MAINTENANCE_VERSION } }),
      ],
      conflict,
    );
    const right = change({
      plan_id: plain.maintained,
      parameters: { size: null },
      maintenance_info: { version: MAINTENANCE_VERSION },
    });
    expect((await scene.osb.update(id, right)).status).to.equal(200);
    expect((await scene.osb.fetch(id)).body.maintenance_info).to.deep.equal({ version: MAINTENANCE_VERSION });
  });

  it('[113] answers 200 when nothing is to be changed, and writes nothing', async () => {
    const id = await made();
    const nothing = [{}, { plan_id: plain.small }, { parameters: {} }, { parameters: { size: 1 } }];
    const dashboard_url = `https://lab.example/${id}`;
    await unchangedBy(scene.kube, async () => {
      for (const more of nothing) {
        for (const query of [{}, ASYNC]) {
          const answer = await scene.osb.update(id, change(more), query);
          expect(answer.status).to.equal(200);
          expect(answer.body).to.deep.equal({ dashboard_url });
        }
      }
    });
  });

  it('[113] answers 200 with dashboard and metadata when the change is done', async () => {
    const id = await made();
    const metadata = { labels: { tier: 'gold' } };
    lab.on('ensure', async () => done({ metadata }));
    const answer = await scene.osb.update(id, change({ parameters: { size: 2 } }));
    expect(answer.status).to.equal(200);
    expect(answer.body).to.deep.equal({ dashboard_url: `https://lab.example/${id}`, metadata });
  });

  it('[114, 115] answers 202 with an operation, and the same to the same request until it ends', async () => {
    const id = await made();
    const { osb } = scene;
    const hold = lab.hold('ensure');
    const body = change({ plan_id: plain.large, parameters: { size: 2 } });
    const first = await osb.update(id, body, ASYNC);
    expect(first.status).to.equal(202);
    expect(first.body.operation).to.be.a('string').and.not.empty;
    expect(first.body.dashboard_url).to.equal(`https://lab.example/${id}`);
    await hold.reached;
    await unchangedBy(scene.kube, async () => {
      const again = await osb.update(id, body, ASYNC);
      expect(again.status).to.equal(202);
      expect(again.body).to.deep.equal(first.body);
    });
    hold.release();
    expect((await scene.ended(id, first.body.operation)).body.state).to.equal('succeeded');
    expect((await osb.update(id, body, ASYNC)).status).to.equal(200);
  });

  it('[96, 115] makes one operation of identical updates at the same moment', async () => {
    const id = await made();
    const hold = lab.hold('ensure');
    const body = change({ parameters: { size: 2 } });
    const answers = await Promise.all([1, 2, 3, 4].map(() => scene.osb.update(id, body, ASYNC)));
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(4).fill(202));
    expect(new Set(answers.map(({ body: { operation } }) => operation)).size).to.equal(1);
    hold.release();
    await scene.ended(id);
  });

  it('[116] refuses another update while one is at work, and any during provision and deprovision', async () => {
    const { osb } = scene;
    const error = { error: 'ConcurrencyError' };
    const id = newId();
    const body = change({ parameters: { size: 2 } });
    let hold = lab.hold('ensure');
    await osb.provision(id, provisionBody(SERVICE, plain.small), ASYNC);
    await hold.reached;
    await expectRefused(id, 422, [body], error);
    hold.release();
    await scene.ended(id);
    hold = lab.hold('ensure');
    await osb.update(id, body, ASYNC);
    await hold.reached;
    const others = [change({ parameters: { size: 3 } }), change({ plan_id: plain.large }), change()];
    await expectRefused(id, 422, others, error);
    hold.release();
    await scene.ended(id);
    hold = lab.hold('destroy');
    const { body: deletion } = await osb.deprovision(id, { ...idsQuery(SERVICE, plain.small), ...ASYNC });
    await hold.reached;
    await expectRefused(id, 422, [body, change()], error);
    hold.release();
    await scene.ended(id, deletion.operation);
    await expectRefused(id, 404, [body]);
    await expectRefused(newId(), 404, [body]);
  });

  /** The lab refuses one size, and works as usual otherwise. */
  function refuseSize(size: number, details: { instanceUsable: boolean; updateRepeatable: boolean }): void {
    lab.on('ensure', async (instance) => {
      if (instance.parameters.size === size) throw new TerminalError('over quota', details);
      lab.instances.set(instance.name, { planId: instance.planId, parameters: instance.parameters });
      return done();
    });
  }

  it('[110, 117, 118] undoes a synchronous update that the backend refuses, and says whether to try again', async () => {
    const id = await made();
    refuseSize(13, { instanceUsable: true, updateRepeatable: false });
    const body = change({ plan_id: plain.large, parameters: { size: 13 }, context: { platform: 'x' } });
    const answer = await scene.osb.update(id, body);
    expect(answer.status).to.equal(422);
    expect(answer.body).to.deep.equal({
      description: 'over quota',
      instance_usable: true,
      update_repeatable: false,
    });
    expect((await scene.ended(id)).body.state).to.equal('succeeded');
    const { body: fetched } = await scene.osb.fetch(id);
    expect(fetched).to.include({ plan_id: plain.small }).and.have.deep.property('parameters', { size: 1 });
    expect(lab.instances.get(id)).to.deep.equal({ planId: plain.small, parameters: { size: 1 } });
    expect((await scene.kube.instances.get(id))?.spec).to.not.have.property('context');
  });

  it('[118, 119] keeps the old plan and parameters on record when an asynchronous update failed', async () => {
    const id = await made();
    const { osb } = scene;
    refuseSize(13, { instanceUsable: false, updateRepeatable: true });
    const original = provisionBody(SERVICE, plain.small, { parameters: { size: 1 } });
    const asked = provisionBody(SERVICE, plain.large, { parameters: { size: 13 } });
    const { body } = await osb.update(id, change({ plan_id: plain.large, parameters: { size: 13 } }), ASYNC);
    const { body: ended } = await scene.ended(id, body.operation);
    expect(ended).to.deep.equal({
      state: 'failed',
      description: 'over quota',
      instance_usable: false,
      update_repeatable: true,
    });
    const { body: fetched } = await osb.fetch(id);
    expect(fetched).to.include({ plan_id: plain.small }).and.have.deep.property('parameters', { size: 1 });
    expect((await osb.provision(id, original)).status).to.equal(200);
    expect((await osb.provision(id, asked)).status).to.equal(409);
    const bind = { service_id: SERVICE, plan_id: plain.small };
    expect((await osb.bind(id, newId(), bind)).status).to.equal(422);
    expect((await osb.update(id, change({ parameters: { size: 4 } }))).status).to.equal(200);
    expect((await osb.fetch(id)).body.parameters).to.deep.equal({ size: 4 });
    expect((await osb.bind(id, newId(), bind)).status).to.equal(201);
  });

  it('[119] compares a provision with the old plan while an update is at work', async () => {
    const id = await made();
    const { osb } = scene;
    const hold = lab.hold('ensure');
    await osb.update(id, change({ plan_id: plain.large }), ASYNC);
    await hold.reached;
    const parameters = { size: 1 };
    expect((await osb.provision(id, provisionBody(SERVICE, plain.small, { parameters }))).status).to.equal(
      200,
    );
    expect((await osb.provision(id, provisionBody(SERVICE, plain.large, { parameters }))).status).to.equal(
      409,
    );
    hold.release();
    await scene.ended(id);
    expect((await osb.provision(id, provisionBody(SERVICE, plain.large, { parameters }))).status).to.equal(
      200,
    );
  });

  it('[118] tries anew when the update that failed is asked for again', async () => {
    const id = await made();
    const { osb } = scene;
    refuseSize(13, { instanceUsable: true, updateRepeatable: true });
    const body = change({ parameters: { size: 13 } });
    const first = await osb.update(id, body, ASYNC);
    expect((await scene.ended(id, first.body.operation)).body.state).to.equal('failed');
    lab.reset();
    const second = await osb.update(id, body, ASYNC);
    expect(second.status).to.equal(202);
    expect(second.body.operation).to.not.equal(first.body.operation);
    expect((await scene.ended(id, second.body.operation)).body.state).to.equal('succeeded');
  });

  it('[101, 112] does the maintenance when the catalog has a newer version, and shows the old one before', async () => {
    const id = await made(plain.maintained, {});
    const { osb, kube } = scene;
    const version = '2.2.0';
    await kube.offerings.edit('plain', (offering) => {
      const plans = offering.spec.plans.map((plan) =>
        plan.id === plain.maintained ? { ...plan, maintenanceInfo: { version, description: 'new' } } : plan,
      );
      return { ...offering, spec: { ...offering.spec, plans } };
    });
    await eventually(
      () => osb.catalog(),
      ({ body }) => JSON.stringify(body).includes(version),
    );
    const shown = async (): Promise<object> => (await osb.fetch(id)).body.maintenance_info;
    expect(await shown()).to.deep.equal({ version: MAINTENANCE_VERSION });
    const old = change({ maintenance_info: { version: MAINTENANCE_VERSION } });
    await expectRefused(id, 422, [old], { error: 'MaintenanceInfoConflict' });
    await osb.update(id, change({ parameters: { size: 2 } }));
    expect(await shown(), 'an update that does not ask for it').to.deep.equal({
      version: MAINTENANCE_VERSION,
    });
    let seen: string | undefined;
    lab.on('ensure', async ({ maintenanceVersion }) => {
      seen = maintenanceVersion;
      return done();
    });
    expect((await osb.update(id, change({ maintenance_info: { version } }))).status).to.equal(200);
    expect(await shown()).to.deep.equal({ version });
    expect(seen).to.equal(version);
  });

  it('[97, 114] finishes after a restart the update that was accepted before it', async () => {
    const id = await made();
    const hang = lab.hang('ensure');
    const { body } = await scene.osb.update(id, change({ parameters: { size: 5 } }), ASYNC);
    await hang.reached;
    lab.reset();
    await scene.restart(options);
    expect((await scene.ended(id, body.operation)).body.state).to.equal('succeeded');
    expect((await scene.osb.fetch(id)).body.parameters).to.deep.equal({ size: 5 });
  });
});
