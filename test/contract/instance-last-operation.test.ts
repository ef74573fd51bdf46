// Polling the last operation of a service instance (specification: Polling Last Operation for Service Instances).
import { expect } from 'chai';
import { defineService, TerminalError, waiting } from '../../src/sdk/index.js';
import { newId } from '../support/broker.js';
import { IDS, idsQuery, labServices, provisionBody } from '../support/catalog.js';
import { Lab } from '../support/lab.js';
import { instancePath, type OsbResponse } from '../support/osb-client.js';
import { ASYNC, useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

const { plain, slow } = IDS;
const SMALL = provisionBody(plain.serviceId, plain.small);
const QUERY = { ...idsQuery(plain.serviceId, plain.small), ...ASYNC };
const HASTY = provisionBody('service-hasty', 'plan-hasty');
const BIND = { service_id: plain.serviceId, plan_id: plain.small };

const lab = new Lab();
const hasty = defineService({
  id: 'service-hasty',
  name: 'hasty',
  description: 'Where an operation may run for a second',
  backend: lab.backend,
  plans: [{ id: 'plan-hasty', name: 'hasty', description: 'A second', maximumPollingDuration: 1 }],
});
const options = {
  lab,
  definition: { services: [...labServices(lab.backend), hasty], backends: [lab.backend] },
};

describe('the last operation of an instance', () => {
  const scene = useScene(options);

  const poll = (id: string, operation?: string): Promise<OsbResponse> =>
    scene.osb.lastOperation(id, { operation });
  const sized = (size: number): object => ({ service_id: plain.serviceId, parameters: { size } });

  /** An instance that is there, and the operation that made it. */
  async function made(): Promise<{ id: string; provision: string }> {
    const id = newId();
    const { body } = await scene.osb.provision(id, SMALL, ASYNC);
    expect((await scene.ended(id, body.operation)).body.state).to.equal('succeeded');
    return { id, provision: body.operation };
  }

  it('[120, 121] tells "in progress" with the text of the service, then "succeeded"', async () => {
    const id = newId();
    const hold = lab.hold('ensure', '2 of 3 pods are ready');
    const { body } = await scene.osb.provision(id, SMALL, ASYNC);
    await hold.reached;
    const waited = await eventually(
      () => poll(id, body.operation),
      (answer) => answer.body.description === '2 of 3 pods are ready',
    );
    expect(waited.status).to.equal(200);
    expect(waited.body).to.deep.equal({ state: 'in progress', description: '2 of 3 pods are ready' });
    hold.release();
    const ended = await scene.ended(id, body.operation);
    expect(ended.status).to.equal(200);
    expect(ended.body).to.have.all.keys('state', 'description').and.include({ state: 'succeeded' });
    expect(ended.body.description).to.be.a('string').and.not.empty;
  });

  it('[121] has a description for the user even where the service gave none', async () => {
    const id = newId();
    lab.on('ensure', async () => waiting('', { retryAfter: 0.01 }));
    await scene.osb.provision(id, SMALL, ASYNC);
    const { body } = await poll(id);
    expect(body.state).to.equal('in progress');
    expect(body.description).to.be.a('string').and.not.empty;
    lab.on('ensure', () => Promise.reject(new TerminalError('')));
    const ended = await scene.ended(id);
    expect(ended.body.state).to.equal('failed');
    expect(ended.body.description).to.be.a('string').and.not.empty;
  });

  it('[120, 121] keeps to itself what the service did not mean for the user, while it tries again', async () => {
    const id = newId();
    lab.on('ensure', () => Promise.reject(new Error('password swordfish was refused by 10.0.0.7')));
    const { body } = await scene.osb.provision(id, SMALL, ASYNC);
    const tried = await eventually(
      () => poll(id, body.operation),
      (answer) => /attempt/.test(answer.body.description),
    );
    expect(tried.body.state).to.equal('in progress');
    expect(tried.body.description).to.not.match(/swordfish|10\.0/);
    lab.reset();
    expect((await scene.ended(id, body.operation)).body.state).to.equal('succeeded');
  });

  it('[42, 122] tells instance_usable only of updates and deprovisions, update_repeatable only of updates', async () => {
    const { osb } = scene;
    const { id } = await made();
    const failed = newId();
    const flags = { instanceUsable: false, updateRepeatable: false };
    lab.fail('ensure', 'refused', flags);
    lab.fail('destroy', 'refused', flags);
    await osb.provision(failed, SMALL, ASYNC);
    const refused = { state: 'failed', description: 'refused' };
    expect((await scene.ended(failed)).body).to.deep.equal(refused);
    await osb.update(id, sized(2), ASYNC);
    expect((await scene.ended(id)).body).to.deep.equal({
      ...refused,
      instance_usable: false,
      update_repeatable: false,
    });
    await osb.deprovision(id, QUERY);
    expect((await scene.ended(id)).body).to.deep.equal({ ...refused, instance_usable: false });
    lab.reset();
    expect((await osb.deprovision(id, QUERY)).status).to.equal(202);
    expect((await scene.ended(id)).status).to.equal(410);
  });

  it('[123, 124] answers 404 for an instance that never was, and 400 to a malformed poll', async () => {
    expect((await poll(newId())).status).to.equal(404);
    expect((await poll(newId(), 'provision-1')).status).to.equal(404);
    const { id } = await made();
    const path = `${instancePath(id)}/last_operation`;
    for (const query of ['operation=a&operation=b', 'operation=%ff', `operation=${'x'.repeat(10_001)}`]) {
      expect((await scene.osb.send('GET', `${path}?${query}`)).status, query.slice(0, 30)).to.equal(400);
    }
  });

  it('[126] ignores the ids of the poll, the old plan during a plan change included', async () => {
    const { osb } = scene;
    const { id } = await made();
    const hold = lab.hold('ensure');
    const change = { service_id: plain.serviceId, plan_id: plain.large };
    const { body } = await osb.update(id, change, ASYNC);
    const hints = [
      idsQuery(plain.serviceId, plain.small),
      idsQuery(plain.serviceId, plain.large),
      idsQuery('unknown', 'unknown'),
      {},
    ];
    for (const hint of hints) {
      const { status, body: state } = await osb.lastOperation(id, { ...hint, operation: body.operation });
      expect(status).to.equal(200);
      expect(state.state).to.equal('in progress');
    }
    hold.release();
    await scene.ended(id);
  });

  it('[127, 129] answers about the operation that is named, else about the newest', async () => {
    const { osb } = scene;
    const { id, provision } = await made();
    lab.fail('ensure', 'no');
    const { body: first } = await osb.update(id, sized(2), ASYNC);
    await scene.ended(id, first.operation);
    lab.reset();
    const hold = lab.hold('ensure');
    const { body: second } = await osb.update(id, sized(3), ASYNC);
    const expectStates = async (newest: string): Promise<void> => {
      const asked = [provision, first.operation, second.operation, undefined, 'provision-invented', 'x'];
      const answers = await Promise.all(asked.map((operation) => poll(id, operation)));
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(6).fill(200));
      expect(answers.map(({ body }) => body.state)).to.deep.equal([
        'succeeded',
        'failed',
        newest,
        newest,
        newest,
        newest,
      ]);
    };
    await expectStates('in progress');
    await hold.reached;
    hold.release();
    await scene.ended(id, second.operation);
    await expectStates('succeeded');
  });

  it('[127, 129] says for good that a provision or an update that was overtaken has failed', async () => {
    const { osb } = scene;
    const [id, other] = [newId(), (await made()).id];
    const hold = lab.hold('ensure');
    const { body: provision } = await osb.provision(id, SMALL, ASYNC);
    const { body: update } = await osb.update(other, sized(2), ASYNC);
    await hold.reached;
    const removal = lab.hold('destroy');
    await osb.deprovision(id, QUERY);
    await osb.deprovision(other, QUERY);
    await removal.reached;
    for (const [instanceId, operation] of [
      [id, provision.operation],
      [other, update.operation],
    ]) {
      expect((await poll(instanceId, operation)).body.state).to.equal('failed');
      expect((await poll(instanceId)).body.state).to.equal('in progress');
    }
    removal.release();
    expect((await scene.ended(id)).status).to.equal(410);
    expect((await scene.ended(other)).status).to.equal(410);
    hold.release();
  });

  it('[128] tells in seconds when to ask again: as the service wishes, else as the broker is set', async () => {
    const { osb } = scene;
    const id = newId();
    lab.on('ensure', async () => waiting('slow', { retryAfter: 7 }));
    await osb.provision(id, SMALL, ASYNC);
    const suggested = await eventually(
      () => poll(id),
      ({ body }) => body.description === 'slow',
    );
    expect(suggested.headers['retry-after']).to.equal('7');
    lab.on('ensure', async () => waiting('slower'));
    const other = newId();
    await osb.provision(other, SMALL, ASYNC);
    expect((await poll(other)).headers['retry-after']).to.equal('5');
    lab.reset();
    await osb.deprovision(id, QUERY);
    await osb.deprovision(other, QUERY);
    const { id: ready } = await made();
    expect((await poll(ready)).headers).to.not.have.property('retry-after');
  });

  it('[130] says "succeeded" of a provision only when the instance can be fetched and bound', async () => {
    const { osb } = scene;
    const id = newId();
    const hold = lab.hold('ensure');
    const { body } = await osb.provision(id, SMALL, ASYNC);
    await hold.reached;
    expect((await poll(id, body.operation)).body.state).to.equal('in progress');
    expect((await osb.fetch(id)).status).to.equal(404);
    expect((await osb.bind(id, newId(), BIND)).status).to.equal(422);
    hold.release();
    await scene.ended(id, body.operation);
    const [fetched, bound] = await Promise.all([osb.fetch(id), osb.bind(id, newId(), BIND)]);
    expect([fetched.status, bound.status]).to.deep.equal([200, 201]);
  });

  it("[64, 131] fails what does not end within the plan's maximum_polling_duration, for good", async () => {
    const [waited, hanging] = [newId(), newId()];
    lab.on('ensure', ({ name, signal }) => {
      if (name === waited) return Promise.resolve(waiting('not yet', { retryAfter: 0.05 }));
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    });
    const { body } = await scene.osb.provision(waited, HASTY, ASYNC);
    const { body: other } = await scene.osb.provision(hanging, HASTY, ASYNC);
    const description = 'the provision did not end within 1 seconds';
    for (const [id, operation] of [
      [waited, body.operation],
      [hanging, other.operation],
    ]) {
      const ended = await scene.ended(id, operation);
      expect(ended.body).to.deep.equal({ state: 'failed', description });
    }
    lab.reset();
    await scene.restart(options);
    expect((await poll(waited, body.operation)).body).to.deep.equal({ state: 'failed', description });
    const query = idsQuery('service-hasty', 'plan-hasty');
    expect((await scene.osb.deprovision(waited, query)).status).to.equal(200);
    expect(lab.calls).to.include(`destroy ${waited}`);
  });

  it('[97, 129] says the same final states after a restart, and finishes a deprovision', async () => {
    const { osb } = scene;
    const { id, provision } = await made();
    lab.fail('ensure', 'no', { instanceUsable: true, updateRepeatable: false });
    const { body: update } = await osb.update(id, sized(2), ASYNC);
    await scene.ended(id, update.operation);
    lab.reset();
    const states = (): Promise<unknown[]> =>
      Promise.all([provision, update.operation, undefined].map(async (each) => (await poll(id, each)).body));
    const before = await states();
    const { id: leaving } = await made();
    const hang = lab.hang('destroy');
    const { body: deletion } = await osb.deprovision(leaving, QUERY);
    await hang.reached;
    lab.reset();
    await scene.restart(options);
    expect(await states()).to.deep.equal(before);
    expect((await scene.ended(leaving, deletion.operation)).status).to.equal(410);
    expect(lab.instances.has(leaving)).to.be.false;
  });

  /** Polls after an asynchronous delete: with its operation and without, and again and again. */
  async function afterDelete(): Promise<OsbResponse[]> {
    const { osb } = scene;
    const { id, provision } = await made();
    const { body } = await osb.deprovision(id, QUERY);
    const ended = await scene.ended(id, body.operation);
    expect((await poll(id, provision)).status, 'the provision that was').to.equal(404);
    return [ended, await poll(id, body.operation), await poll(id), await poll(id, 'invented')];
  }

  it('[124, 125] answers 410 after an asynchronous delete', async () => {
    for (const { status, body } of await afterDelete()) {
      expect(status).to.equal(410);
      expect(body.description).to.be.a('string').and.not.empty;
    }
  });

  it('[125] answers 200 with "succeeded" after an asynchronous delete, where it is set to', async () => {
    await scene.restart({ ...options, env: { BROKER_AFTER_DELETE: '200', BROKER_RETRY_AFTER_SECONDS: '9' } });
    for (const { status, body } of await afterDelete()) {
      expect(status).to.equal(200);
      expect(body.state).to.equal('succeeded');
    }
    expect((await poll(newId())).status, 'an instance that never was').to.equal(404);
  });

  it('[128] tells when to ask again as the broker is set', async () => {
    const id = newId();
    const hold = lab.hang('ensure');
    const { body } = await scene.osb.provision(id, provisionBody(slow.serviceId, slow.planId), ASYNC);
    await hold.reached;
    expect((await poll(id, body.operation)).headers['retry-after']).to.equal('9');
    hold.release();
    expect((await scene.ended(id, body.operation)).body.state).to.equal('succeeded');
  });
});
