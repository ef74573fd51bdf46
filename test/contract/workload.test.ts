// Kubernetes objects as a service, from the offering to the last object: the backend `workload` behind a whole broker.
import { expect } from 'chai';
import { workloadBackend } from '../../src/backends/workload/backend.js';
import type { ClusterConfig } from '../../src/sdk/kube/config.js';
import { API_VERSION, SECRETS } from '../../src/sdk/resources/kinds.js';
import { newId } from '../support/broker.js';
import { Objects } from '../support/kube.js';
import { ACCOUNTS, CONFIG_MAPS } from '../support/owned-scene.js';
import { ASYNC, bindOf, type Ids, provisionOf, queryOf, useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

const NAMESPACES = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' };
const LABEL = 'sdkbroker.broker.io/instance';
const NAME = '{{ instance.name }}';

const SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: NAME },
  stringData: { password: '{{ secrets.password }}' },
};
const CONFIG = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: NAME },
  data: { motto: '{{ parameters.motto | default: values.motto }}', size: '{{ values.size }}' },
};
const ACCOUNT = {
  $if: 'parameters.account',
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: NAME },
};
const OWN = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: '{{ binding.name }}-own' },
  data: { app: '{{ binding.bindResource.app_guid | default: "none" }}' },
};
const USER = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: '{{ binding.name }}-user' },
  stringData: { password: '{{ secrets.own }}' },
};
const BINDING = {
  secrets: [{ name: 'own', kind: 'Password' }],
  manifests: [OWN],
  credentialsFrom: [{ kind: 'Secret', name: NAME }],
  credentials: { motto: '{{ objects.ConfigMap[instance.name].data.motto }}', own: '{{ secrets.own }}' },
  endpoints: [{ host: '{{ instance.name }}.example.com', ports: ['443'] }],
};
const settings = (more: object = {}) => ({
  manifests: [SECRET, CONFIG, ACCOUNT],
  values: { motto: 'be brief', size: 'small' },
  secrets: [{ name: 'password', kind: 'Password' }],
  binding: BINDING,
  ...more,
});

