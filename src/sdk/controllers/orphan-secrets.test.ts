import { expect } from 'chai';
import type { OwnerReference, Secret } from '../kube/types.js';
import { toSecret } from '../resources/binding-secret.js';
import { API_VERSION, SECRET_LABEL } from '../resources/kinds.js';
import { makeWorld, readyBinding, readyInstance } from './harness.test.js';
import { removeOrphanSecrets } from './orphan-secrets.js';

const ownedBy = (kind: string, name: string, uid = `uid-${name}`): OwnerReference => ({
  apiVersion: API_VERSION,
  kind,
  name,
  uid,
});

const secretOf = (role: string, ...ownerReferences: OwnerReference[]): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'secret', labels: { [SECRET_LABEL]: role }, ownerReferences },
});

describe('the Secrets without an owner', () => {
  const sweep = async (secret: Secret, prepare: (world: ReturnType<typeof makeWorld>) => void = () => {}) => {
    const world = makeWorld();
    world.stores.secrets.put(secret);
    prepare(world);
    await removeOrphanSecrets(world, new AbortController().signal);
    const { secrets, instances, bindings } = world.stores;
    return { removed: secrets.requests, asked: [...instances.requests, ...bindings.requests] };
  };
  const name = 'secret';
  const removed = [`delete ${name} uid-${name}`];

  it('are removed when the owner is gone for sure, and no other of that name', async () => {
    for (const secret of [
      secretOf('parameters', ownedBy('ServiceInstance', 'web')),
      secretOf('kept', ownedBy('ServiceInstance', 'web')),
      secretOf('binding', ownedBy('ServiceBinding', 'web')),
    ]) {
      expect(await sweep(secret)).to.deep.equal({ removed, asked: ['read web'] });
    }
  });

  it('are removed when an owner of that name is another one', async () => {
    const secret = secretOf('parameters', ownedBy('ServiceInstance', 'web', 'uid-of-before'));
    const { removed: gone } = await sweep(secret, ({ stores }) => stores.instances.put(readyInstance('web')));
    expect(gone).to.deep.equal(removed);
  });

  it('are no Secrets whose owner is there, which is seen without asking', async () => {
    const secret = secretOf('binding', ownedBy('ServiceBinding', 'web'));
    const found = await sweep(secret, ({ stores }) => stores.bindings.put(readyBinding('web', 'i')));
    expect(found).to.deep.equal({ removed: [], asked: [] });
  });

  it('are no Secrets whose owner is there and not seen yet', async () => {
    const secret = secretOf('parameters', ownedBy('ServiceInstance', 'web'));
    const late = readyInstance('web');
    late.metadata.uid = 'uid-web';
    const found = await sweep(secret, ({ stores }) => void stores.instances.unseen.set('web', late));
    expect(found).to.deep.equal({ removed: [], asked: ['read web'] });
  });

  it('are no Secrets that somebody else made, or owns as well', async () => {
    const foreign = { apiVersion: 'v1', kind: 'ConfigMap', name: 'theirs', uid: 'theirs' };
    for (const secret of [
      secretOf('parameters'),
      secretOf('binding'),
      secretOf('dashboard-client', ownedBy('ServiceOffering', 'gone')),
      secretOf('parameters', foreign),
      secretOf('parameters', ownedBy('ServiceInstance', 'gone'), foreign),
    ]) {
      expect(await sweep(secret)).to.deep.equal({ removed: [], asked: [] });
    }
  });

  it('may have lost the reference to their binding', async () => {
    const lost = toSecret(readyBinding('web', 'i'), {});
    lost.metadata.ownerReferences = [];
    expect((await sweep(lost)).removed).to.deep.equal(['delete binding-web uid-binding-web']);
    const kept = await sweep(lost, ({ stores }) => stores.bindings.put(readyBinding('web', 'i')));
    expect(kept.removed).to.deep.equal([]);
    const copy = { ...lost, metadata: { ...lost.metadata, name: 'binding-copy' } };
    expect((await sweep(copy)).removed).to.deep.equal([]);
  });
});
