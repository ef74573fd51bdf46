// The defects of the brokers that came before, each as a test that would have caught it.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { httpBackend } from '../../src/backends/http/backend.js';
import { defineService, done, TerminalError } from '../../src/sdk/index.js';
import { newId, startTestBroker } from '../support/broker.js';
import { bindingPath, instancePath, OsbClient } from '../support/osb-client.js';
import { startCountingProxy } from '../support/counting-proxy.js';
import { ASYNC, bindOf, LARGE, PLAIN, provisionOf, queryOf, SLOW, useScene } from '../support/scene.js';
import { unchangedBy } from '../support/unchanged.js';

/** Every endpoint, as a request that would be right. */
const endpoints = (i: string, b: string): [method: 'GET' | 'PUT' | 'PATCH' | 'DELETE', path: string][] => [
  ['GET', '/v2/catalog'],
  ['PUT', instancePath(i)],
  ['GET', instancePath(i)],
  ['PATCH', instancePath(i)],
  ['DELETE', instancePath(i)],
  ['GET', `${instancePath(i)}/last_operation`],
  ['PUT', bindingPath(i, b)],
  ['GET', bindingPath(i, b)],
  ['DELETE', bindingPath(i, b)],
  ['GET', `${bindingPath(i, b)}/last_operation`],
];