describe('Kubernetes objects as a service', () => {
  const scene = useScene({ definition: { backends: [workloadBackend] } });
  let configs: Objects<{
    apiVersion: string;
    kind: string;
    metadata: { name: string };
    data?: Record<string, string>;
  }>;
  let cluster: ClusterConfig;
  const ending = new AbortController();

  before(async () => {
    cluster = scene.cluster.config();
    configs = new Objects(cluster, CONFIG_MAPS, scene.cluster.namespace);
    await configs.start(ending.signal);
  });
  after(async () => {
    ending.abort();
    await cluster.close();
  });

  /** An offering whose plans have these settings; its name, and the ids of its plans. */
  async function offered(...plans: object[]): Promise<{ name: string; ids: Ids[] }> {
    const [name, serviceId] = [`objects-${newId()}`, newId()];
    const ids = plans.map(() => ({ serviceId, planId: newId() }));
    await scene.kube.offerings.client.create({
      apiVersion: API_VERSION,
      kind: 'ServiceOffering',
      metadata: { name },
      spec: {
        ...{ id: serviceId, name, description: 'Objects of your own', planUpdateable: true },
        plans: plans.map((each, index) => ({
          ...{ id: ids[index]!.planId, name: `plan-${index}`, description: 'd' },
          ...{ backend: 'workload', settings: each as Record<string, unknown> },
        })),
      },
    });
    return { name, ids };
  }

  async function accepted(...plans: object[]): Promise<Ids[]> {
    const { name, ids } = await offered(...plans);
    await scene.kube.offerings.until(
      name,
      ({ status }) => status?.conditions?.some(({ status }) => status === 'True') ?? false,
    );
    await eventually(
      () => scene.osb.catalog(),
      ({ body }) => body.services.some((service: { name: string }) => service.name === name),
    );
    return ids;
  }

  async function refusal(plan: object): Promise<string> {
    const { name } = await offered(plan);
    const { status } = await scene.kube.offerings.until(
      name,
      (offering) => offering.status?.conditions?.some(({ status }) => status === 'False') ?? false,
    );
    return status!.conditions![0]!.message;
  }

  const told = (instance: string, reason: string) =>
    scene.kube.events.untilSome(
      1,
      (event) => event.reason === reason && event.involvedObject.name === instance,
    );

  it('live: provisioned, bound, updated, unbound, and gone without a trace', async () => {
    const [small, large] = await accepted(
      settings(),
      settings({ values: { motto: 'be bold', size: 'large' } }),
    );
    const motto = 'quotes " and\nlines, {{ secrets.password }}: [';
    const id = await scene.instance(small, { parameters: { motto, account: true } });
    expect((await configs.get(id))!.data).to.deep.equal({ motto, size: 'small' });
    const accounts = new Objects(cluster, ACCOUNTS, scene.cluster.namespace);
    expect(await accounts.get(id)).to.have.nested.property('metadata.name', id);

    const bindingId = newId();
    await scene.osb.bind(id, bindingId, bindOf(small!, { bind_resource: { app_guid: 'app-1' } }), ASYNC);
    await scene.bindingEnded(id, bindingId);
    const { credentials, endpoints } = (await scene.osb.fetchBinding(id, bindingId)).body;
    expect(credentials.motto).to.equal(motto);
    expect([credentials.password, credentials.own].join(' ')).to.match(/^[A-Za-z0-9]{32} [A-Za-z0-9]{32}$/);
    expect(endpoints).to.deep.equal([{ host: `${id}.example.com`, ports: ['443'] }]);
    expect((await configs.get(`${bindingId}-own`))!.data).to.deep.equal({ app: 'app-1' });
    expect(await scene.kube.dump())
      .not.to.contain(credentials.password)
      .and.not.to.contain(credentials.own);
    expect(scene.broker.log()).not.to.contain(credentials.password).and.not.to.contain(credentials.own);

    const change = { service_id: large!.serviceId, plan_id: large!.planId, parameters: { account: false } };
    await scene.osb.update(id, change, ASYNC);
    expect((await scene.ended(id)).body.state).to.equal('succeeded');
    expect((await configs.get(id))!.data).to.deep.equal({ motto, size: 'large' });
    expect(await accounts.get(id)).to.equal(undefined);
    const { password } = (await scene.kube.secrets.get(id))!.data!;
    expect(Buffer.from(password!, 'base64').toString()).to.equal(credentials.password);

    await scene.osb.unbind(id, bindingId, { ...queryOf(large!), ...ASYNC });
    await scene.bindingEnded(id, bindingId);
    expect(await configs.get(`${bindingId}-own`)).to.equal(undefined);
    await scene.osb.deprovision(id, { ...queryOf(large!), ...ASYNC });
    await scene.ended(id);
    for (const { client } of [configs, accounts, scene.kube.secrets]) {
      const { items } = await client.list({ labelSelector: `${LABEL}=${id}` });
      expect(items).to.deep.equal([]);
    }
  });

  it('may have a namespace for each instance, which goes with it', async () => {
    const [ids] = await accepted(settings({ namespace: 'Instance' }));
    const id = await scene.instance(ids);
    const bindingId = await scene.binding(id, ids);
    const within = new Objects(cluster, CONFIG_MAPS, id);
    expect(await within.get(id)).to.have.nested.property('metadata.name', id);
    expect(await within.get(`${bindingId}-own`)).not.to.equal(undefined);
    expect(await configs.get(id)).to.equal(undefined);
    await within.client.delete(id);
    await told(id, 'Repaired');
    await within.client.delete(`${bindingId}-own`);
    await told(bindingId, 'Repaired');
    const namespaces = new Objects(cluster, NAMESPACES, '');
    const { uid } = (await namespaces.get(id))!.metadata;
    await namespaces.client.delete(id);
    await eventually(
      () => namespaces.get(id),
      (found) => found !== undefined && found.metadata.uid !== uid,
    );
    await eventually(
      async () => [await within.get(id), await within.get(`${bindingId}-own`)],
      (found) => found.every(Boolean),
    );
    await scene.osb.unbind(id, bindingId, { ...queryOf(ids!), ...ASYNC });
    await scene.bindingEnded(id, bindingId);
    await scene.osb.deprovision(id, { ...queryOf(ids!), ...ASYNC });
    await scene.ended(id);
    expect(await namespaces.get(id)).to.equal(undefined);
  });

  it('are put back where somebody deletes or edits one', async () => {
    const [ids] = await accepted(settings());
    const id = await scene.instance(ids);
    await configs.client.delete(id);
    const [event] = await told(id, 'Repaired');
    expect(event!.message).to.equal(`put right: ConfigMap ${id} is missing`);
    await configs.until(id, ({ data }) => data?.motto === 'be brief');
    await configs.edit(id, (object) => ({
      ...object,
      data: { ...object.data, motto: 'be loud', more: 'mine' },
    }));
    // What somebody else added stays theirs.
    await configs.until(id, ({ data }) => data?.motto === 'be brief' && data.more === 'mine');
  });

  it('of a binding are put back as well, with the values that applications have', async () => {
    const [ids] = await accepted(settings({ binding: { ...BINDING, manifests: [OWN, USER] } }));
    const id = await scene.instance(ids);
    const bindingId = await scene.binding(id, ids);
    const own = `${bindingId}-own`;
    const { credentials } = (await scene.osb.fetchBinding(id, bindingId)).body;
    const { resourceVersion } = (await scene.kube.secrets.get(`binding-${bindingId}`))!.metadata;
    await configs.client.delete(own);
    const [event] = await told(bindingId, 'Repaired');
    expect(event!.message).to.equal(`put right: ConfigMap ${own} is missing`);
    await configs.until(own, ({ data }) => data?.app === 'none');
    await configs.edit(own, (object) => ({ ...object, data: { app: 'mine' } }));
    await configs.until(own, ({ data }) => data?.app === 'none');
    const wanted = { password: Buffer.from(credentials.own as string).toString('base64') };
    const user = new Objects(cluster, SECRETS, scene.cluster.namespace);
    await user.client.delete(`${bindingId}-user`);
    const again = await eventually(
      () => user.get(`${bindingId}-user`),
      (found) => found !== undefined,
    );
    expect(again).to.deep.include({ data: wanted });
    expect((await scene.osb.fetchBinding(id, bindingId)).body.credentials).to.deep.equal(credentials);
    const kept = await scene.kube.secrets.get(`binding-${bindingId}`);
    expect(kept!.metadata.resourceVersion).to.equal(resourceVersion);
    expect(await scene.kube.dump()).not.to.contain(credentials.own);
  });

  it('of a binding stay as bind made them when the instance gets another plan', async () => {
    const other = { ...OWN, data: { app: 'another' } };
    const [ids, next] = await accepted(settings(), settings({ binding: { ...BINDING, manifests: [other] } }));
    const id = await scene.instance(ids);
    const bindingId = await scene.binding(id, ids);
    await scene.osb.update(id, { service_id: next!.serviceId, plan_id: next!.planId }, ASYNC);
    expect((await scene.ended(id)).body.state).to.equal('succeeded');
    await configs.client.delete(`${bindingId}-own`);
    await configs.until(`${bindingId}-own`, ({ data }) => data?.app === 'none');
  });

  it('of a binding are only told where the record of them was lost for good', async () => {
    const [ids] = await accepted(settings());
    const id = await scene.instance(ids);
    const bindingId = await scene.binding(id, ids);
    await scene.restart({ definition: { backends: [workloadBackend] } }, async () => {
      await scene.kube.secrets.client.delete(`binding-kept-${bindingId}`);
    });
    const { status } = await scene.kube.bindings.until(bindingId, (object) =>
      (object.status?.conditions ?? []).some(({ type, status }) => type === 'Drifted' && status === 'True'),
    );
    expect(status!.conditions!.find(({ type }) => type === 'Drifted')).to.include({
      reason: 'Changed',
      message: 'the record of what bind applied is gone: bind again',
    });
    expect(status!.conditions!.find(({ type }) => type === 'Ready')).to.include({ status: 'True' });
  });

  it('are reported where the plan says so, and stay as they are', async () => {
    const [ids] = await accepted(settings({ drift: 'Report' }));
    const id = await scene.instance(ids);
    await configs.edit(id, (object) => ({ ...object, data: { ...object.data, motto: 'be loud' } }));
    const { status } = await scene.kube.instances.until(id, (object) =>
      (object.status?.conditions ?? []).some(({ type, status }) => type === 'Drifted' && status === 'True'),
    );
    expect(status!.conditions!.find(({ type }) => type === 'Drifted')).to.include({
      reason: 'Changed',
      message: `ConfigMap ${id} differs in data.motto`,
    });
    expect((await configs.get(id))!.data).to.have.property('motto', 'be loud');
    const bindingId = await scene.binding(id, ids);
    await configs.client.delete(`${bindingId}-own`);
    const [event] = await told(bindingId, 'Changed');
    expect(event!.message).to.equal(`ConfigMap ${bindingId}-own is missing`);
    expect(await configs.get(`${bindingId}-own`)).to.equal(undefined);
  });

  it('fail to become another plan`s where a value is missing, and stay what they were', async () => {
    const strict = { ...CONFIG, data: { motto: '{{ parameters.zone }}' } };
    const [ids, other] = await accepted(settings(), settings({ manifests: [SECRET, strict] }));
    const id = await scene.instance(ids);
    await scene.osb.update(id, { service_id: other!.serviceId, plan_id: other!.planId }, ASYNC);
    expect((await scene.ended(id)).body).to.deep.include({
      state: 'failed',
      description: 'manifests[1].data.motto: parameters.zone does not exist',
      instance_usable: true,
      update_repeatable: false,
    });
    expect((await scene.osb.fetch(id)).body.plan_id).to.equal(ids!.planId);
    expect((await configs.get(id))!.data).to.have.property('motto', 'be brief');
  });

  it('leave those alone that belong to somebody else', async () => {
    const [ids] = await accepted(settings());
    const id = newId();
    const foreign = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: id },
      data: { motto: 'not yours' },
    };
    await configs.client.create(foreign);
    await scene.osb.provision(id, provisionOf(ids!), ASYNC);
    expect((await scene.ended(id)).body).to.deep.include({
      state: 'failed',
      description: `ConfigMap ${id} is there already, and belongs to somebody else`,
    });
    await scene.osb.deprovision(id, { ...queryOf(ids!), ...ASYNC });
    await scene.ended(id);
    expect((await configs.get(id))!.data).to.deep.equal(foreign.data);
  });

  it('come into no catalog with a template that is not right, or a kind that is not there', async () => {
    expect(
      await refusal(settings({ manifests: [{ ...CONFIG, data: { a: '{{ parameters.a | upper }}' } }] })),
    ).to.equal('plan plan-0: settings.manifests[0].data.a: undefined filter: upper');
    expect(
      await refusal(settings({ manifests: [{ ...CONFIG, data: { a: '{{ secrets.password }}' } }] })),
    ).to.match(
      /^plan plan-0: settings.manifests\[0\].data.a: secrets may be used below data and stringData of a Secret/,
    );
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: NAME } };
    expect(await refusal(settings({ manifests: [widget] }))).to.match(/Widget/);
    expect(await refusal(settings({ drift: 'Repare' }))).to.match(/settings.drift must be one of/);
  });
});
