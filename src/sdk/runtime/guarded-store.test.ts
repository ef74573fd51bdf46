import { expect } from 'chai';
import type { KubeObject } from '../kube/types.js';
import { guardedStore } from './guarded-store.js';
import { ManualClock, MemoryLog, ScriptedClient, settle, type Thing, thing } from './harness.test.js';
import { NotLeaderError } from './leader-term.js';
import { ResourceStore } from './resource-store.js';
import type { Store } from './store.js';

describe('guardedStore', () => {
  let client: ScriptedClient;
  let store: ResourceStore<Thing>;
  let guarded: Store<Thing>;
  let isLeader: boolean;

  beforeEach(() => {
    client = new ScriptedClient();
    store = new ResourceStore<Thing>({ client, log: new MemoryLog(), clock: new ManualClock() });
    isLeader = true;
    guarded = guardedStore(store, () => {
      if (!isLeader) throw new NotLeaderError('over');
    });
  });

  const rejection = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  const writes: [string, (store: Store<Thing>) => Promise<Readonly<KubeObject> | undefined>][] = [
    ['create', (s) => s.create(thing('a', '1'))],
    ['replace', (s) => s.replace(thing('a', '1'))],
    ['replaceStatus', (s) => s.replaceStatus(thing('a', '1'))],
    ['delete', (s) => s.delete('a', { uid: 'a-1' })],
  ];

  for (const [verb, write] of writes) {
    it(`lets a ${verb} pass while the guard does`, async () => {
      const written = write(guarded);
      const request = await client.requests.next();
      expect(request.args).to.deep.equal({ verb, name: 'a' });
      request.answer(thing('a', '2'));
      expect((await written)?.metadata.resourceVersion).to.equal('2');
    });

    it(`sends no ${verb} that the guard refuses`, async () => {
      isLeader = false;
      expect(await rejection(write(guarded))).to.be.instanceOf(NotLeaderError);
      expect(client.requests.waiting).to.equal(0);
    });

    it(`sends no ${verb} that had to wait until the guard refused`, async () => {
      const before = store.replace(thing('a', '1'));
      const request = await client.requests.next();
      const outcome = rejection(write(guarded));
      await settle();
      isLeader = false;
      request.answer(thing('a', '2'));
      await before;
      expect(await outcome).to.be.instanceOf(NotLeaderError);
      expect(client.requests.waiting).to.equal(0);
    });
  }

  it('shows what the store shows, and reads when it may not write', async () => {
    isLeader = false;
    const read = guarded.read('a');
    (await client.requests.next()).answer(thing('a', '1'));
    expect((await read)?.metadata.name).to.equal('a');
    const told: string[] = [];
    guarded.onChange((name) => told.push(name));
    const created = store.create(thing('b', '2'));
    (await client.requests.next()).answer(thing('b', '2'));
    await created;
    expect(told).to.deep.equal(['b']);
    expect(guarded.get('b')).to.equal(store.get('b'));
    expect(guarded.list()).to.deep.equal(store.list());
    expect((await guarded.waitFor('b', Boolean, { timeoutMs: 1 })).met).to.equal(true);
  });
});
