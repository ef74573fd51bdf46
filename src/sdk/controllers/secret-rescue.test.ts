import { expect } from 'chai';
import type { Secret } from '../kube/types.js';
import { toSecret } from '../resources/binding-secret.js';
import { PAUSE } from '../resources/escape-hatches.js';
import { contentOf, keptSecret } from '../resources/kept-secret.js';
import type { ServiceInstance } from '../resources/kinds.js';
import { settle } from '../runtime/harness.test.js';
import { makeWorld, readyBinding, readyInstance, type World } from './harness.test.js';
import { LostSecrets } from './lost-secrets.js';
import { rescueSecrets } from './secret-rescue.js';

const KEPT = 'instance-kept-web';
/** The longest that it waits at first. */
const PATIENCE_MS = 6_000;

describe('a Secret that the leader does not put back', () => {
  let world: World;
  let isLeader: boolean;
  let web: ServiceInstance;
  let ending: AbortController;
  const logged: string[] = [];

  beforeEach(() => {
    isLeader = false;
    logged.length = 0;
    world = makeWorld();
    ending = new AbortController();
    const warn = (message: string): void => void logged.push(message);
    const context = { ...world, log: { ...world.log, warn }, isLeader: () => isLeader };
    rescueSecrets(context, ending.signal);
    web = world.stores.instances.put(readyInstance('web'));
    world.stores.secrets.put(keptSecret(web, { values: { a: '1' }, kinds: [] }));
  });

  const pass = async (ms = PATIENCE_MS): Promise<void> => {
    world.clock.advance(ms);
    await settle();
  };
  const values = () => contentOf(world.stores.secrets.get(KEPT)).values;
  const writes = () => world.stores.secrets.requests.filter((each) => !each.startsWith('read'));

  it('is put back by another replica, after a while', async () => {
    world.stores.secrets.remove(KEPT);
    await pass(PATIENCE_MS / 2 - 1);
    expect(writes()).to.deep.equal([]);
    await pass();
    expect(values()).to.deep.equal({ a: '1' });
    expect(logged).to.deep.equal(['a Secret was put back']);
    await pass();
    expect(writes()).to.deep.equal([`create ${KEPT}`]);
  });

  it('is left alone where it was put back meanwhile', async () => {
    world.stores.secrets.remove(KEPT);
    world.stores.secrets.put(keptSecret(web, { values: { a: '1' }, kinds: [] }));
    await pass();
    expect(writes()).to.deep.equal([]);
  });

  it('is left to this replica`s controllers while it leads, and not forgotten', async () => {
    isLeader = true;
    world.stores.secrets.remove(KEPT);
    await pass();
    expect(writes()).to.deep.equal([]);
    isLeader = false;
    await pass(2 * PATIENCE_MS);
    expect(values()).to.deep.equal({ a: '1' });
  });

  it('is left alone while an operator has paused its owner', async () => {
    const annotations = { [PAUSE]: 'true' };
    world.stores.instances.put({ ...web, metadata: { ...web.metadata, annotations } });
    world.stores.secrets.remove(KEPT);
    await pass();
    expect(writes()).to.deep.equal([]);
  });

  it('is not put back where its owner went with it, as the API server says', async () => {
    world.stores.secrets.remove(KEPT);
    world.stores.instances.read = async (name) => {
      world.stores.instances.remove(name);
      return undefined;
    };
    await pass();
    expect(writes()).to.deep.equal([]);
  });

  it('is tried again, later and later, where that fails', async () => {
    const { create } = world.stores.secrets;
    world.stores.secrets.create = () => Promise.reject(new Error('the API server does not answer'));
    world.stores.secrets.remove(KEPT);
    await pass();
    await pass();
    expect(logged).to.deep.equal(['a Secret could not be put back']);
    world.stores.secrets.create = create;
    await pass();
    expect(values()).to.deep.equal({ a: '1' });
  });

  it('is nobody`s business any more when the replica stops', async () => {
    world.stores.secrets.remove(KEPT);
    ending.abort();
    await pass();
    expect(writes()).to.deep.equal([]);
  });

  it('is told of by its binding, where it has credentials', async () => {
    const binding = world.stores.bindings.put(readyBinding('app', 'web'));
    const name = 'binding-app';
    const { metadata } = world.stores.secrets.put(toSecret(binding, { credentials: { password: 'p' } }));
    const secretRef = { name, resourceVersion: metadata.resourceVersion! };
    const told = { ...binding, status: { ...binding.status!, secretRef } };
    world.stores.bindings.put(told);
    world.stores.secrets.remove(name);
    await pass();
    const { resourceVersion } = world.stores.secrets.get(name)!.metadata;
    expect(world.stores.bindings.get('app')!.status!.secretRef).to.deep.equal({ name, resourceVersion });
  });

  it('is taken for right by replicas that came too late to know', async () => {
    const wrong = keptSecret(web, { values: { a: 'wrong' }, kinds: [] });
    world.stores.secrets.put(wrong);
    const late = new LostSecrets(world.stores);
    await pass();
    expect(values()).to.deep.equal({ a: '1' });
    expect(late.find(KEPT)).to.equal(undefined);
    const right = structuredClone(world.stores.secrets.get(KEPT)!) as Secret;
    world.stores.secrets.put({ ...right, data: wrong.data! });
    expect(late.find(KEPT)!.what).to.equal(`Secret ${KEPT} differs in data.a`);
  });
});
