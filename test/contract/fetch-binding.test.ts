// Fetching a binding (specification: Fetching a Service Binding; checklist section 16).
import { expect } from 'chai';
import { done } from '../../src/sdk/index.js';
import { newId } from '../support/broker.js';
import { IDS } from '../support/catalog.js';
import { ASYNC, BARE, bindOf, LARGE, PLAIN, queryOf, SLOW, useScene } from '../support/scene.js';

describe('fetch a binding', () => {
  const scene = useScene();

  for (const ids of [
    PLAIN,
    LARGE,
    { serviceId: IDS.plain.serviceId, planId: IDS.plain.maintained },
    SLOW,
    { serviceId: IDS.slow.serviceId, planId: 'plan-slow-two' },
    { serviceId: IDS.app.serviceId, planId: IDS.app.planId },
  ]) {
    it(`[158, 160, 165] serves ${ids.planId} as soon as the bind is said to have succeeded`, async () => {
      const instanceId = await scene.instance(ids);
      const bindingId = newId();
      const hold = scene.lab.hold('bind');
      const bound = await scene.osb.bind(instanceId, bindingId, bindOf(ids, { app_guid: 'app-1' }), ASYNC);
      expect(bound.status).to.equal(202);
      hold.release();
      const ended = await scene.bindingEnded(instanceId, bindingId, bound.body.operation);
      expect(ended.body.state).to.equal('succeeded');
      const answer = await scene.osb.fetchBinding(instanceId, bindingId);
      expect(answer.status).to.equal(200);
      expect(answer.body.credentials).to.deep.equal({
        username: `user-${bindingId}`,
        password: scene.lab.bindings.get(bindingId),
        port: 5432,
      });
    });
  }

  it('answers 404 where the catalog says that bindings cannot be fetched', async () => {
    const instanceId = await scene.instance(BARE);
    const bindingId = newId();
    expect((await scene.osb.bind(instanceId, bindingId, bindOf(BARE))).status).to.equal(201);
    expect((await scene.osb.fetchBinding(instanceId, bindingId)).status).to.equal(404);
  });

  it('[159] answers 404 to an unknown binding, an unknown instance, and the binding of another instance', async () => {
    const instanceId = await scene.instance();
    const bindingId = await scene.binding(instanceId);
    const other = await scene.instance();
    for (const [instance, binding] of [
      [instanceId, newId()],
      [newId(), newId()],
      [newId(), bindingId],
      [other, bindingId],
    ] as const) {
      const answer = await scene.osb.fetchBinding(instance, binding);
      expect(answer.status).to.equal(404);
      expect(answer.body).to.have.property('description').that.is.a('string');
    }
  });

  it('[159] answers 404 while the bind is in progress', async () => {
    const instanceId = await scene.instance();
    const bindingId = newId();
    const hold = scene.lab.hold('bind');
    await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
    await hold.reached;
    expect((await scene.osb.fetchBinding(instanceId, bindingId)).status).to.equal(404);
    hold.release();
    await scene.bindingEnded(instanceId, bindingId);
    expect((await scene.osb.fetchBinding(instanceId, bindingId)).status).to.equal(200);
  });

  it('answers 404 to a bind that failed, and while and after the binding is removed', async () => {
    const instanceId = await scene.instance();
    scene.lab.fail('bind', 'no more users');
    const failed = await scene.binding(instanceId);
    expect((await scene.osb.fetchBinding(instanceId, failed)).status).to.equal(404);
    scene.lab.reset();
    const bindingId = await scene.binding(instanceId);
    const hold = scene.lab.hold('unbind');
    await scene.osb.unbind(instanceId, bindingId, queryOf(PLAIN, ASYNC));
    await hold.reached;
    expect((await scene.osb.fetchBinding(instanceId, bindingId)).status).to.equal(404);
    hold.release();
    await scene.bindingEnded(instanceId, bindingId);
    expect((await scene.osb.fetchBinding(instanceId, bindingId)).status).to.equal(404);
  });

  it('[161] shows all that the binding has, and takes the ids of the query as hints', async () => {
    const ids = { serviceId: IDS.app.serviceId, planId: IDS.app.planId };
    const instanceId = await scene.instance(ids);
    const volume = {
      driver: 'nfs',
      container_dir: '/data',
      mode: 'r' as const,
      device_type: 'shared' as const,
      device: { volume_id: 'volume-1' },
    };
    scene.lab.on('bind', async () =>
      done({
        credentials: { key: 'value' },
        endpoints: [{ host: 'db.example', ports: ['443'] }],
        syslogDrainUrl: 'syslog://logs.example',
        routeServiceUrl: 'https://proxy.example',
        volumeMounts: [volume],
        expiresAt: new Date('2031-01-01T00:00:00Z'),
        renewBefore: new Date('2030-12-01T00:00:00Z'),
      }),
    );
    const bindingId = await scene.binding(instanceId, ids, { app_guid: 'app-1', parameters: { level: 7 } });
    for (const query of [{}, queryOf(ids), queryOf(PLAIN), { service_id: '', plan_id: 'nobody-knows-it' }]) {
      const answer = await scene.osb.fetchBinding(instanceId, bindingId, query);
      expect(answer.status).to.equal(200);
      expect(answer.body).to.deep.equal({
        credentials: { key: 'value' },
        endpoints: [{ host: 'db.example', ports: ['443'] }],
        syslog_drain_url: 'syslog://logs.example',
        route_service_url: 'https://proxy.example',
        volume_mounts: [volume],
        metadata: { expires_at: '2031-01-01T00:00:00.0Z', renew_before: '2030-12-01T00:00:00.0Z' },
        parameters: { level: 7 },
      });
    }
  });
});
