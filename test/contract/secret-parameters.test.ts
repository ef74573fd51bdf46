// Parameters that are marked as secret: in a Secret of the instance's own, and nowhere else.
import { IsInt, IsOptional, IsString } from 'class-validator';
import { expect } from 'chai';
import { createResourceClient } from '../../src/sdk/kube/resource-client.js';
import type { KubeObject, ResourceType, Secret } from '../../src/sdk/kube/types.js';
import { done, defineService, WriteOnly } from '../../src/sdk/index.js';
import { BINDINGS, INSTANCES, SECRETS, type ServiceInstance } from '../../src/sdk/resources/kinds.js';
import { newId, startTestBroker, type TestBroker } from '../support/broker.js';
import { idsQuery, provisionBody } from '../support/catalog.js';
import { openCluster, type TestCluster } from '../support/cluster.js';

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
      env: { BROKER_PATIENCE_SECONDS: '5' },
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
