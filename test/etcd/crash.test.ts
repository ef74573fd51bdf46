// A step that is cut off at any of its requests leaves nothing behind after the deprovision: the broker dies there, or
// etcd does. Here it is the backend's functions that end, which is all that etcd can see of a broker's death; brokers
// that are killed as processes are in kill.test.ts, and at all of these points in test/chaos.
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import { clientFor } from '../../src/backends/etcd/clients.js';
import type { BindingResult, Done } from '../../src/sdk/index.js';
import { bindingOf, contentsOf, failureOf, instanceOf, NOTHING, untilDone } from './direct.js';
import { Gate, type Side } from './gate.js';
import type { Credentials } from './scene.js';
import { describeWithEtcd, EtcdServer } from './server.js';
import { POINTS, REQUESTS, type Step, STEPS } from './steps.js';

describeWithEtcd('a step on etcd', function () {
  this.timeout(60_000);
  let etcd: EtcdServer;
  let gate: Gate;
  let endpoints: string[];

  before(async () => {
    etcd = await EtcdServer.start();
    gate = new Gate(etcd.endpoints[0]!);
    endpoints = [await gate.open()];
  });

  after(async () => {
    await gate?.close();
    await etcd?.stop();
  });

  afterEach(async () => expect(await contentsOf(etcd), 'what is left').to.deep.equal(NOTHING));

  function life(signal?: AbortSignal): Record<Step, () => Promise<unknown>> {
    const instance = instanceOf(etcd, { settings: { endpoints }, ...(signal ? { signal } : {}) });
    const binding = bindingOf(instance);
    return {
      provision: () => etcdBackend.ensure(instance),
      bind: () => etcdBackend.bind!(binding),
      unbind: async () => etcdBackend.unbind!(binding),
      deprovision: async () => etcdBackend.destroy(instance),
    };
  }

  /** As the administrator, past the gate. */
  function ask(path: string, body: object): Promise<Record<string, unknown>> {
    const scope = instanceOf(etcd);
    return clientFor(scope).call(path, body, scope.signal);
  }

  /** Runs the step until it has come that far, and no further. */
  async function cutOff(step: Step, path: string, side: Side): Promise<void> {
    const death = new AbortController();
    const died = gate.trap(path, side, () => death.abort(new Error('the broker died')));
    const [, failure] = await Promise.all([died, failureOf(life(death.signal)[step]())]);
    expect(failure.message).to.equal('the broker died');
  }

  async function works({ result }: Done<BindingResult>): Promise<void> {
    const { keypath, ...account } = result.credentials as unknown as Credentials;
    expect(await etcd.as(account, 'get', `${keypath}/k`, '--keys-only')).to.include(keypath);
  }

  /** The steps before that one, and a key that is written as soon as there is somewhere to write it. */
  async function upTo(step: Step): Promise<void> {
    const { provision, bind } = life();
    if (step === 'provision') return;
    await provision();
    await ask('kv/put', { key: Buffer.from('/service_instances/i/k').toString('base64') });
    if (step !== 'bind') await bind();
  }

  it('sends the requests at which it is cut off here', async () => {
    const steps = life();
    await steps.provision();
    await steps.deprovision(); // which logs in
    for (const step of STEPS) {
      gate.paths.length = 0;
      await steps[step]();
      expect(gate.paths, step).to.deep.equal(REQUESTS[step]);
    }
  });

  it('ends the same when it runs several times at once', async () => {
    const several = (step: Step): Promise<unknown[]> =>
      Promise.all(Array.from({ length: 5 }, () => life()[step]()));
    await several('provision');
    expect(await etcdBackend.observe!(instanceOf(etcd))).to.deep.equal({});
    await several('bind');
    expect(await contentsOf(etcd)).to.deep.equal({ users: ['user-i_b'], roles: ['instance-i'], keys: [] });
    expect((await ask('auth/user/get', { name: 'user-i_b' })).roles).to.deep.equal(['instance-i']);
    await several('unbind');
    await several('deprovision');
  });

  for (const { step, path, side } of POINTS) {
    it(`leaves nothing when the broker dies in ${step}, ${side} ${path}`, async () => {
      for (const goesOn of [true, false]) {
        await upTo(step);
        await cutOff(step, path, side);
        const next = life();
        const ended = goesOn ? await next[step]() : undefined;
        if (step === 'bind' && goesOn) await works(ended as Done<BindingResult>);
        await next.unbind();
        await next.deprovision();
        expect(await contentsOf(etcd), goesOn ? 'it went on' : 'it did not go on').to.deep.equal(NOTHING);
      }
    });

    it(`goes on when etcd is killed in ${step}, ${side} ${path}`, async () => {
      await upTo(step);
      const killed = gate.trap(path, side, () => etcd.killMember());
      const ended = untilDone(() => life()[step]());
      await killed;
      etcd.startMember();
      await ended;
      await life().unbind();
      await life().deprovision();
    });
  }

  for (const path of ['role/add', 'user/list', 'user/grant', 'role/grant'])
    for (const side of ['before', 'after'] as const)
      it(`gives users back their role when the broker dies in that, ${side} ${path}`, async () => {
        await upTo('unbind');
        const before = await ask('auth/role/get', { role: 'instance-i' });
        await ask('auth/role/delete', { role: 'instance-i' });
        await cutOff('provision', path, side);
        await life().provision();
        const { perm } = await ask('auth/role/get', { role: 'instance-i' });
        expect(perm).to.deep.equal(before.perm);
        expect((await ask('auth/user/get', { name: 'user-i_b' })).roles).to.deep.equal(['instance-i']);
        await life().unbind();
        await life().deprovision();
      });
});
