import { expect } from 'chai';
import { KubeError } from '../kube/errors.js';
import type { Secret } from '../kube/types.js';
import { toSecret } from '../resources/binding-secret.js';
import { PAUSE } from '../resources/escape-hatches.js';
import { contentOf, keptSecret } from '../resources/kept-secret.js';
import type { ServiceBinding, ServiceInstance } from '../resources/kinds.js';
import { PUT_BACK } from '../resources/own-secrets.js';
import { reconcileBinding } from './binding.js';
import { instanceOf, makeWorld, readyBinding, readyInstance, type World } from './harness.test.js';
import { reconcileInstance } from './instance.js';
import { LostSecrets } from './lost-secrets.js';
import { Observer } from './observation.js';
import { observedBindings, observedInstances } from './observed.js';

const signal = new AbortController().signal;
const KEPT = 'instance-kept-web';

describe('what somebody took out of Secrets', () => {
  let world: World;
  let observer: Observer<ServiceInstance>;
  let ensured: number;

  beforeEach(() => {
    ensured = 0;
    observer = new Observer(observedInstances);
    world = makeWorld({
      ensure: async () => {
        ensured += 1;
        return { state: 'waiting', text: 'not yet' };
      },
    });
  });

  const put = (instance: ServiceInstance, values: Record<string, string> = { a: '1' }): void => {
    const stored = world.stores.instances.put(instance);
    world.stores.secrets.put(keptSecret(stored, { values, kinds: [] }));
  };
  const reconcile = () => reconcileInstance(world, 'web', signal, observer);
  const values = () => contentOf(world.stores.secrets.get(KEPT)).values;
  const writes = () => world.stores.secrets.requests.filter((each) => !each.startsWith('read'));

  it('is put back, and told', async () => {
    put(readyInstance('web'));
    world.stores.secrets.remove(KEPT);
    expect(await reconcile()).to.equal(undefined);
    expect(values()).to.deep.equal({ a: '1' });
    expect(world.told).to.deep.equal([
      `Warning Drifted: Secret ${KEPT} is missing`,
      `Normal Repaired: put right: Secret ${KEPT} is missing`,
    ]);
    await reconcile();
    expect(writes()).to.deep.equal([`create ${KEPT}`]);
  });

  it('is put back beside what is there', async () => {
    put(readyInstance('web'), { a: '1' });
    put(readyInstance('web'), { a: 'other', b: '2' });
    await reconcile();
    expect(values()).to.deep.equal({ a: '1', b: '2' });
    expect(writes()).to.deep.equal([`replace ${KEPT}`]);
  });

  it('is put back before the backend is asked, and where that has to wait, it waits, too', async () => {
    put(instanceOf('web'));
    world.stores.secrets.remove(KEPT);
    await reconcile();
    expect([ensured, values()]).to.deep.equal([1, { a: '1' }]);
    world.stores.secrets.remove(KEPT);
    const again = await reconcile();
    expect([ensured, values()]).to.deep.equal([1, {}]);
    world.clock.advance((again as { requeueAfterMs: number }).requeueAfterMs);
    await reconcile();
    expect([ensured, values()]).to.deep.equal([2, { a: '1' }]);
  });

  it('is put back without a pause where it was well for a while', async () => {
    put(readyInstance('web'));
    for (let times = 0; times < 3; times++) {
      world.stores.secrets.remove(KEPT);
      await reconcile();
      expect(values()).to.deep.equal({ a: '1' });
      world.clock.advance(10_001);
      await reconcile();
    }
  });

  it('is not put back where its owner went with it, as the API server says', async () => {
    put(readyInstance('web'));
    world.stores.secrets.remove(KEPT);
    world.stores.instances.read = async (name) => {
      world.stores.instances.remove(name);
      return undefined;
    };
    await reconcile();
    expect(writes()).to.deep.equal([]);
    expect(world.told).to.deep.equal([]);
  });

  it('is not put back while an operator has paused the instance', async () => {
    const { metadata, ...rest } = readyInstance('web');
    put({ ...rest, metadata: { ...metadata, annotations: { [PAUSE]: 'true' } } });
    world.stores.secrets.remove(KEPT);
    await reconcile();
    expect(writes()).to.deep.equal([]);
  });

  describe('with the label by which it is followed', () => {
    const alreadyThere = () =>
      Promise.reject(new KubeError('create', { status: 409, reason: 'AlreadyExists' }));
    const unlabelled = (more: Partial<Secret['metadata']> = {}): void => {
      const secret = world.stores.secrets.get(KEPT)!;
      world.stores.secrets.remove(KEPT);
      world.stores.secrets.create = alreadyThere;
      world.stores.secrets.unseen.set(KEPT, {
        ...secret,
        metadata: { ...secret.metadata, labels: {}, ...more },
      });
    };

    it('is put back into the Secret that is still there', async () => {
      put(readyInstance('web'));
      const { labels } = world.stores.secrets.get(KEPT)!.metadata;
      unlabelled();
      await reconcile();
      expect(world.stores.secrets.get(KEPT)!.metadata.labels).to.deep.equal(labels);
      expect(world.stores.secrets.get(KEPT)!.metadata.annotations).to.have.property(PUT_BACK);
    });

    it('is not put into the Secret of somebody else, which is told, and keeps no operation from its end', async () => {
      put(instanceOf('web'));
      unlabelled({ ownerReferences: [] });
      const logged: unknown[] = [];
      world.log = { ...world.log, child: () => world.log, error: (_, fields) => void logged.push(fields) };
      await reconcile();
      expect(logged[0]).to.include({
        error: `a Secret named ${KEPT} that is not this broker's is in the way: remove or rename it`,
      });
      expect(writes()).to.deep.equal([]);
      expect(ensured).to.equal(1);
      expect(world.told).not.to.include(`Normal Repaired: put right: Secret ${KEPT} is missing`);
    });

    it('waits, with all else, until the API server takes it', async () => {
      put(instanceOf('web'));
      world.stores.secrets.remove(KEPT);
      world.stores.secrets.create = () => Promise.reject(new Error('no answer'));
      expect(await reconcile().catch(String)).to.equal('Error: no answer');
      expect(ensured).to.equal(0);
    });
  });

  describe('of the credentials of a binding', () => {
    const NAME = 'binding-app';
    let binding: ServiceBinding;
    const look = () => reconcileBinding(world, 'app', signal, new Observer(observedBindings));
    const store = (password: string): Secret =>
      world.stores.secrets.put(toSecret(binding, { credentials: { password } }));
    const told = () => world.stores.bindings.get('app')!.status!.secretRef!.resourceVersion;
    const version = () => world.stores.secrets.get(NAME)!.metadata.resourceVersion;
    const password = () => Buffer.from(world.stores.secrets.get(NAME)!.data!.password!, 'base64').toString();

    beforeEach(() => {
      world.stores.instances.put(readyInstance('web'));
      binding = world.stores.bindings.put(readyBinding('app', 'web'));
      const { resourceVersion } = store('first').metadata;
      const secretRef = { name: NAME, resourceVersion: resourceVersion! };
      world.stores.bindings.put({ ...binding, status: { ...binding.status!, secretRef } });
    });

    it('costs nothing where nothing is missing', async () => {
      await look();
      expect([...world.stores.secrets.requests, ...world.stores.bindings.requests]).to.deep.equal([]);
    });

    it('is put back, and the status tells of the version that counts now', async () => {
      for (const meddle of [
        () => world.stores.secrets.remove(NAME),
        () => store('wrong'),
        () => world.stores.secrets.remove(NAME),
      ]) {
        meddle();
        await look();
        expect(password()).to.equal('first');
        expect(told()).to.equal(version());
      }
    });

    it('is told of alone where a Secret has got another label', async () => {
      const secret = world.stores.secrets.get(NAME)!;
      const labels = { ...secret.metadata.labels, mine: 'yes' };
      world.stores.secrets.put({ ...secret, metadata: { ...secret.metadata, labels } });
      await look();
      expect(writes()).to.deep.equal([]);
      expect(told()).to.equal(version());
      expect(world.told).to.deep.equal([]);
    });

    it('is not told of where nobody remembers what there was', async () => {
      store('other');
      world.lostSecrets = new LostSecrets(world.stores);
      await look();
      expect([...writes(), ...world.stores.bindings.requests]).to.deep.equal([]);
    });
  });
});
