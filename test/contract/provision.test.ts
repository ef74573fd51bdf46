// PUT of a service instance (specification: Provisioning): what is refused, what a repetition is answered, and that
// what was accepted is not lost.
import { expect } from 'chai';
import { done } from '../../src/sdk/index.js';
import { newId } from '../support/broker.js';
import { IDS, idsQuery, MAINTENANCE_VERSION, provisionBody } from '../support/catalog.js';
import { ASYNC, useScene } from '../support/scene.js';
import { unchangedBy } from '../support/unchanged.js';

const { plain, slow } = IDS;
const small = (more: object = {}): object => provisionBody(plain.serviceId, plain.small, more);

describe('provision', () => {
  const scene = useScene();

  /** Each body is refused with 400 and a description of the fault, and nothing is stored. */
  async function expectRefused(bodies: [object, RegExp][]): Promise<void> {
    await unchangedBy(scene.kube, async () => {
      for (const [body, description] of bodies) {
        for (const query of [{}, ASYNC]) {
          const answer = await scene.osb.provision(newId(), body, query);
          expect(answer.status, JSON.stringify(body)).to.equal(400);
          expect(answer.body.description).to.match(description);
        }
      }
    });
  }

  it('[82] refuses a body in which one of the four ids is missing or empty', async () => {
    const fields = ['service_id', 'plan_id', 'organization_guid', 'space_guid'];
    await expectRefused(
      fields.flatMap((field): [object, RegExp][] => [
        [small({ [field]: undefined }), new RegExp(field)],
        [small({ [field]: '' }), new RegExp(field)],
        [small({ [field]: null }), new RegExp(field)],
      ]),
    );
  });

  it("[83] refuses an unknown service, an unknown plan, and another service's plan", () =>
    expectRefused([
      [provisionBody('unknown', plain.small), /service_id/],
      [provisionBody(plain.serviceId, 'unknown'), /plan_id/],
      [provisionBody(plain.serviceId, slow.planId), /plan_id/],
    ]));

  it('[85] refuses parameters that the schema does not allow, and names the fault', async () => {
    await expectRefused([
      [small({ parameters: { size: 'big' } }), /size must be integer/],
      [small({ parameters: { size: 0 } }), /size/],
      [small({ parameters: { colour: 'red' } }), /colour/],
      [small({ parameters: [] }), /parameters/],
      [small({ context: 'x' }), /context/],
    ]);
    const id = newId();
    const context = { platform: 'cloudfoundry', instance_name: 'mine' };
    let seen: unknown;
    scene.lab.on('ensure', async (instance) => {
      seen = [instance.parameters, instance.context];
      return done();
    });
    const answer = await scene.osb.provision(id, small({ parameters: { size: 3 }, context }));
    expect(answer.status).to.equal(201);
    expect(seen).to.deep.equal([{ size: 3 }, context]);
  });

  it("[86] refuses a maintenance version that is not the plan's", async () => {
    const conflicts = [
      provisionBody(plain.serviceId, plain.maintained, { maintenance_info: { version: '2.1.0' } }),
      provisionBody(plain.serviceId, plain.maintained, { maintenance_info: { version: '2.1.1' } }),
      small({ maintenance_info: { version: MAINTENANCE_VERSION } }),
    ];
    await unchangedBy(scene.kube, async () => {
      for (const body of conflicts) {
        const answer = await scene.osb.provision(newId(), body, ASYNC);
        expect(answer.status).to.equal(422);
        expect(answer.body.error).to.equal('MaintenanceInfoConflict');
      }
    });
    const right = [
      { maintenance_info: { version: MAINTENANCE_VERSION, description: 'anything', more: 1 } },
      { maintenance_info: {} },
      {},
    ];
    for (const more of right) {
      const body = provisionBody(plain.serviceId, plain.maintained, more);
      expect((await scene.osb.provision(newId(), body)).status).to.equal(201);
    }
  });

  it('[87, 88, 89] answers 201 with the dashboard and the metadata that the service gave', async () => {
    const id = newId();
    const metadata = { labels: { tier: 'gold' }, attributes: { version: '16' } };
    scene.lab.on('ensure', async () => done({ metadata }));
    const answer = await scene.osb.provision(id, small());
    expect(answer.status).to.equal(201);
    expect(answer.body).to.deep.equal({ dashboard_url: `https://lab.example/${id}`, metadata });
  });

  it('[87, 88, 89] answers 202 with the dashboard and an operation', async () => {
    const id = newId();
    const answer = await scene.osb.provision(id, provisionBody(slow.serviceId, slow.planId), ASYNC);
    expect(answer.status).to.equal(202);
    expect(answer.body).to.have.all.keys('dashboard_url', 'operation');
    expect(answer.body.dashboard_url).to.equal(`https://lab.example/${id}`);
    expect((await scene.ended(id, answer.body.operation)).body.state).to.equal('succeeded');
  });

  it('[90, 93] answers 200 to the same request, finished, and writes nothing', async () => {
    const { osb } = scene;
    const id = newId();
    const first = await osb.provision(id, small({ parameters: { size: 1, label: 'a' } }));
    const context = { platform: 'kubernetes', instance_name: 'renamed' };
    const same = [
      small({ parameters: { size: 1, label: 'a' } }),
      small({ parameters: { label: 'a', size: 1 } }),
      small({ parameters: { size: 1, label: 'a' }, context }),
    ];
    await unchangedBy(scene.kube, async () => {
      for (const body of same) {
        for (const query of [{}, ASYNC]) {
          const again = await osb.provision(id, body, query);
          expect(again.status, JSON.stringify(body)).to.equal(200);
          expect(again.body).to.deep.equal(first.body);
        }
      }
    });
  });

  it('[93] takes absent parameters for empty ones, and does not compare maintenance_info', async () => {
    const { osb } = scene;
    const id = newId();
    const body = (more: object): object => provisionBody(plain.serviceId, plain.maintained, more);
    await osb.provision(id, body({ maintenance_info: { version: MAINTENANCE_VERSION } }));
    expect((await osb.provision(id, body({ parameters: {} }))).status).to.equal(200);
    expect((await osb.provision(id, body({}))).status).to.equal(200);
    const empty = newId();
    await osb.provision(empty, small({ parameters: {} }));
    expect((await osb.provision(empty, small())).status).to.equal(200);
  });

  it('[91] answers 202 with the first operation to the same request while it is at work', async () => {
    const { osb, lab } = scene;
    const id = newId();
    const hold = lab.hold('ensure');
    const first = await osb.provision(id, small(), ASYNC);
    await hold.reached;
    const again = await unchangedBy(scene.kube, () => osb.provision(id, small(), ASYNC));
    expect(again.status).to.equal(202);
    expect(again.body).to.deep.equal(first.body);
    hold.release();
    await scene.ended(id, first.body.operation);
    expect((await osb.provision(id, small(), ASYNC)).status).to.equal(200);
  });

  it('[92, 93] answers 409 to another request, at work or finished, and changes nothing', async () => {
    const { osb, lab } = scene;
    const id = newId();
    const others = [
      small(),
      small({ parameters: { size: 2 } }),
      small({ parameters: { size: 1, label: 'a' } }),
      small({ parameters: { size: 1 }, organization_guid: 'another' }),
      small({ parameters: { size: 1 }, space_guid: 'another' }),
      provisionBody(plain.serviceId, plain.large, { parameters: { size: 1 } }),
      provisionBody(IDS.bare.serviceId, IDS.bare.planId, { parameters: { size: 1 } }),
    ];
    const expectConflicts = (): Promise<void> =>
      unchangedBy(scene.kube, async () => {
        for (const body of others) {
          for (const query of [{}, ASYNC]) {
            const { status } = await osb.provision(id, body, query);
            expect(status, JSON.stringify(body)).to.equal(409);
          }
        }
      });
    const hold = lab.hold('ensure');
    const first = await osb.provision(id, small({ parameters: { size: 1 } }), ASYNC);
    await hold.reached;
    await expectConflicts();
    hold.release();
    await scene.ended(id, first.body.operation);
    await expectConflicts();
    expect(lab.instances.get(id)).to.deep.equal({ planId: plain.small, parameters: { size: 1 } });
  });

  it('[93] compares with the instance as it is now: after an update, the original is another request', async () => {
    const { osb } = scene;
    const id = newId();
    await osb.provision(id, small({ parameters: { size: 1 } }));
    const update = { service_id: plain.serviceId, plan_id: plain.large, parameters: { size: 2 } };
    expect((await osb.update(id, update)).status).to.equal(200);
    expect((await osb.provision(id, small({ parameters: { size: 1 } }))).status).to.equal(409);
    const present = provisionBody(plain.serviceId, plain.large, { parameters: { size: 2 } });
    expect((await osb.provision(id, present)).status).to.equal(200);
  });

  it('[94] refuses an id whose instance is being deprovisioned, and takes it when that is over', async () => {
    const { osb, lab } = scene;
    const id = newId();
    await osb.provision(id, small());
    const hold = lab.hold('destroy');
    const deletion = await osb.deprovision(id, { ...idsQuery(plain.serviceId, plain.small), ...ASYNC });
    await hold.reached;
    await unchangedBy(scene.kube, async () => {
      for (const query of [{}, ASYNC]) {
        const answer = await osb.provision(id, small(), query);
        expect(answer.status).to.equal(422);
        expect(answer.body.error).to.equal('ConcurrencyError');
      }
    });
    hold.release();
    await scene.ended(id, deletion.body.operation);
    expect((await osb.provision(id, small())).status).to.equal(201);
  });

  it('[95] answers 409 where the provision failed, until it is deprovisioned', async () => {
    const { osb, lab } = scene;
    const id = newId();
    lab.fail('ensure', 'the lab is full');
    const first = await osb.provision(id, small(), ASYNC);
    const { body } = await scene.ended(id, first.body.operation);
    expect(body).to.deep.equal({ state: 'failed', description: 'the lab is full' });
    lab.reset();
    await unchangedBy(scene.kube, async () => {
      for (const query of [{}, ASYNC]) expect((await osb.provision(id, small(), query)).status).to.equal(409);
    });
    expect((await osb.deprovision(id, idsQuery(plain.serviceId, plain.small))).status).to.equal(200);
    expect((await osb.provision(id, small())).status).to.equal(201);
  });

  it('[96] makes one instance of identical requests at the same moment', async () => {
    const { osb, lab } = scene;
    const [id, waited] = [newId(), newId()];
    const hold = lab.hold('ensure');
    const accepted = await Promise.all([1, 2, 3, 4, 5].map(() => osb.provision(id, small(), ASYNC)));
    expect(accepted.map(({ status }) => status)).to.deep.equal(Array(5).fill(202));
    expect(new Set(accepted.map(({ body }) => body.operation)).size).to.equal(1);
    hold.release();
    const done = await Promise.all([1, 2, 3, 4, 5].map(() => osb.provision(waited, small())));
    expect(done.map(({ status }) => status).sort()).to.deep.equal([200, 200, 200, 200, 201]);
    expect(lab.calls.filter((call) => call === `ensure ${waited}`)).to.have.length(1);
  });

  it('[92, 96] lets one of several different requests at the same moment win, and 409 the others', async () => {
    const { osb, lab } = scene;
    const id = newId();
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((size) => osb.provision(id, small({ parameters: { size } }))),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([201, 409, 409, 409, 409]);
    const size = answers.findIndex(({ status }) => status === 201) + 1;
    expect(lab.instances.get(id)?.parameters).to.deep.equal({ size });
  });

  it('[97] finishes after a restart what was accepted before it, and keeps what was made', async () => {
    const { lab } = scene;
    const [id, finished] = [newId(), newId()];
    await scene.osb.provision(finished, small({ parameters: { size: 1 } }));
    const hang = lab.hang('ensure');
    const first = await scene.osb.provision(id, small({ parameters: { size: 7 } }), ASYNC);
    await hang.reached;
    lab.reset();
    await scene.restart();
    expect((await scene.ended(id, first.body.operation)).body.state).to.equal('succeeded');
    expect(lab.instances.get(id)?.parameters).to.deep.equal({ size: 7 });
    const calls = lab.calls.filter((call) => call === `ensure ${finished}`);
    expect(calls).to.have.length(1);
    for (const [known, size] of [
      [id, 7],
      [finished, 1],
    ] as const) {
      const again = await scene.osb.provision(known, small({ parameters: { size } }));
      expect(again.status).to.equal(200);
    }
  });

  it('[84] does without the deprecated guids where it is set to', async () => {
    await scene.restart({ env: { BROKER_REQUIRE_GUIDS: 'false' } });
    const { osb } = scene;
    const id = newId();
    const body = { service_id: plain.serviceId, plan_id: plain.small, context: { platform: 'kubernetes' } };
    expect((await osb.provision(id, body)).status).to.equal(201);
    expect((await osb.provision(id, body)).status).to.equal(200);
    expect((await osb.provision(id, small())).status).to.equal(409);
    expect((await osb.provision(newId(), { ...body, plan_id: '' })).status).to.equal(400);
  });
});
