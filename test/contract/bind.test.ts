// Binding (specification: Binding; checklist section 14).
import { expect } from 'chai';
import { done, defineService } from '../../src/sdk/index.js';
import { newId } from '../support/broker.js';
import { IDS } from '../support/catalog.js';
import { ASYNC, BARE, bindOf, LARGE, PLAIN, provisionOf, SLOW, useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

const APP = { serviceId: IDS.app.serviceId, planId: IDS.app.planId };

describe('bind', () => {
  const scene = useScene();

  describe('what is refused', () => {
    for (const missing of ['service_id', 'plan_id']) {
      for (const [what, value] of [
        ['is missing', undefined],
        ['is empty', ''],
        ['is unknown', 'nobody-knows-it'],
        ["is not the instance's", missing === 'service_id' ? IDS.slow.serviceId : IDS.plain.large],
      ] as const) {
        it(`[132] answers 400 when ${missing} ${what}`, async () => {
          const instanceId = await scene.instance();
          const bindingId = newId();
          const answer = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN, { [missing]: value }));
          expect(answer.status).to.equal(400);
          expect(answer.body.description).to.be.a('string').that.is.not.empty;
          expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
        });
      }
    }

    it('[132] answers 409 when a known plan of the service is not that of the binding that exists', async () => {
      const instanceId = await scene.instance();
      const bindingId = await scene.binding(instanceId);
      const answer = await scene.osb.bind(instanceId, bindingId, bindOf(LARGE));
      expect(answer.status).to.equal(409);
    });

    for (const [field, value] of [
      ['context', 'x'],
      ['bind_resource', []],
      ['parameters', 7],
      ['app_guid', ''],
      ['app_guid', 7],
      ['bind_resource', { app_guid: '' }],
    ] as const) {
      it(`[133] answers 400 when ${field} is ${JSON.stringify(value)}`, async () => {
        const instanceId = await scene.instance();
        const bindingId = newId();
        const answer = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN, { [field]: value }));
        expect(answer.status).to.equal(400);
        expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
      });
    }

    for (const [what, more] of [
      ['no application at all', {}],
      ['a bind_resource without one', { bind_resource: { route: 'app.example' } }],
      ['null', { app_guid: null, bind_resource: null }],
    ] as const) {
      it(`[134] answers 422 RequiresApp to ${what}, where an application is needed`, async () => {
        const instanceId = await scene.instance(APP);
        const bindingId = newId();
        const answer = await scene.osb.bind(instanceId, bindingId, bindOf(APP, more));
        expect([answer.status, answer.body.error]).to.deep.equal([422, 'RequiresApp']);
        expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
      });
    }

    it('[135] answers 400 to parameters that the plan does not take, and names the fault', async () => {
      const instanceId = await scene.instance();
      const bindingId = newId();
      const answer = await scene.osb.bind(
        instanceId,
        bindingId,
        bindOf(PLAIN, { parameters: { size: 'big' } }),
      );
      expect(answer.status).to.equal(400);
      expect(answer.body.description).to.contain('parameters.size');
      expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
    });

    it('[136] answers 400 on a plan that is not bindable', async () => {
      const unbindable = { serviceId: IDS.bare.serviceId, planId: IDS.bare.unbindable };
      const instanceId = await scene.instance(unbindable);
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(unbindable));
      expect(answer.status).to.equal(400);
    });

    it('[137] answers 404 when the instance is unknown', async () => {
      const answer = await scene.osb.bind(newId(), newId(), bindOf(PLAIN));
      expect(answer.status).to.equal(404);
    });

    it('[137] answers 422 ConcurrencyError while the instance is being provisioned', async () => {
      const hold = scene.lab.hold('ensure');
      const instanceId = newId();
      await scene.osb.provision(instanceId, provisionOf(PLAIN), ASYNC);
      await hold.reached;
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN));
      expect([answer.status, answer.body.error]).to.deep.equal([422, 'ConcurrencyError']);
    });

    it('[137] answers 422 ConcurrencyError while the instance is being updated', async () => {
      const instanceId = await scene.instance();
      const hold = scene.lab.hold('ensure');
      await scene.osb.update(instanceId, { service_id: PLAIN.serviceId, plan_id: LARGE.planId }, ASYNC);
      await hold.reached;
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN));
      expect([answer.status, answer.body.error]).to.deep.equal([422, 'ConcurrencyError']);
    });

    it('[137] answers 422 ConcurrencyError while the instance is being deprovisioned', async () => {
      const instanceId = await scene.instance();
      const hold = scene.lab.hold('destroy');
      await scene.osb.deprovision(instanceId, {
        service_id: PLAIN.serviceId,
        plan_id: PLAIN.planId,
        ...ASYNC,
      });
      await hold.reached;
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN));
      expect([answer.status, answer.body.error]).to.deep.equal([422, 'ConcurrencyError']);
    });

    it('[137] answers plain 422 when the provision of the instance failed', async () => {
      scene.lab.fail('ensure', 'no room');
      const instanceId = newId();
      await scene.osb.provision(instanceId, provisionOf(PLAIN), ASYNC);
      expect((await scene.ended(instanceId)).body.state).to.equal('failed');
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN));
      expect(answer.status).to.equal(422);
      expect(answer.body).not.to.have.property('error');
    });

    it('[139] answers 422 AsyncRequired where only asynchronous work is possible and it is not accepted', async () => {
      const instanceId = await scene.instance(SLOW);
      const bindingId = newId();
      const answer = await scene.osb.bind(instanceId, bindingId, bindOf(SLOW));
      expect([answer.status, answer.body.error]).to.deep.equal([422, 'AsyncRequired']);
      expect(await scene.kube.bindings.get(bindingId)).to.equal(undefined);
    });
  });

  describe('what is made', () => {
    it('[138] answers 201 with the binding data when it is made within the request', async () => {
      const instanceId = await scene.instance();
      const bindingId = newId();
      const answer = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN));
      expect(answer.status).to.equal(201);
      expect(answer.body).not.to.have.property('operation');
      expect(answer.body.credentials.password).to.equal(scene.lab.bindings.get(bindingId));
    });

    it('[138] answers 202 with the operation and nothing else when it is made later', async () => {
      const instanceId = await scene.instance();
      scene.lab.hold('bind');
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN), ASYNC);
      expect(answer.status).to.equal(202);
      expect(answer.body).to.have.all.keys('operation');
      expect(answer.body.operation).to.match(/^[\w.~-]{1,100}$/);
    });

    it('[133] takes everything that a bind may say, and the backend sees it', async () => {
      const instanceId = await scene.instance();
      const bindingId = newId();
      const seen = scene.seen('bind', bindingId);
      const body = bindOf(PLAIN, {
        context: { platform: 'kubernetes', namespace: 'team' },
        bind_resource: { app_guid: 'app-1', route: 'app.example', more: { deep: true } },
        parameters: { size: 3 },
      });
      expect((await scene.osb.bind(instanceId, bindingId, body)).status).to.equal(201);
      const { context, bindResource, parameters } = await seen;
      expect({ context, bindResource, parameters }).to.deep.equal({
        context: { platform: 'kubernetes', namespace: 'team' },
        bindResource: { app_guid: 'app-1', route: 'app.example', more: { deep: true } },
        parameters: { size: 3 },
      });
    });

    for (const [form, more] of [
      ['bind_resource.app_guid', { bind_resource: { app_guid: 'app-1' } }],
      ['the deprecated app_guid', { app_guid: 'app-1' }],
    ] as const) {
      it(`[133, 134] takes the application from ${form}`, async () => {
        const instanceId = await scene.instance(APP);
        const bindingId = newId();
        const seen = scene.seen('bind', bindingId);
        expect((await scene.osb.bind(instanceId, bindingId, bindOf(APP, more))).status).to.equal(201);
        expect((await seen).bindResource.app_guid).to.equal('app-1');
      });
    }

    it('[145] gives each binding credentials of its own', async () => {
      const instanceId = await scene.instance();
      const first = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN));
      const second = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN));
      expect(first.body.credentials).to.be.an('object').that.includes.keys('username', 'password');
      expect(second.body.credentials.username).not.to.equal(first.body.credentials.username);
      expect(second.body.credentials.password).not.to.equal(first.body.credentials.password);
    });

    it('[143] does not refuse a bind because of another at work on the instance', async () => {
      const instanceId = await scene.instance();
      const hold = scene.lab.hold('bind');
      const [first, second] = [newId(), newId()];
      await scene.osb.bind(instanceId, first, bindOf(PLAIN), ASYNC);
      await hold.reached;
      expect((await scene.osb.bind(instanceId, second, bindOf(PLAIN), ASYNC)).status).to.equal(202);
      hold.release();
      for (const id of [first, second]) {
        expect((await scene.bindingEnded(instanceId, id)).body.state).to.equal('succeeded');
      }
    });
  });

  describe('the same request again', () => {
    it('[140] answers 200 with the same binding data when it is finished', async () => {
      const instanceId = await scene.instance();
      const bindingId = newId();
      const body = bindOf(PLAIN, { parameters: { size: 1, label: 'a' }, bind_resource: { app_guid: 'a' } });
      const first = await scene.osb.bind(instanceId, bindingId, body);
      const calls = scene.lab.calls.length;
      const same = bindOf(PLAIN, { parameters: { label: 'a', size: 1 }, app_guid: 'a' });
      for (const query of [{}, ASYNC]) {
        const again = await scene.osb.bind(instanceId, bindingId, same, query);
        expect(again.status).to.equal(200);
        expect(again.body).to.deep.equal(first.body);
      }
      expect(scene.lab.calls.length).to.equal(calls);
    });

    it('[141] answers 202 with the same operation while it is in progress', async () => {
      const instanceId = await scene.instance();
      const bindingId = newId();
      const hold = scene.lab.hold('bind');
      const first = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
      await hold.reached;
      const again = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC);
      expect(again.status).to.equal(202);
      expect(again.body).to.deep.equal(first.body);
      hold.release();
      expect((await scene.bindingEnded(instanceId, bindingId, first.body.operation)).body.state).to.equal(
        'succeeded',
      );
    });

    for (const [what, more] of [
      ['parameters', { parameters: { size: 2 } }],
      ['no parameters', {}],
      ['bind_resource', { parameters: { size: 1 }, bind_resource: { app_guid: 'another' } }],
    ] as const) {
      it(`[142] answers 409 to other attributes (${what}), finished or in progress`, async () => {
        const instanceId = await scene.instance();
        const bindingId = newId();
        const body = bindOf(PLAIN, { parameters: { size: 1 } });
        const hold = scene.lab.hold('bind');
        const first = await scene.osb.bind(instanceId, bindingId, body, ASYNC);
        await hold.reached;
        const other = (): Promise<{ status: number }> =>
          scene.osb.bind(instanceId, bindingId, bindOf(PLAIN, more), ASYNC);
        expect((await other()).status).to.equal(409);
        hold.release();
        expect((await scene.bindingEnded(instanceId, bindingId, first.body.operation)).body.state).to.equal(
          'succeeded',
        );
        expect((await other()).status).to.equal(409);
        expect((await scene.osb.fetchBinding(instanceId, bindingId)).body.parameters).to.deep.equal({
          size: 1,
        });
      });
    }

    it('[142] answers 409 to the id of a binding of another instance', async () => {
      const bindingId = await scene.binding(await scene.instance());
      const answer = await scene.osb.bind(await scene.instance(), bindingId, bindOf(PLAIN));
      expect(answer.status).to.equal(409);
    });

    it('makes one binding of two identical requests at the same moment', async () => {
      const instanceId = await scene.instance();
      const bindingId = newId();
      const hang = scene.lab.hang('bind');
      const answers = await Promise.all(
        [1, 2].map(() => scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC)),
      );
      expect(answers.map(({ status }) => status)).to.deep.equal([202, 202]);
      expect(answers[0]!.body).to.deep.equal(answers[1]!.body);
      await hang.reached;
      hang.release();
      await scene.bindingEnded(instanceId, bindingId);
      expect(scene.lab.calls.filter((call) => call === `bind ${bindingId}`)).to.have.lengthOf(1);
    });
  });

  describe('the binding data', () => {
    it('[144] is in the first answer where bindings cannot be fetched, even if 202 would be accepted', async () => {
      const instanceId = await scene.instance(BARE);
      const bindingId = newId();
      const hold = scene.lab.hold('bind');
      const answering = scene.osb.bind(instanceId, bindingId, bindOf(BARE), ASYNC);
      await hold.reached;
      hold.release();
      const answer = await answering;
      expect(answer.status).to.equal(201);
      expect(answer.body.credentials.password).to.equal(scene.lab.bindings.get(bindingId));
      expect((await scene.osb.bind(instanceId, bindingId, bindOf(BARE), ASYNC)).body).to.deep.equal(
        answer.body,
      );
    });

    it('[144] is fetched after an asynchronous bind', async () => {
      const instanceId = await scene.instance(SLOW);
      const bindingId = await scene.binding(instanceId, SLOW);
      const answer = await scene.osb.fetchBinding(instanceId, bindingId);
      expect(answer.body.credentials.password).to.equal(scene.lab.bindings.get(bindingId));
    });

    it('[144] would be lost by an asynchronous plan whose bindings cannot be fetched: it is refused', () => {
      const define = (): unknown =>
        defineService({
          id: 'lost',
          name: 'lost',
          description: 'Never seen',
          bindingsRetrievable: false,
          backend: scene.lab.backend,
          plans: [{ id: 'lost-1', name: 'lost', description: 'Lost', asyncRequired: { bindings: true } }],
        });
      expect(define).to.throw('asyncRequired.bindings');
    });

    it('[146, 147, 148] has the drain, the route service and the volumes of a service that declares them', async () => {
      const volumeMounts = [
        {
          driver: 'nfs',
          container_dir: '/data',
          mode: 'rw' as const,
          device_type: 'shared' as const,
          device: { volume_id: 'volume-1', mount_config: { version: 4 } },
        },
      ];
      scene.lab.on('bind', async () =>
        done({
          syslogDrainUrl: 'syslog://logs.example:514',
          routeServiceUrl: 'https://proxy.example',
          volumeMounts,
        }),
      );
      const instanceId = await scene.instance(APP);
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(APP, { app_guid: 'app-1' }));
      expect(answer.status).to.equal(201);
      expect(answer.body).to.deep.equal({
        syslog_drain_url: 'syslog://logs.example:514',
        route_service_url: 'https://proxy.example',
        volume_mounts: volumeMounts,
      });
      const { services } = (await scene.osb.catalog()).body;
      expect(services.find(({ id }: { id: string }) => id === APP.serviceId).requires).to.have.members([
        'syslog_drain',
        'route_forwarding',
        'volume_mount',
      ]);
    });

    it('[147] has none of them where the backend gave none', async () => {
      const instanceId = await scene.instance(APP);
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(APP, { app_guid: 'app-1' }));
      expect(answer.body).not.to.have.any.keys('syslog_drain_url', 'route_service_url', 'volume_mounts');
    });

    const mount = { driver: 'nfs', container_dir: '/data', mode: 'rw', device_type: 'shared' };
    const wrong: [string, typeof PLAIN, object][] = [
      ['[146] a drain that the service does not declare', PLAIN, { syslogDrainUrl: 'syslog://logs.example' }],
      ['[147] a route service that it does not declare', PLAIN, { routeServiceUrl: 'https://proxy.example' }],
      ['[148] volumes that it does not declare', PLAIN, { volumeMounts: [] }],
      ['[148] a volume without an id', APP, { volumeMounts: [{ ...mount, device: {} }] }],
      [
        '[148] a volume with another mode',
        APP,
        { volumeMounts: [{ ...mount, mode: 'w', device: { volume_id: 'v' } }] },
      ],
      ['[149] an endpoint without ports', PLAIN, { endpoints: [{ host: 'db.example', ports: [] }] }],
      [
        '[149] an endpoint with a number for a port',
        PLAIN,
        { endpoints: [{ host: 'db.example', ports: [443] }] },
      ],
      ['[149] an endpoint without a host', PLAIN, { endpoints: [{ ports: ['443'] }] }],
      [
        '[149] an endpoint with another protocol',
        PLAIN,
        { endpoints: [{ host: 'db.example', ports: ['443'], protocol: 'sctp' }] },
      ],
      [
        '[150] a renewal after the expiry',
        PLAIN,
        { expiresAt: new Date('2030-01-01T00:00:00Z'), renewBefore: new Date('2030-01-02T00:00:00Z') },
      ],
      ['[145] credentials that are no object', PLAIN, { credentials: 'secret' }],
    ];
    for (const [title, ids, result] of wrong) {
      const [numbers, what] = title.split(/(?<=\]) /);
      it(`${numbers} is never ${what}: such a bind fails`, async () => {
        scene.lab.on('bind', async () => done(result));
        const instanceId = await scene.instance(ids);
        const bindingId = newId();
        const answer = await scene.osb.bind(instanceId, bindingId, bindOf(ids, { app_guid: 'app-1' }));
        expect(answer.status).to.equal(500);
        expect(answer.body).to.have.all.keys('description');
        await scene.kube.bindings.untilGone(bindingId);
      });
    }

    it('[149] has the endpoints in the form of the specification', async () => {
      const endpoints = [
        { host: 'db.example', ports: ['5432'] },
        { host: '10.0.0.7', ports: ['9000-9010', '443'], protocol: 'udp' as const },
      ];
      scene.lab.on('bind', async () => done({ endpoints }));
      const instanceId = await scene.instance();
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN));
      expect(answer.body).to.deep.equal({ endpoints });
    });

    it('[150] has the times in the form of the specification', async () => {
      scene.lab.on('bind', async () =>
        done({
          credentials: {},
          expiresAt: new Date('2031-12-31T23:59:59.123Z'),
          renewBefore: new Date('2031-12-01T00:00:00Z'),
        }),
      );
      const instanceId = await scene.instance();
      const answer = await scene.osb.bind(instanceId, newId(), bindOf(PLAIN));
      expect(answer.body.metadata).to.deep.equal({
        expires_at: '2031-12-31T23:59:59.1Z',
        renew_before: '2031-12-01T00:00:00.0Z',
      });
    });
  });

  it('a bind that failed is never 200, and leaves nothing when it was synchronous', async () => {
    const instanceId = await scene.instance();
    const bindingId = newId();
    scene.lab.fail('bind', 'no more users');
    const answer = await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN));
    expect(answer.status).to.equal(500);
    expect(answer.body.description).to.equal('no more users');
    await scene.kube.bindings.untilGone(bindingId);
    const again = await eventually(
      () => scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC),
      ({ body }) => body.error !== 'ConcurrencyError', // the broker may see later that it is gone
    );
    expect(again.status).to.equal(202);
    expect((await scene.bindingEnded(instanceId, bindingId)).body).to.deep.include({
      state: 'failed',
      description: 'no more users',
    });
    expect((await scene.osb.bind(instanceId, bindingId, bindOf(PLAIN), ASYNC)).status).to.equal(409);
  });
});
