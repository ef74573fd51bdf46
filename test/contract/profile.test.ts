// The platform profile (profile.md of the specification; checklist section 21).
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { ASYNC, bindOf, PLAIN, provisionOf, useScene } from '../support/scene.js';

const CLOUD_FOUNDRY = {
  platform: 'cloudfoundry',
  organization_guid: 'organization-1',
  space_guid: 'space-1',
  organization_name: 'the organization',
  space_name: 'the space',
  instance_name: 'the instance',
  organization_annotations: { 'example.com/cost-centre': '7' },
  space_annotations: {},
  instance_annotations: { 'example.com/colour': 'blue' },
};
const KUBERNETES = {
  platform: 'kubernetes',
  namespace: 'a-team',
  clusterid: 'cluster-1',
  instance_name: 'database',
  namespace_annotations: { 'example.com/owner': 'a-team' },
  instance_annotations: {},
};

describe('the platform profile', () => {
  const scene = useScene();

  for (const [what, context] of [
    ["Cloud Foundry's properties", CLOUD_FOUNDRY],
    ["Kubernetes' properties", KUBERNETES],
    ['a platform that the profile does not know', { platform: 'nomad', region: 'eu', nested: { list: [1] } }],
    ['properties beyond the profile', { ...KUBERNETES, namespace_uid: 'x', 'example.com/extra': [null, 1] }],
    ['properties missing', { platform: 'cloudfoundry' }],
    ['the platform missing', { namespace: 'a-team' }],
    ['nothing in it', {}],
    ['no context', undefined],
    ['the other platform in the originating identity', KUBERNETES, 'cloudfoundry'],
  ] as [string, object | undefined, string?][]) {
    it(`[192] takes requests with ${what}`, async () => {
      const identity = (context as { platform?: string } | undefined)?.platform ?? 'kubernetes';
      const [instanceId, bindingId] = [newId(), newId()];
      const value = Buffer.from('{"user_id":"user-1","more":true}').toString('base64');
      const headers = { 'x-broker-api-originating-identity': `${identity} ${value}` };
      const instance = `/v2/service_instances/${instanceId}`;
      const body = (fields: object): object => ({ ...fields, ...(context ? { context } : {}) });
      const send = (method: 'PUT' | 'PATCH', path: string, fields: object): Promise<{ status: number }> =>
        scene.osb.send(method, path, { body: body(fields), headers });
      expect((await send('PUT', instance, provisionOf(PLAIN))).status).to.equal(201);
      const update = { service_id: PLAIN.serviceId, parameters: { size: 2 } };
      expect((await send('PATCH', instance, update)).status).to.equal(200);
      const binding = `${instance}/service_bindings/${bindingId}`;
      expect((await send('PUT', binding, bindOf(PLAIN))).status).to.equal(201);
      expect(scene.lab.instances.get(instanceId)?.parameters).to.deep.equal({ size: 2 });
      expect(scene.lab.bindings.has(bindingId)).to.equal(true);
    });
  }

  for (const [what, change] of [
    ['clusterid', { clusterid: 'cluster-2' }],
    ['the names', { instance_name: 'renamed', namespace: 'b-team' }],
    ['annotations', { namespace_annotations: {}, instance_annotations: { 'example.com/colour': 'red' } }],
  ] as const) {
    it(`[193] sees the same resource when ${what} in the context changed`, async () => {
      const instanceId = await scene.instance(PLAIN, { context: KUBERNETES });
      const bindingId = await scene.binding(instanceId, PLAIN, { context: KUBERNETES });
      const context = { ...KUBERNETES, ...change };
      const provisioned = await scene.osb.provision(instanceId, provisionOf(PLAIN, { context }), ASYNC);
      expect(provisioned.status).to.equal(200);
      expect((await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN, { context }))).status).to.equal(200);
    });
  }

  it("[193] keeps its resources in its own namespace, whatever the platform's is called", async () => {
    const context = { ...KUBERNETES, namespace: 'default' };
    const instanceId = await scene.instance(PLAIN, { context });
    const bindingId = await scene.binding(instanceId, PLAIN, { context });
    const instance = await scene.kube.instances.get(instanceId);
    expect(instance?.metadata.namespace).to.equal(scene.broker.namespace);
    expect(instance?.spec.context).to.deep.equal(context);
    expect((await scene.kube.bindings.get(bindingId))?.metadata.namespace).to.equal(scene.broker.namespace);
  });
});
