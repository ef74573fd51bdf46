// Parameters that are marked as secret: in a Secret of the instance's own, and nowhere else.
import { IsInt, IsOptional, IsString } from 'class-validator';
import { expect } from 'chai';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { KubeObject, ResourceType, Secret } from '../../src/sdk/kube/types.js';
import { done, defineService, WriteOnly } from '../../src/sdk/index.js';
import {
  BINDINGS,
  INSTANCES,
  OFFERINGS,
  SECRET_LABEL,
  SECRETS,
  type ServiceInstance,
} from '../../src/sdk/resources/kinds.js';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { idsQuery, provisionBody } from '../support/catalog.js';
import { faultsOf, openCluster, type TestCluster } from '../support/cluster.js';
import { silence } from '../support/silence.js';
import { holdNext } from '../support/held-request.js';

class Login {
  @IsString()
  user!: string;

  @IsString()
  @WriteOnly()
  password!: string;

  @IsOptional()
  @IsInt()
  size?: number;
}

describe('secret parameters', () => {
  const seen: { ensure: Record<string, unknown>[]; bind: Record<string, unknown>[] } = {
    ensure: [],
    bind: [],
  };
  const service = { serviceId: 'service-login', planId: 'plan-login' };
  let cluster: TestCluster;
  let broker: TestBroker;

  before(async () => {
    cluster = await openCluster();
    const login = defineService({
      id: service.serviceId,
      name: 'login',
      description: 'Has secret parameters',
      planUpdateable: true,
      parameters: Login,
      bindParameters: Login,
      plans: [{ id: service.planId, name: 'login', description: 'A log-in', bindingRotatable: true }],
      async ensure({ parameters }) {
        seen.ensure.push({ ...parameters });
        return done();
      },
      async destroy() {},
      async bind({ parameters }) {
        seen.bind.push({ ...parameters });
        return done({ credentials: { ok: true } });
      },
      async unbind() {},
    });
    broker = await startTestBroker(cluster, {
      definition: { services: [login] },
      env: { BROKER_PATIENCE_SECONDS: '30' },
    });
  });

  after(async () => {
    await broker.stop();
    await cluster.close();
  });

  const stored = async <T extends KubeObject>(type: ResourceType): Promise<T[]> => {
    const config = cluster.config();
    try {
      return (await createResourceClient<T>(config, type, cluster.namespace).list()).items;
    } finally {
      await config.close();
    }
  };
  const body = (password: string, more: object = {}): object =>
    provisionBody(service.serviceId, service.planId, { parameters: { user: 'eve', password, ...more } });
  const query = { accepts_incomplete: 'true' };

  it('reach the backend, and stand in a Secret that the instance owns', async () => {
    const id = newId();
    expect((await broker.osb.provision(id, body('canary-one'), query)).status).to.equal(201);
    expect(seen.ensure.at(-1)).to.deep.include({ user: 'eve', password: 'canary-one' });
    const instance = (await stored<ServiceInstance>(INSTANCES)).find(({ spec }) => spec.instanceId === id)!;
    const secret = (await stored<Secret>(SECRETS)).find(
      ({ metadata }) => metadata.name === `instance-parameters-${id}`,
    )!;
    expect(secret.metadata.ownerReferences?.[0]?.uid).to.equal(instance.metadata.uid);
    expect(JSON.stringify(instance)).not.to.include('canary-one');
    expect(broker.log()).not.to.include('canary-one');
    expect(JSON.stringify((await broker.osb.fetch(id)).body)).not.to.include('canary-one');
  });

  it('are compared when the request is repeated', async () => {
    const id = newId();
    await broker.osb.provision(id, body('canary-two'), query);
    expect((await broker.osb.provision(id, body('canary-two'), query)).status).to.equal(200);
    expect((await broker.osb.provision(id, body('another'), query)).status).to.equal(409);
  });

  it('change with an update, stay when it does not name them, and are dropped from the Secret later', async () => {
    const id = newId();
    const update = (parameters: object) =>
      broker.osb.update(id, { service_id: service.serviceId, parameters }, query);
    await broker.osb.provision(id, body('canary-three'), query);
    expect((await update({ size: 2 })).status).to.equal(200);
    expect(seen.ensure.at(-1)).to.deep.include({ password: 'canary-three', size: 2 });
    expect((await update({ password: 'canary-four' })).status).to.equal(200);
    expect(seen.ensure.at(-1)).to.deep.include({ user: 'eve', password: 'canary-four', size: 2 });
    const calls = seen.ensure.length;
    expect((await update({ password: 'canary-four' })).status).to.equal(200);
    expect(seen.ensure).to.have.length(calls);
    expect((await update({ password: 'canary-five' })).status).to.equal(200);
    const secret = (await stored<Secret>(SECRETS)).find(
      ({ metadata }) => metadata.name === `instance-parameters-${id}`,
    )!;
    const values = Object.values(secret.data ?? {}).map((value) => Buffer.from(value, 'base64').toString());
    expect(values).to.have.members(['canary-four', 'canary-five']);
    expect(JSON.stringify(await stored(INSTANCES))).not.to.include('canary');
  });

  it('of a binding are kept likewise, and a successor inherits them', async () => {
    const [id, first, second] = [newId(), newId(), newId()];
    await broker.osb.provision(id, body('canary-six'), query);
    const bind = {
      service_id: service.serviceId,
      plan_id: service.planId,
      parameters: { user: 'u', password: 'canary-bind' },
    };
    expect((await broker.osb.bind(id, first, bind, query)).status).to.equal(201);
    expect((await broker.osb.bind(id, first, bind, query)).status).to.equal(200);
    expect((await broker.osb.bind(id, second, { predecessor_binding_id: first }, query)).status).to.equal(
      201,
    );
    expect(seen.bind.at(-1)).to.deep.include({ user: 'u', password: 'canary-bind' });
    expect(JSON.stringify(await stored(BINDINGS))).not.to.include('canary');
  });

  it('go with the instance', async () => {
    const id = newId();
    await broker.osb.provision(id, body('canary-seven'), query);
    await broker.osb.deprovision(id, idsQuery(service.serviceId, service.planId));
    for (;;) {
      const names = (await stored<Secret>(SECRETS)).map(({ metadata }) => metadata.name);
      if (!names.includes(`instance-parameters-${id}`)) return; // garbage collection; the test's time-out is the limit
    }
  });

  it('that a request did not get to store are taken from its repetition', async () => {
    const id = newId();
    const config = cluster.config();
    const client = createResourceClient<ServiceInstance>(config, INSTANCES, cluster.namespace);
    await client.create({
      apiVersion: 'sdkbroker.broker.io/v1alpha1',
      kind: 'ServiceInstance',
      metadata: { name: id },
      spec: {
        instanceId: id,
        ...service,
        organizationGuid: 'organization-1',
        spaceGuid: 'space-1',
        parameters: {
          user: 'eve',
          password: { secretKeyRef: { name: `instance-parameters-${id}`, key: 'password.x' } },
        },
      },
    });
    await config.close();
    const answer = await broker.osb.untilEnded(async () => {
      const repeated = await broker.osb.provision(id, body('canary-eight'), query);
      expect(repeated.status).to.be.oneOf([200, 202]);
      return repeated.status === 200
        ? repeated
        : { ...repeated, status: 200, body: { state: 'in progress' } };
    });
    expect(answer.status).to.equal(200);
    expect(seen.ensure.at(-1)).to.deep.include({ password: 'canary-eight' });
  });

  it('of two updates at once: those of the first are not lost to the second', async function () {
    const faults = faultsOf(cluster, this);
    const id = newId();
    const update = (password: string) =>
      broker.osb.update(id, { service_id: service.serviceId, parameters: { password } }, query);
    await broker.osb.provision(id, body('canary-nine'), query);
    const late = holdNext(faults, { verb: 'update', resource: INSTANCES.plural, subresource: '' });
    const first = update('canary-ten');
    await late.reached();
    const second = update('canary-eleven');
    await broker.osb.catalog(); // no sooner answered than what was sent before is at work
    late.release();
    expect((await second).status).to.be.oneOf([200, 422]); // the first may be done by then
    expect((await first).status).to.equal(200);
    expect(seen.ensure.map(({ password }) => password)).to.include('canary-ten');
  });

  it('of an update whose answer was lost are found by the same update again', async function () {
    const faults = faultsOf(cluster, this);
    const id = newId();
    const update = () =>
      broker.osb.update(id, { service_id: service.serviceId, parameters: { password: 'canary-12' } }, query);
    await broker.osb.provision(id, body('canary-twelve'), query);
    await update();
    await broker.osb.update(id, { service_id: service.serviceId, parameters: { password: 'x' } }, query);
    await silence(faults, INSTANCES.plural, 1);
    faults.add({
      match: { verb: 'update', resource: INSTANCES.plural, subresource: '' },
      times: 1,
      fault: { kind: 'reset', when: 'after' },
    });
    expect((await update()).status).to.equal(503);
    expect((await update()).status).to.equal(200);
    expect(seen.ensure.at(-1)).to.deep.include({ password: 'canary-12' });
    faults.dropWatches();
  });

  it('are stored although the Secret of an earlier instance of that id is still there', async () => {
    const id = newId();
    const config = cluster.config();
    const [owner] = await stored<KubeObject>(OFFERINGS); // something that is there, or the Secret would be collected
    const { apiVersion, kind, metadata } = owner!;
    await createResourceClient<Secret>(config, SECRETS, cluster.namespace).create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: `instance-parameters-${id}`,
        labels: { [SECRET_LABEL]: 'parameters' },
        ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid! }],
      },
    });
    await config.close();
    expect((await broker.osb.provision(id, body('canary-13'), query)).status).to.equal(201);
    expect(seen.ensure.at(-1)).to.deep.include({ password: 'canary-13' });
  });

  it('that cannot be stored are a 5xx, so that the platform takes the instance away', async function () {
    const faults = faultsOf(cluster, this);
    const id = newId();
    faults.add({
      match: { verb: 'create', resource: SECRETS.plural },
      times: 1,
      fault: { kind: 'status', code: 409 },
    });
    expect((await broker.osb.provision(id, body('canary-14'), query)).status).to.equal(503);
    const gone = await broker.osb.deprovision(id, idsQuery(service.serviceId, service.planId));
    expect(gone.status).to.equal(200);
  });

  it('are not read from Secrets that are not meant for it', async () => {
    const id = newId();
    const parameters = { user: { secretKeyRef: { name: 'any', key: 'any' } }, password: 'x' };
    const answer = await broker.osb.provision(
      id,
      provisionBody(service.serviceId, service.planId, { parameters }),
      query,
    );
    expect(answer.status).to.equal(400);
    expect((await broker.osb.fetch(id)).status).to.equal(404);
  });
});
