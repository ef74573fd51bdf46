// Synchronous and asynchronous operation (specification: Synchronous and Asynchronous Operations), for all five
// operations, and what becomes of a request that cannot be kept in time.
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { IDS, idsQuery, provisionBody } from '../support/catalog.js';
import type { OsbResponse } from '../support/osb-client.js';
import { ASYNC, useScene } from '../support/scene.js';
import { eventually, unchangedBy } from '../support/unchanged.js';

const { plain, slow } = IDS;
const SMALL = provisionBody(plain.serviceId, plain.small);
const BIND = { service_id: plain.serviceId, plan_id: plain.small };
const SMALL_QUERY = idsQuery(plain.serviceId, plain.small);

describe('synchronous and asynchronous operation', () => {
  const scene = useScene();

  it('[76] answers 201 to provision and bind, and 200 to update, unbind and deprovision', async () => {
    const { osb, lab } = scene;
    const [id, bindingId] = [newId(), newId()];
    expect((await osb.provision(id, SMALL)).status).to.equal(201);
    expect(lab.instances.get(id)?.planId).to.equal(plain.small);
    expect((await osb.bind(id, bindingId, BIND)).status).to.equal(201);
    const updated = await osb.update(id, { service_id: plain.serviceId, parameters: { size: 2 } });
    expect(updated.status).to.equal(200);
    expect(lab.instances.get(id)?.parameters).to.deep.equal({ size: 2 });
    const unbound = await osb.unbind(id, bindingId, SMALL_QUERY);
    expect(unbound.status).to.equal(200);
    expect(unbound.body).to.deep.equal({});
    expect(lab.bindings.has(bindingId)).to.be.false;
    const gone = await osb.deprovision(id, SMALL_QUERY);
    expect(gone.status).to.equal(200);
    expect(gone.body).to.deep.equal({});
    expect(lab.instances.has(id)).to.be.false;
  });

  it('[32, 75, 77] answers 202 to all five at once, with an operation, however long the work takes', async () => {
    const { osb, lab } = scene;
    const [id, bindingId] = [newId(), newId()];
    const operations: string[] = [];
    const accepted = ({ status, body }: OsbResponse): string => {
      expect(status).to.equal(202);
      expect(body.operation).to.match(/^[A-Za-z0-9._~-]{1,100}$/);
      operations.push(body.operation);
      return body.operation;
    };
    let hang = lab.hang('ensure');
    const provision = accepted(await osb.provision(id, SMALL, ASYNC));
    hang.release();
    await scene.ended(id, provision);
    hang = lab.hang('bind');
    const bind = accepted(await osb.bind(id, bindingId, BIND, ASYNC));
    hang.release();
    await scene.bindingEnded(id, bindingId, bind);
    hang = lab.hang('ensure');
    const body = { service_id: plain.serviceId, parameters: { size: 2 } };
    const update = accepted(await osb.update(id, body, ASYNC));
    hang.release();
    await scene.ended(id, update);
    hang = lab.hang('unbind');
    const unbind = accepted(await osb.unbind(id, bindingId, { ...SMALL_QUERY, ...ASYNC }));
    hang.release();
    await scene.bindingEnded(id, bindingId, unbind);
    hang = lab.hang('destroy');
    const deprovision = accepted(await osb.deprovision(id, { ...SMALL_QUERY, ...ASYNC }));
    hang.release();
    await scene.ended(id, deprovision);
    expect(new Set(operations).size).to.equal(5);
  });

  it('[77] never answers 202 to a request that did not allow it: it waits for the end', async () => {
    const { osb, lab } = scene;
    for (const query of [{}, { accepts_incomplete: 'false' }]) {
      const id = newId();
      const hold = lab.hold('ensure');
      const answer = osb.provision(id, SMALL, query);
      await hold.reached;
      hold.release();
      expect((await answer).status).to.equal(201);
    }
  });

  it('[38, 43, 78] refuses all five with AsyncRequired where only asynchronous work is possible', async () => {
    const { osb, lab } = scene;
    const [id, bindingId] = [newId(), newId()];
    const query = idsQuery(slow.serviceId, slow.planId);
    const ids = { service_id: slow.serviceId, plan_id: slow.planId };
    const provisioned = await osb.provision(id, provisionBody(slow.serviceId, slow.planId), ASYNC);
    await scene.ended(id, provisioned.body.operation);
    const bound = await osb.bind(id, bindingId, ids, ASYNC);
    await scene.bindingEnded(id, bindingId, bound.body.operation);
    const calls = lab.calls.length;
    const answers = await unchangedBy(scene.kube, async () => [
      await osb.provision(newId(), provisionBody(slow.serviceId, slow.planId)),
      await osb.provision(newId(), provisionBody(slow.serviceId, slow.planId), {
        accepts_incomplete: 'false',
      }),
      await osb.update(id, { service_id: slow.serviceId, parameters: { size: 2 } }),
      await osb.bind(id, newId(), ids),
      await osb.unbind(id, bindingId, query),
      await osb.deprovision(id, query),
    ]);
    for (const { status, body } of answers) {
      expect(status).to.equal(422);
      expect(body.error).to.equal('AsyncRequired');
      expect(body.description).to.be.a('string').and.not.empty;
    }
    expect(lab.calls.slice(calls)).to.deep.equal([]);
  });

  it('[80] looks for AsyncRequired after the ids of a provision, and before parameters', async () => {
    const { osb } = scene;
    const bad = { parameters: { size: 'big' } };
    const answers = await unchangedBy(scene.kube, async () => [
      await osb.provision(newId(), provisionBody('unknown', slow.planId)),
      await osb.provision(newId(), provisionBody(slow.serviceId, 'unknown')),
      await osb.provision(newId(), provisionBody(slow.serviceId, slow.planId, { organization_guid: '' })),
      await osb.provision(newId(), provisionBody(slow.serviceId, slow.planId, bad)),
      await osb.provision(newId(), provisionBody(slow.serviceId, slow.planId, bad), ASYNC),
    ]);
    expect(answers.map(({ status }) => status)).to.deep.equal([400, 400, 400, 422, 400]);
    expect(answers[3]?.body.error).to.equal('AsyncRequired');
  });

  it('[80] looks for AsyncRequired before no-op detection of an update, and before existence for deletes', async () => {
    const { osb } = scene;
    const id = newId();
    const ids = idsQuery(slow.serviceId, slow.planId);
    await scene.ended(
      id,
      (await osb.provision(id, provisionBody(slow.serviceId, slow.planId), ASYNC)).body.operation,
    );
    const answers = await unchangedBy(scene.kube, async () => [
      await osb.update(id, { service_id: slow.serviceId }),
      await osb.update(id, { service_id: slow.serviceId, parameters: { size: 'big' } }),
      await osb.deprovision(newId(), ids),
      await osb.unbind(id, newId(), ids),
    ]);
    expect(answers.map(({ body }) => body.error)).to.deep.equal(Array(4).fill('AsyncRequired'));
    const allowed = await unchangedBy(scene.kube, async () => [
      await osb.update(id, { service_id: slow.serviceId }, ASYNC),
      await osb.deprovision(newId(), { ...ids, ...ASYNC }),
      await osb.unbind(id, newId(), { ...ids, ...ASYNC }),
    ]);
    expect(allowed.map(({ status }) => status)).to.deep.equal([200, 410, 410]);
  });

  it('[39, 43, 81] refuses with ConcurrencyError what cannot be done beside what is at work', async () => {
    const { osb, lab } = scene;
    const id = newId();
    await osb.provision(id, SMALL);
    const hold = lab.hold('ensure');
    const update = { service_id: plain.serviceId, parameters: { size: 2 } };
    const accepted = await osb.update(id, update, ASYNC);
    await hold.reached;
    const answers = await unchangedBy(scene.kube, async () => [
      await osb.update(id, { ...update, parameters: { size: 3 } }, ASYNC),
      await osb.update(id, { ...update, parameters: { size: 3 } }),
      await osb.bind(id, newId(), BIND, ASYNC),
      await osb.fetch(id),
    ]);
    for (const { status, body } of answers) {
      expect(status).to.equal(422);
      expect(body.error).to.equal('ConcurrencyError');
    }
    hold.release();
    expect((await scene.ended(id, accepted.body.operation)).body.state).to.equal('succeeded');
    expect(lab.instances.get(id)?.parameters).to.deep.equal({ size: 2 });
  });

  it('[36, 44] answers 500 to a synchronous provision or bind that failed, and leaves nothing behind', async () => {
    const { osb, lab } = scene;
    const [id, bindingId, other] = [newId(), newId(), newId()];
    await osb.provision(id, SMALL);
    lab.fail('ensure', 'the lab is full');
    lab.fail('bind', 'no more passwords');
    const provisioned = await osb.provision(other, SMALL);
    expect(provisioned.status).to.equal(500);
    expect(provisioned.body).to.deep.equal({ description: 'the lab is full' });
    const bound = await osb.bind(id, bindingId, BIND);
    expect(bound.status).to.equal(500);
    expect(bound.body).to.deep.equal({ description: 'no more passwords' });
    await eventually(
      () => Promise.all([scene.kube.instances.get(other), scene.kube.bindings.get(bindingId)]),
      (found) => found.every((object) => object === undefined),
    );
    expect(lab.calls).to.include(`destroy ${other}`).and.include(`unbind ${bindingId}`);
  });

  describe('with little time for a request', () => {
    before(() =>
      scene.restart({ env: { BROKER_SYNCHRONOUS_LIMIT_SECONDS: '1', BROKER_PATIENCE_SECONDS: '30' } }),
    );

    it('[76, 79] finishes within the request although it need not', async () => {
      const { osb } = scene;
      const [id, bindingId] = [newId(), newId()];
      const query = { ...SMALL_QUERY, ...ASYNC };
      const body = { service_id: plain.serviceId, parameters: { size: 2 } };
      expect((await osb.provision(id, SMALL, ASYNC)).status).to.equal(201);
      expect((await osb.bind(id, bindingId, BIND, ASYNC)).status).to.equal(201);
      expect((await osb.update(id, body, ASYNC)).status).to.equal(200);
      expect((await osb.unbind(id, bindingId, query)).status).to.equal(200);
      expect((await osb.deprovision(id, query)).status).to.equal(200);
    });

    it('[44, 75, 117] answers in time, leaves no provision and no bind behind, and undoes an update', async () => {
      const { osb, lab } = scene;
      const [id, fresh, bindingId] = [newId(), newId(), newId()];
      const small = provisionBody(plain.serviceId, plain.small, { parameters: { size: 1 } });
      expect((await osb.provision(id, small, ASYNC)).status).to.equal(201);
      expect((await osb.provision(fresh, SMALL, ASYNC)).status).to.equal(201);
      const [ensure, bind] = [lab.hang('ensure'), lab.hang('bind')];
      const late = newId();
      const body = { service_id: plain.serviceId, plan_id: plain.large, parameters: { size: 2 } };
      const answers = await Promise.all([
        osb.provision(late, SMALL),
        osb.bind(fresh, bindingId, BIND),
        osb.update(id, body),
      ]);
      for (const { status, body: error } of answers) {
        expect(status).to.equal(503);
        expect(error.description).to.include('accepts_incomplete');
      }
      ensure.release();
      bind.release();
      await eventually(
        () => Promise.all([scene.kube.instances.get(late), scene.kube.bindings.get(bindingId)]),
        (found) => found.every((object) => object === undefined),
      );
      await osb.untilEnded(() => osb.lastOperation(id));
      const present = { planId: plain.small, parameters: { size: 1 } };
      expect(lab.instances.get(id)).to.deep.equal(present);
      const { body: fetched } = await osb.fetch(id);
      expect({ planId: fetched.plan_id, parameters: fetched.parameters }).to.deep.equal(present);
      expect(lab.instances.has(late)).to.be.false;
      expect(lab.bindings.has(bindingId)).to.be.false;
    });

    it('[44, 75] answers a late deprovision with an error, and finishes it all the same', async () => {
      const { osb, lab } = scene;
      const id = newId();
      expect((await osb.provision(id, SMALL, ASYNC)).status).to.equal(201);
      const hang = lab.hang('destroy');
      expect((await osb.deprovision(id, SMALL_QUERY)).status).to.equal(503);
      hang.release();
      const again = await osb.deprovision(id, { ...SMALL_QUERY, ...ASYNC });
      expect(again.status).to.be.oneOf([200, 410]);
      expect(lab.instances.has(id)).to.be.false;
    });
  });
});
