// Orphan mitigation (specification: Orphan Mitigation; checklist section 20).
import { expect } from 'chai';
import { TerminalError } from '../../src/sdk/index.js';
import { newId } from '../support/broker.js';
import { IDS } from '../support/catalog.js';
import { ASYNC, bindOf, LARGE, PLAIN, provisionOf, queryOf, SLOW, useScene } from '../support/scene.js';
import type { OsbResponse } from '../support/osb-client.js';

describe('orphan mitigation', () => {
  const scene = useScene();

  const fail = (): Promise<never> => Promise.reject(new TerminalError('no'));

  /** Both kinds: how one is made and removed, and what is behind it. */
  const kinds = [
    {
      kind: 'an instance',
      steps: { make: 'ensure', remove: 'destroy' },
      prepare: async () => {
        const id = newId();
        return {
          make: () => scene.osb.provision(id, provisionOf(PLAIN), ASYNC),
          remove: () => scene.osb.deprovision(id, queryOf(PLAIN, ASYNC)),
          poll: () => scene.osb.lastOperation(id),
          isLeft: async () =>
            scene.lab.instances.has(id) || (await scene.kube.instances.get(id)) !== undefined,
        };
      },
    },
    {
      kind: 'a binding',
      steps: { make: 'bind', remove: 'unbind' },
      prepare: async () => {
        const [instance, id] = [await scene.instance(), newId()];
        return {
          make: () => scene.osb.bind(instance, id, bindOf(PLAIN), ASYNC),
          remove: () => scene.osb.unbind(instance, id, queryOf(PLAIN, ASYNC)),
          poll: () => scene.osb.bindingLastOperation(instance, id),
          isLeft: async () => scene.lab.bindings.has(id) || (await scene.kube.bindings.get(id)) !== undefined,
        };
      },
    },
  ] as const;

  for (const { kind, steps, prepare } of kinds) {
    type Subject = Awaited<ReturnType<typeof prepare>>;
    const made = async ({ make, poll }: Subject): Promise<void> => {
      await make();
      await scene.osb.untilEnded(poll);
    };
    const states: [string, (subject: Subject) => Promise<void>][] = [
      ['was never made', async () => undefined],
      [
        'is half made',
        async ({ make }) => {
          const hang = scene.lab.hang(steps.make);
          await make();
          await hang.reached;
        },
      ],
      [
        'could not be made',
        async (subject) => {
          scene.lab.on(steps.make, fail);
          await made(subject);
        },
      ],
      ['is there', made],
      [
        'is being removed',
        async (subject) => {
          await made(subject);
          const hold = scene.lab.hold(steps.remove);
          await subject.remove();
          await hold.reached;
        },
      ],
      [
        'could not be removed',
        async (subject) => {
          await made(subject);
          scene.lab.on(steps.remove, fail);
          await subject.remove();
          expect((await scene.osb.untilEnded(subject.poll)).body.state).to.equal('failed');
        },
      ],
      [
        'was removed',
        async (subject) => {
          await made(subject);
          await subject.remove();
          await scene.osb.untilEnded(subject.poll);
        },
      ],
    ];
    for (const [state, arrange] of states) {
      it(`[182] lets ${kind} that ${state} be deleted, again and again, until it is gone`, async () => {
        const subject = await prepare();
        await arrange(subject);
        scene.lab.reset(); // a step that hangs goes on hanging
        const first = await subject.remove();
        expect(first.status).to.be.oneOf([200, 202, 410]);
        await scene.osb.untilEnded(subject.poll);
        for (const _ of [1, 2]) expect((await subject.remove()).status).to.equal(410);
        expect(await subject.isLeft()).to.equal(false);
      });
    }

    it(`[186] lets ${kind} be deleted that was finished after the platform gave up`, async () => {
      const subject = await prepare();
      const hang = scene.lab.hang(steps.make);
      await subject.make();
      await hang.reached; // from here on the platform does not poll any more
      hang.release();
      await scene.osb.untilEnded(subject.poll);
      expect(await subject.isLeft()).to.equal(true);
      expect((await subject.remove()).status).to.be.oneOf([200, 202]);
      await scene.osb.untilEnded(subject.poll);
      expect(await subject.isLeft()).to.equal(false);
    });
  }

  it('[186] removes by itself what a synchronous provision made for a platform that hung up', async () => {
    const instanceId = newId();
    const hang = scene.lab.hang('ensure');
    const giveUp = new AbortController();
    const request = scene.osb.send('PUT', `/v2/service_instances/${instanceId}`, {
      body: provisionOf(PLAIN),
      signal: giveUp.signal,
    });
    await hang.reached;
    giveUp.abort();
    expect(await request.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
    await scene.kube.instances.untilGone(instanceId);
    expect((await scene.osb.deprovision(instanceId, queryOf(PLAIN))).status).to.be.oneOf([200, 410]);
  });

  describe('after an error', () => {
    const app = { serviceId: IDS.app.serviceId, planId: IDS.app.planId };
    let instanceId: string;
    let bindingId: string;
    let appInstanceId: string;
    before(async () => {
      instanceId = await scene.instance();
      bindingId = await scene.binding(instanceId);
      appInstanceId = await scene.instance(app);
    });

    const { maintained } = IDS.plain;
    const provision = (body: object): Promise<OsbResponse> => scene.osb.provision(newId(), body);
    const cases: [string, number, () => Promise<OsbResponse>][] = [
      ['a provision without a plan', 400, () => provision({ service_id: PLAIN.serviceId })],
      ['a provision of no known plan', 400, () => provision(provisionOf({ ...PLAIN, planId: '-' }))],
      [
        'a provision with parameters that are not right',
        400,
        () => provision(provisionOf(PLAIN, { parameters: { size: 'big' } })),
      ],
      ['a synchronous provision of an asynchronous plan', 422, () => provision(provisionOf(SLOW))],
      [
        'a provision for another maintenance',
        422,
        () =>
          provision(
            provisionOf({ ...PLAIN, planId: maintained }, { maintenance_info: { version: '9.9.9' } }),
          ),
      ],
      ['another provision of the same id', 409, () => scene.osb.provision(instanceId, provisionOf(LARGE))],
      [
        'an update of another service',
        400,
        () => scene.osb.update(instanceId, { service_id: SLOW.serviceId, plan_id: SLOW.planId }),
      ],
      ['a bind of no instance', 404, () => scene.osb.bind(newId(), newId(), bindOf(PLAIN))],
      ['a bind to no application', 422, () => scene.osb.bind(appInstanceId, newId(), bindOf(app))],
      ["an unbind with another's plan", 400, () => scene.osb.unbind(instanceId, bindingId, queryOf(LARGE))],
      ["a deprovision with another's plan", 400, () => scene.osb.deprovision(instanceId, queryOf(LARGE))],
    ];
    for (const [what, status, send] of cases) {
      it(`[185] nothing is left of ${what}, which is answered ${status}`, async () => {
        const { instances, bindings, secrets } = scene.kube;
        const names = async (): Promise<string[]> =>
          (await secrets.list()).map(({ metadata }) => metadata.name);
        const [before, secretsBefore] = [await scene.kube.dump([instances, bindings]), await names()];
        const calls = scene.lab.calls.length;
        expect((await send()).status).to.equal(status);
        expect(await scene.kube.dump([instances, bindings])).to.equal(before);
        expect(secretsBefore).to.include.members(await names()); // an earlier test's may go meanwhile
        expect(scene.lab.calls.length).to.equal(calls);
      });
    }

    it('[185] answers 5xx when something was made, and takes it away', async () => {
      const id = newId();
      scene.lab.on('ensure', async ({ name, planId, parameters }) => {
        scene.lab.instances.set(name, { planId, parameters }); // half of it
        return fail();
      });
      expect((await scene.osb.provision(id, provisionOf(PLAIN))).status).to.equal(500);
      await scene.kube.instances.untilGone(id);
      expect(scene.lab.instances.has(id)).to.equal(false);
      scene.lab.on('bind', async ({ name }) => {
        scene.lab.bindings.set(name, 'half');
        return fail();
      });
      expect((await scene.osb.bind(instanceId, id, bindOf(PLAIN))).status).to.equal(500);
      await scene.kube.bindings.untilGone(id);
      expect(scene.lab.bindings.has(id)).to.equal(false);
    });
  });
});
