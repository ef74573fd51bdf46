// What is left when something went by force: Secrets, bindings, and what a backend holds without a resource.
import { expect } from 'chai';
import type { KubeEvent } from '../../src/sdk/kube/events.js';
import type { Secret } from '../../src/sdk/kube/types.js';
import { secretName } from '../../src/sdk/resources/binding-secret.js';
import { API_VERSION, INSTANCES, OFFERINGS, SECRET_LABEL } from '../../src/sdk/resources/kinds.js';
import { newId } from '../support/broker.js';
import { removeByForce } from '../support/by-force.js';
import { PLAIN, useScene } from '../support/scene.js';
import { eventually } from '../support/unchanged.js';

/** Sweeps as often as can be. */
const env = { BROKER_RESYNC_SECONDS: '1' };

describe('orphans', () => {
  const scene = useScene({ env });

  const eventsOf = (reason: string, text: string): Promise<Readonly<KubeEvent>[]> =>
    scene.kube.events.untilSome(1, (event) => event.reason === reason && event.message.includes(text));

  describe('in the cluster', () => {
    const secretObject = (name: string, role: string, more: Partial<Secret['metadata']> = {}): Secret => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, labels: { [SECRET_LABEL]: role }, ...more },
      data: { key: Buffer.from('value').toString('base64') },
    });

    it('a binding whose instance went by force is unbound and removed, with its Secret', async () => {
      const id = await scene.instance();
      const binding = await scene.binding(id);
      await removeByForce(scene.kube.instances, id);
      await scene.kube.bindings.untilGone(binding);
      await scene.kube.secrets.untilGone(secretName({ metadata: { name: binding } }));
      expect(scene.lab.bindings.has(binding)).to.equal(false);
    });

    it('a binding whose backend nobody knows any more is removed, and that is said', async () => {
      const id = await scene.instance();
      const binding = await scene.binding(id);
      await scene.restart({ env }, () =>
        scene.kube.secrets.edit(secretName({ metadata: { name: binding } }), (secret) => ({
          ...secret,
          metadata: { ...secret.metadata, annotations: {} },
        })),
      );
      await removeByForce(scene.kube.instances, id);
      await scene.kube.bindings.untilGone(binding);
      const [event] = await eventsOf('Orphaned', id);
      expect(event!.involvedObject.name).to.equal(binding);
      expect(event!.message).to.contain('the credentials may still work');
      expect(event!.type).to.equal('Warning');
      expect(scene.lab.bindings.has(binding)).to.equal(true);
      scene.lab.bindings.delete(binding);
    });

    it('a Secret of a binding that lost its owner goes; one that a user made stays', async () => {
      const id = await scene.instance();
      const binding = await scene.binding(id);
      const name = secretName({ metadata: { name: binding } });
      const mine = `mine-${newId()}`;
      const { data, metadata } = (await scene.kube.secrets.get(name))!;
      const copy: Secret = { ...secretObject(mine, 'binding', metadata), data: data! };
      copy.metadata = { name: mine, labels: metadata.labels!, annotations: metadata.annotations! };
      await scene.kube.secrets.client.create(copy);
      const parameters = `instance-parameters-${newId()}`;
      await scene.kube.secrets.client.create(secretObject(parameters, 'parameters'));
      await scene.restart({ env }, () =>
        scene.kube.secrets.edit(name, (secret) => ({
          ...secret,
          metadata: { ...secret.metadata, ownerReferences: [] },
        })),
      );
      await scene.kube.bindings.client.delete(binding);
      await scene.kube.bindings.untilGone(binding);
      await scene.kube.secrets.untilGone(name);
      expect(await scene.kube.secrets.get(mine)).not.to.equal(undefined);
      expect(await scene.kube.secrets.get(parameters)).not.to.equal(undefined);
    });

    it('a Secret of parameters goes with its owner', async () => {
      const id = await scene.instance();
      const { uid } = (await scene.kube.instances.get(id))!.metadata;
      const owner = { apiVersion: API_VERSION, kind: INSTANCES.kind, name: id, uid: uid! };
      const name = `instance-parameters-${id}`;
      await scene.kube.secrets.client.create(secretObject(name, 'parameters', { ownerReferences: [owner] }));
      await removeByForce(scene.kube.instances, id);
      await scene.kube.secrets.untilGone(name);
    });
  });

  describe('in a backend', () => {
    it('are told of, and left alone', async () => {
      const id = await scene.instance();
      const binding = await scene.binding(id);
      const [lost, lostBinding] = [await scene.instance(), await scene.binding(id)];
      await removeByForce(scene.kube.bindings, lostBinding);
      await removeByForce(scene.kube.instances, lost);
      const [event] = await eventsOf('OrphansFound', `instance ${lost}`);
      expect(event!.involvedObject.kind).to.equal(OFFERINGS.kind);
      expect(event!.type).to.equal('Warning');
      expect(event!.message).to.contain('lab').and.to.contain('BROKER_ORPHANS=report');
      await eventsOf('OrphansFound', `binding ${lostBinding} of instance ${id}`);
      const told = JSON.stringify(await scene.kube.events.list());
      expect(told)
        .not.to.match(new RegExp(`(?<!of )instance ${id}`))
        .and.not.to.contain(`binding ${binding} `);
      expect(scene.lab.instances.has(lost)).to.equal(true);
      expect(scene.lab.bindings.has(lostBinding)).to.equal(true);
      expect(scene.lab.calls).not.to.include(`destroy ${lost}`);
    });

    it('are removed where that is wanted, and nothing else is', async () => {
      const [id, lost] = [await scene.instance(), await scene.instance()];
      const [binding, lostBinding, lostToo] = [
        await scene.binding(id),
        await scene.binding(id),
        await scene.binding(lost),
      ];
      await scene.broker.stop();
      await removeByForce(scene.kube.bindings, lostBinding);
      await removeByForce(scene.kube.bindings, lostToo);
      await removeByForce(scene.kube.instances, lost);
      await scene.restart({ env: { ...env, BROKER_ORPHANS: 'remove' } });
      await eventsOf('OrphanRemoved', `instance ${lost}`);
      await eventually(
        async () => [scene.lab.instances.has(lost), scene.lab.bindings.has(lostBinding)],
        (left) => !left.includes(true),
      );
      const removals = [`unbind ${lostToo}`, `destroy ${lost}`];
      expect(scene.lab.calls.filter((call) => removals.includes(call))).to.deep.equal(removals);
      expect(scene.lab.instances.get(id)?.planId).to.equal(PLAIN.planId);
      expect(scene.lab.bindings.has(binding)).to.equal(true);
      expect(scene.lab.calls).not.to.include(`unbind ${binding}`).and.not.to.include(`destroy ${id}`);
    });
  });
});
