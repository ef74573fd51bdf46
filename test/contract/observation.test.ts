// What a backend sees of instances that are Ready, and what it says of plans: as conditions, Events, and in the catalog.
import { expect } from 'chai';
import type { ObservedCondition } from '../../src/sdk/index.js';
import { API_VERSION, SECRET_LABEL } from '../../src/sdk/resources/kinds.js';
import { newId } from '../support/broker.js';
import { useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

const EXCEEDED: ObservedCondition = {
  ...{ type: 'QuotaExceeded', status: 'True', reason: 'TooManyKeys', message: 'more than 10 keys' },
};

describe('what a backend observes', () => {
  const scene = useScene();

  const untilTold = (instance: string, reason: string) =>
    scene.kube.events.untilSome(
      1,
      (event) => event.reason === reason && event.involvedObject.name === instance,
    );

  it('stands in the conditions of the instance, beside Ready, and in an Event', async () => {
    scene.lab.observe = async () => ({ conditions: [EXCEEDED] });
    const id = await scene.instance();
    const [event] = await untilTold(id, 'TooManyKeys');
    expect([event!.type, event!.message]).to.deep.equal(['Warning', 'more than 10 keys']);
    const { conditions } = (await scene.kube.instances.get(id))!.status!;
    const isTrue = (type: string) => conditions!.find((each) => each.type === type)?.status;
    expect([isTrue('Ready'), isTrue('QuotaExceeded')]).to.deep.equal(['True', 'True']);
    expect((await scene.osb.lastOperation(id)).body.state).to.equal('succeeded');
  });

  it('is put right by ensure, and told', async () => {
    const id = await scene.instance();
    scene.lab.instances.delete(id);
    scene.lab.observe = async ({ name }) =>
      scene.lab.instances.has(name) ? undefined : { repair: 'it is gone' };
    await scene.restart();
    const [event] = await untilTold(id, 'Repaired');
    expect(event!.message).to.equal('put right: it is gone');
    expect(scene.lab.instances.has(id)).to.equal(true);
  });

  it('is put right of a binding, too, whose credentials stay as they are', async () => {
    const id = await scene.instance();
    const bindingId = await scene.binding(id);
    const { body } = await scene.osb.fetchBinding(id, bindingId);
    const { resourceVersion } = (await scene.kube.bindings.get(bindingId))!.status!.secretRef!;
    scene.lab.bindings.delete(bindingId);
    scene.lab.observeBinding = async ({ name }) =>
      scene.lab.bindings.has(name)
        ? { conditions: [EXCEEDED] }
        : { conditions: [EXCEEDED], repair: 'the user is missing' };
    scene.lab.repairBinding = async ({ name }) => void scene.lab.bindings.set(name, 'put back');
    await scene.restart();
    const [event] = await untilTold(bindingId, 'Repaired');
    expect(event!.message).to.equal('put right: the user is missing');
    expect(scene.lab.bindings.get(bindingId)).to.equal('put back');
    const { conditions } = (await scene.kube.bindings.get(bindingId))!.status!;
    const isTrue = (type: string) => conditions!.find((each) => each.type === type)?.status;
    expect([isTrue('Ready'), isTrue('QuotaExceeded')]).to.deep.equal(['True', 'True']);
    expect((await scene.osb.fetchBinding(id, bindingId)).body).to.deep.equal(body);
    const kept = await scene.kube.secrets.get(`binding-${bindingId}`);
    expect(kept!.metadata.resourceVersion).to.equal(resourceVersion);
  });

  it('survives an update', async () => {
    scene.lab.observe = async () => ({ conditions: [EXCEEDED] });
    const id = await scene.instance();
    await untilTold(id, 'TooManyKeys');
    const { resourceVersion } = (await scene.kube.instances.get(id))!.metadata;
    await scene.kube.instances.edit(id, (object) => ({
      ...object,
      spec: { ...object.spec, parameters: { size: 2 } },
    }));
    const updated = await eventually(
      () => scene.kube.instances.get(id),
      (object) =>
        object!.metadata.resourceVersion !== resourceVersion &&
        object!.status!.lastOperation!.type === 'update',
    );
    expect(updated!.status!.conditions!.map(({ type }) => type)).to.include('QuotaExceeded');
  });
});

describe('an offering that its backend refuses', () => {
  const scene = useScene();

  const isOffered = async (name: string): Promise<boolean> =>
    (await scene.osb.catalog()).body.services.some((service: { name: string }) => service.name === name);

  it('leaves the catalog, with the reason, and comes back when a Secret for backends changes', async () => {
    const name = `refused-${newId()}`;
    const secret = `admin-${newId()}`;
    scene.lab.check = async ({ secret: read, settings }) => {
      if (settings.admin !== secret) return [];
      try {
        return read(secret) && [];
      } catch (error) {
        return [(error as Error).message];
      }
    };
    await scene.kube.offerings.client.create({
      apiVersion: API_VERSION,
      kind: 'ServiceOffering',
      metadata: { name },
      spec: {
        ...{ id: newId(), name, description: 'One that needs a Secret' },
        plans: [
          { id: newId(), name: 'small', description: 'd', backend: 'lab', settings: { admin: secret } },
        ],
      },
    });
    const [event] = await scene.kube.events.untilSome(
      1,
      (each) => each.reason === 'Refused' && each.involvedObject.name === name,
    );
    expect(event!.message).to.match(new RegExp(`^plan small: there is no Secret ${secret} `));
    expect(await isOffered(name)).to.equal(false);
    await scene.kube.secrets.client.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secret, labels: { [SECRET_LABEL]: 'backend' } },
    });
    await eventually(
      () => isOffered(name),
      (isThere) => isThere,
    );
    const { conditions } = (await scene.kube.offerings.get(name))!.status!;
    expect(conditions![0]).to.include({ type: 'Accepted', status: 'True' });
  });
});