describe('the traps of earlier brokers', () => {
  const scene = useScene();

  /** Sends a right request to every endpoint, about an instance that is there, with other headers. */
  async function everywhere(headers: Record<string, string | undefined>): Promise<[string, number, any][]> {
    const i = await scene.instance(LARGE);
    const b = await scene.binding(i, LARGE);
    return unchangedBy(scene.kube, async () => {
      const calls = scene.lab.calls.length;
      const answers: [string, number, any][] = [];
      for (const [method, path] of endpoints(i, b)) {
        const body = method === 'PUT' || method === 'PATCH' ? provisionOf(PLAIN) : undefined;
        const answer = await scene.osb.send(method, path, { body, headers, query: queryOf(LARGE) });
        answers.push([`${method} ${path}`, answer.status, answer.body]);
      }
      expect(scene.lab.calls).to.have.length(calls);
      return answers;
    });
  }

  describe('A1', () => {
    it('[130, 193] trap A1: an instance of another namespace of the platform is made, and found again', async () => {
      const i = newId();
      const context = { platform: 'kubernetes', namespace: 'somewhere-else', clusterid: 'c' };
      const { body } = await scene.osb.provision(i, provisionOf(LARGE, { context }), ASYNC);
      expect((await scene.ended(i, body.operation)).body.state).to.equal('succeeded');
      expect((await scene.osb.bind(i, newId(), bindOf(LARGE, { context }))).status).to.equal(201);
      expect((await scene.osb.fetch(i)).status).to.equal(200);
      const resource = await scene.kube.instances.get(i);
      expect(resource!.metadata.namespace).to.equal(scene.cluster.namespace);
    });

    it('[90] trap A1: the same PUT sent again is no 500', async () => {
      const i = newId();
      const b = newId();
      for (const status of [201, 200, 200]) {
        expect((await scene.osb.provision(i, provisionOf(LARGE))).status).to.equal(status);
      }
      for (const status of [201, 200, 200]) {
        expect((await scene.osb.bind(i, b, bindOf(LARGE))).status).to.equal(status);
      }
    });

    it('[3, 6, 43] trap A1: after the 412 the request is not processed', async () => {
      for (const [what, status, body] of await everywhere({ 'x-broker-api-version': '1.14' })) {
        expect(status, what).to.equal(412);
        expect(body.description, what).to.include('2.17');
      }
    });

    it('[8, 43] trap A1: after the 401 the request is not processed', async () => {
      const authorization = `Basic ${Buffer.from('broker:wrong').toString('base64')}`;
      for (const [what, status] of await everywhere({ authorization })) expect(status, what).to.equal(401);
    });

    it('trap A1: a failed instance is Failed, and the three conditions are called so everywhere', async () => {
      const i = newId();
      scene.lab.on('ensure', () => Promise.reject(new TerminalError('no room')));
      await scene.osb.provision(i, provisionOf(LARGE), ASYNC);
      expect((await scene.ended(i)).body.state).to.equal('failed');
      const { status } = (await scene.kube.instances.get(i))!;
      const states = status!.conditions!.map((each) => [each.type, each.status]);
      expect(states).to.deep.equal([
        ['Ready', 'False'],
        ['Pending', 'False'],
        ['Failed', 'True'],
      ]);
    });

    it('[137] trap A1: nothing binds to an instance that is not ready', async () => {
      const i = newId();
      const b = newId();
      const hold = scene.lab.hang('ensure');
      await scene.osb.provision(i, provisionOf(LARGE), ASYNC);
      await hold.reached;
      const answer = await scene.osb.bind(i, b, bindOf(LARGE));
      expect(answer.status).to.equal(422);
      expect(answer.body.error).to.equal('ConcurrencyError');
      expect(await scene.kube.bindings.get(b)).to.equal(undefined);
      hold.release();
      await scene.ended(i);
    });

    it('[167] trap A1: an unbind of what is not bound is 410', async () => {
      const i = await scene.instance(LARGE);
      expect((await scene.osb.unbind(i, newId(), queryOf(LARGE))).status).to.equal(410);
    });

    it('trap A1: the controller sees what is changed and deleted behind the back of the broker', async () => {
      const i = await scene.instance(LARGE);
      await scene.kube.instances.edit(i, ({ spec, ...before }) => ({
        ...before,
        spec: { ...spec, parameters: { colour: 'red' } },
      }));
      await scene.kube.instances.until(i, ({ status }) => status?.applied?.parameters?.colour === 'red');
      expect(scene.lab.instances.get(i)!.parameters).to.deep.equal({ colour: 'red' });
      await scene.kube.instances.client.delete(i);
      await scene.kube.instances.untilGone(i);
      expect(scene.lab.instances.has(i)).to.equal(false);
    });

    it('trap A1: a status is written past the spec, and again after a conflict', async () => {
      const i = newId();
      const hold = scene.lab.hang('ensure');
      await scene.osb.provision(i, provisionOf(LARGE), ASYNC);
      await hold.reached;
      const annotations = { 'example.com/note': 'from another hand' };
      const under = await scene.kube.instances.edit(i, (present) => ({
        ...present,
        metadata: { ...present.metadata, annotations },
      }));
      hold.release();
      expect((await scene.ended(i)).body.state).to.equal('succeeded');
      const after = (await scene.kube.instances.get(i))!;
      expect(after.metadata.annotations).to.deep.equal(annotations);
      expect(after.metadata.generation).to.equal(under.metadata.generation);
      expect(after.spec).to.deep.equal(under.spec);
    });

    it('[97] trap A1: state outlives the process', async () => {
      const i = await scene.instance(LARGE);
      const b = await scene.binding(i, LARGE);
      const { credentials } = (await scene.osb.fetchBinding(i, b)).body;
      await scene.restart();
      expect((await scene.osb.fetch(i)).status).to.equal(200);
      expect((await scene.osb.fetchBinding(i, b)).body.credentials).to.deep.equal(credentials);
    });
  });

  describe('A4', () => {
    it('[37] trap A4: an instance is made with PUT, and POST is 405', async () => {
      const i = newId();
      for (const path of [instancePath(i), bindingPath(i, newId())]) {
        const answer = await scene.osb.send('POST', path, { body: provisionOf(LARGE) });
        expect(answer.status).to.equal(405);
        expect(String(answer.headers.allow).split(', ')).to.include('PUT');
        expect(answer.body.description).to.be.a('string').that.is.not.empty;
      }
      expect(await scene.kube.instances.get(i)).to.equal(undefined);
    });

    it('[145] trap A4: each binding has credentials of its own, that no id gives away', async () => {
      scene.lab.on('bind', async () => done({ credentials: { password: randomBytes(12).toString('hex') } }));
      const i = await scene.instance(LARGE);
      const seen = new Set<string>();
      const b = newId();
      for (const id of [b, newId(), newId()]) {
        const { body } = await scene.osb.bind(i, id, bindOf(LARGE));
        seen.add(body.credentials.password);
        expect((await scene.osb.bind(i, id, bindOf(LARGE))).body).to.deep.equal(body);
        expect((await scene.osb.fetchBinding(i, id)).body.credentials).to.deep.equal(body.credentials);
        for (const part of [i, id]) expect(JSON.stringify(body)).not.to.include(part);
      }
      // The same id again, once the first is gone, is a new binding.
      await scene.osb.unbind(i, b, queryOf(LARGE));
      seen.add((await scene.osb.bind(i, b, bindOf(LARGE))).body.credentials.password);
      expect(seen.size).to.equal(4);
    });

    it('[8] trap A4: a request without credentials is refused, and harms nothing', async () => {
      for (const [what, status, body] of await everywhere({ authorization: undefined })) {
        expect(status, what).to.equal(401);
        expect(body.description, what).to.be.a('string').that.is.not.empty;
      }
      expect((await scene.osb.catalog()).status).to.equal(200);
    });

    it('[138] trap A4: a 202 carries no state', async () => {
      const i = newId();
      const b = newId();
      const { osb } = scene;
      const provision = await osb.provision(i, provisionOf(SLOW), ASYNC);
      await scene.ended(i);
      const bind = await osb.bind(i, b, bindOf(SLOW), ASYNC);
      await scene.bindingEnded(i, b);
      const update = await osb.update(i, bindOf(SLOW, { parameters: { size: 2 } }), ASYNC);
      await scene.ended(i);
      const unbind = await osb.unbind(i, b, queryOf(SLOW, ASYNC));
      await scene.bindingEnded(i, b);
      const deprovision = await osb.deprovision(i, queryOf(SLOW, ASYNC));
      await scene.ended(i, deprovision.body.operation);
      for (const { status, body } of [provision, bind, update, unbind, deprovision]) {
        expect(status).to.equal(202);
        expect(body.operation).to.be.a('string').that.is.not.empty;
        expect(body).not.to.have.any.keys('state', 'credentials', 'description');
      }
    });
  });

  describe('A5', () => {
    it('[8] trap A5: not every user is let in', async () => {
      for (const [username, password] of [
        ['anybody', 'broker'],
        ['broker', ''],
        ['', 'broker'],
        ['Broker', 'broker'],
      ]) {
        const stranger = new OsbClient(scene.broker.url, { username: username!, password: password! });
        expect((await stranger.catalog()).status, username).to.equal(401);
        expect((await stranger.provision(newId(), provisionOf(LARGE))).status, username).to.equal(401);
      }
    });

    it('[2, 6] trap A5: the version is asked for on every endpoint, not of the catalog alone', async () => {
      for (const [what, status] of await everywhere({ 'x-broker-api-version': undefined })) {
        expect(status, what).to.equal(400);
      }
    });

    it('[20, 21] trap A5: JSON may say its charset, and another type is a 400 with a description', async () => {
      const put = (type: string | undefined): Promise<{ status: number; body: any }> =>
        scene.osb.send('PUT', instancePath(newId()), {
          body: provisionOf(LARGE),
          headers: { 'content-type': type },
        });
      for (const type of ['application/json; charset=utf-8', 'Application/JSON', undefined]) {
        expect((await put(type)).status, type).to.equal(201);
      }
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) {
        const { status, body } = await put(type);
        expect(status, type).to.equal(400);
        expect(body.description).to.include('application/json');
      }
    });

    it('[83, 132, 166, 173] trap A5: ids of services and plans are checked', async () => {
      const { osb } = scene;
      const i = await scene.instance(LARGE);
      const b = await scene.binding(i, LARGE);
      const absent = { service_id: undefined, plan_id: undefined };
      const missing = [{}, { service_id: LARGE.serviceId }, { plan_id: LARGE.planId }];
      const wrong = [{ ...LARGE, planId: 'none' }, { serviceId: 'none', planId: 'none' }, SLOW];
      await unchangedBy(scene.kube, async () => {
        for (const ids of missing) {
          expect(
            (await osb.provision(newId(), { ...provisionOf(LARGE), ...absent, ...ids })).status,
          ).to.equal(400);
          expect((await osb.bind(i, newId(), ids)).status).to.equal(400);
          expect((await osb.unbind(i, b, ids)).status).to.equal(400);
          expect((await osb.deprovision(i, ids)).status).to.equal(400);
        }
        for (const ids of wrong) {
          const accepts = ids === SLOW ? ASYNC : {};
          if (ids !== SLOW) expect((await osb.provision(newId(), provisionOf(ids))).status).to.equal(400);
          expect((await osb.bind(i, newId(), bindOf(ids), accepts)).status).to.equal(400);
          expect((await osb.unbind(i, b, queryOf(ids, accepts))).status).to.equal(400);
          expect((await osb.deprovision(i, queryOf(ids, accepts))).status).to.equal(400);
        }
      });
    });
  });
});

