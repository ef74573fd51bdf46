// What ends an operation that does not succeed: the number of its attempts, and its time; restarts included.
import { expect } from 'chai';
import { defineService } from '../../src/sdk/index.js';
import { FINALIZER, type ServiceBinding, type ServiceInstance } from '../../src/sdk/resources/kinds.js';
import type { OperationType } from '../../src/sdk/resources/operations.js';
import { newId } from '../support/broker.js';
import { labServices } from '../support/catalog.js';
import { instanceObject } from '../support/kube.js';
import { Lab } from '../support/lab.js';
import { ASYNC, bindOf, PLAIN, provisionOf, queryOf, useScene } from '../support/scene.js';

const HASTY = { serviceId: 'service-hasty', planId: 'plan-hasty' };
const PATIENT = { serviceId: 'service-hasty', planId: 'plan-patient' };
const lab = new Lab();
const hasty = defineService({
  id: HASTY.serviceId,
  name: 'hasty',
  description: 'Where an operation may run for so many seconds',
  backend: lab.backend,
  plans: [
    { id: HASTY.planId, name: 'hasty', description: 'Short enough to wait for', maximumPollingDuration: 3 },
    { id: PATIENT.planId, name: 'patient', description: 'Longer than anything', maximumPollingDuration: 600 },
  ],
});
const definition = { services: [...labServices(lab.backend), hasty], backends: [lab.backend] };
const lastOf = ({ status }: Readonly<ServiceInstance | ServiceBinding>) => status?.lastOperation;
const broken = (): Promise<never> => Promise.reject(new Error('connection refused: password canary'));

describe('the limits of an operation', () => {
  describe('by attempts', () => {
    const scene = useScene({ lab, definition, env: { BROKER_MAX_ATTEMPTS: '2' } });

    it('fails a provision, an update and a deprovision, with a text for the user', async () => {
      const failed = (type: OperationType): object => ({
        state: 'failed',
        description: `the ${type} did not succeed in 2 attempts`,
      });
      lab.on('ensure', broken);
      const never = newId();
      await scene.osb.provision(never, provisionOf(PLAIN), ASYNC);
      expect((await scene.ended(never)).body).to.deep.equal(failed('provision'));
      expect(lastOf((await scene.kube.instances.get(never))!)).to.include({
        reason: 'AttemptsExceeded',
        attempts: 2,
      });
      lab.reset();
      const id = await scene.instance();
      lab.on('ensure', broken);
      await scene.osb.update(id, { service_id: PLAIN.serviceId, parameters: { size: 2 } }, ASYNC);
      expect((await scene.ended(id)).body).to.deep.equal(failed('update'));
      lab.on('destroy', broken);
      await scene.osb.deprovision(id, queryOf(PLAIN, ASYNC));
      expect((await scene.ended(id)).body).to.deep.equal(failed('deprovision'));
      expect(lab.calls.filter((call) => call === `destroy ${id}`)).to.have.length(2);
    });

    it('fails a bind and an unbind', async () => {
      const id = await scene.instance();
      lab.on('bind', broken);
      const binding = newId();
      await scene.osb.bind(id, binding, bindOf(PLAIN), ASYNC);
      expect((await scene.bindingEnded(id, binding)).body.description).to.contain('in 2 attempts');
      lab.on('unbind', broken);
      await scene.osb.unbind(id, binding, queryOf(PLAIN, ASYNC));
      expect((await scene.bindingEnded(id, binding)).body.description).to.contain('in 2 attempts');
    });

    it('counts on after a restart', async () => {
      const id = newId();
      lab.on('ensure', broken);
      await scene.restart({ definition, env: { BROKER_MAX_ATTEMPTS: '0' } });
      await scene.osb.provision(id, provisionOf(PLAIN), ASYNC);
      await scene.kube.instances.until(id, (object) => (lastOf(object)?.attempts ?? 0) >= 2);
      await scene.broker.stop();
      const { attempts: before } = lastOf((await scene.kube.instances.get(id))!)!;
      await scene.restart({ definition, env: { BROKER_MAX_ATTEMPTS: String(before! + 1) } });
      const last = lastOf(
        await scene.kube.instances.until(id, (object) => lastOf(object)?.state === 'failed'),
      )!;
      expect(last).to.include({ reason: 'AttemptsExceeded', attempts: before! + 1 });
    });
  });

  describe('by time', () => {
    const scene = useScene({ lab, definition });

    const longAgo = (type: 'provision' | 'deprovision', id: string) => ({
      id: `${type}-${id}`,
      type,
      requestedAt: new Date(Date.now() - 3_600_000).toISOString(),
    });

    /** An operation that a broker worked on until it went down, and whose time has run out since. */
    async function interrupted(type: 'provision' | 'deprovision', ids = PATIENT): Promise<string> {
      const { client } = scene.kube.instances;
      const id = newId();
      const operation = longAgo(type, id);
      const object = instanceObject(id, { ...ids, operation: { ...operation, type: 'provision' } });
      object.metadata.finalizers = [FINALIZER];
      const { status: _, ...made } = await client.create(object);
      const { requestedAt: startedAt, ...rest } = operation;
      const description = 'waiting';
      const lastOperation = {
        ...rest,
        startedAt,
        state: 'in progress' as const,
        reason: 'Waiting',
        description,
      };
      await client.replaceStatus({ ...made, status: { lastOperation } });
      if (type === 'deprovision') {
        await client.delete(id);
        await scene.kube.instances.edit(id, (each) => ({ ...each, spec: { ...each.spec, operation } }));
      }
      return id;
    }

    it('is over for a provision and for a deletion, and the user is told', async () => {
      const id = newId();
      lab.hold('ensure');
      await scene.osb.provision(id, provisionOf(HASTY), ASYNC);
      const failed = await scene.ended(id);
      expect(failed.body).to.include({ state: 'failed' });
      expect(failed.body.description).to.match(/^the provision did not end within \d+ seconds$/);
      lab.hold('destroy');
      await scene.osb.deprovision(id, queryOf(HASTY, ASYNC));
      expect((await scene.ended(id)).body.description).to.match(/^the deprovision did not end within/);
      lab.reset();
      expect((await scene.osb.deprovision(id, queryOf(HASTY))).status).to.equal(200);
    });

    it('that ran out while no broker was there leaves one honest try', async () => {
      await scene.broker.stop();
      const [provision, deprovision] = [await interrupted('provision'), await interrupted('deprovision')];
      await scene.restart({ definition });
      const ready = await scene.kube.instances.until(
        provision,
        (each) => lastOf(each)?.state !== 'in progress',
      );
      expect(lastOf(ready)).to.include({ id: `provision-${provision}`, state: 'succeeded' });
      await scene.kube.instances.untilGone(deprovision);
      expect(lab.calls).to.include(`destroy ${deprovision}`);
    });

    it('is over all the same where that try is in vain', async () => {
      await scene.broker.stop();
      const hold = lab.hold('ensure');
      const id = await interrupted('provision', HASTY);
      await scene.restart({ definition });
      await hold.reached;
      expect((await scene.ended(id)).body.state).to.equal('failed');
      const { reason } = lastOf((await scene.kube.instances.get(id))!)!;
      expect(reason).to.equal('DeadlineExceeded');
    });
  });
});