describe('the traps of earlier brokers, A1: a status that could not be written', () => {
  const scene = useScene();

  it('trap A1: it is written again, without waiting for the next list', async () => {
    const proxy = await startCountingProxy(scene.cluster);
    await scene.broker.stop();
    const broker = await startTestBroker(proxy.cluster, { lab: scene.lab });
    proxy.refuseNext('update serviceinstances/status', 500);
    proxy.refuseNext('update servicebindings/status', 503);
    const i = newId();
    const b = newId();
    expect((await broker.osb.provision(i, provisionOf(LARGE))).status).to.equal(201);
    expect((await broker.osb.bind(i, b, bindOf(LARGE))).status).to.equal(201);
    const refused = proxy.requests().filter(({ status }) => status !== undefined && status >= 500);
    expect(refused.map(({ what }) => what)).to.deep.equal([
      'update serviceinstances/status',
      'update servicebindings/status',
    ]);
    await broker.stop();
    await proxy.close();
    await scene.restart();
  });
});

describe('the traps of earlier brokers, A5: a service behind HTTP that answers what nobody expected', () => {
  let service: Server;
  let answers: number[] = [];
  const scene = useScene({ definition: { services: [], backends: [httpBackend] } });
  const ids = { serviceId: 'service-odd', planId: 'plan-odd' };

  before(async () => {
    service = createServer(({ method }, response) => {
      const status = method === 'GET' ? 200 : (answers.shift() ?? 200); // it may be asked what it holds at any time
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const odd = defineService({
      id: ids.serviceId,
      name: 'odd',
      description: 'Answers oddly',
      backend: httpBackend,
      plans: [{ id: ids.planId, name: 'odd', description: 'Odd', settings: { url } }],
    });
    await scene.restart({ definition: { services: [odd] } });
  });
  after(() => service.close());
  beforeEach(() => (answers = []));

  it('trap A5: an odd status of the service is a failure, never an empty success', async () => {
    for (const status of [418, 302, 404]) {
      const i = newId();
      answers = [status];
      const { body } = await scene.osb.provision(i, provisionOf(ids), ASYNC);
      const ended = await scene.ended(i, body.operation);
      expect(ended.body, String(status)).to.deep.include({ state: 'failed' });
      expect(ended.body.description).to.include(String(status));
      expect((await scene.osb.deprovision(i, queryOf(ids))).status).to.equal(200);
    }
  });

  it('trap A5: a bind that the service refuses is no 201, and leaves nothing', async () => {
    const i = await scene.instance(ids);
    const b = newId();
    answers = [418];
    const answer = await scene.osb.bind(i, b, bindOf(ids));
    expect(answer.status).to.equal(500);
    expect(answer.body).to.have.keys('description');
    await scene.kube.bindings.untilGone(b);
  });

  it('trap A5: a service that is in trouble is asked again, and nothing is said to be done before', async () => {
    const i = newId();
    answers = Array.from({ length: 1000 }, (_, nth) => (nth % 2 === 0 ? 500 : 503));
    const { status, body } = await scene.osb.provision(i, provisionOf(ids), ASYNC);
    expect(status).to.equal(202);
    await scene.kube.instances.until(i, (object) => (object.status?.lastOperation?.attempts ?? 0) >= 1);
    expect((await scene.osb.fetch(i)).status).to.equal(404);
    answers = [];
    expect((await scene.ended(i, body.operation)).body.state).to.equal('succeeded');
    answers = [418];
    const removal = await scene.osb.deprovision(i, queryOf(ids));
    expect(removal.status).to.equal(500);
    expect(await scene.kube.instances.get(i)).not.to.equal(undefined);
    expect((await scene.osb.deprovision(i, queryOf(ids))).status).to.equal(200);
  });
});
