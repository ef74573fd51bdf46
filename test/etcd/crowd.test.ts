// Many lives at a time in one etcd, which refuses whatever is under way while users or roles change.
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import { bindingOf, instanceOf, NOTHING } from './direct.js';
import { describeWithEtcd, EtcdServer } from './server.js';

describeWithEtcd('a crowd in one etcd', function () {
  this.timeout(60_000);

  it('lives on without one step that fails', async () => {
    const etcd = await EtcdServer.start();
    try {
      const live = async (name: string): Promise<void> => {
        const instance = instanceOf(etcd, { name, settings: { timeoutMs: 20_000 } });
        await etcdBackend.ensure(instance);
        await etcdBackend.bind!(bindingOf(instance, name));
        await etcdBackend.unbind!(bindingOf(instance, name));
        await etcdBackend.destroy(instance);
      };
      for (let round = 0; round < 3; round++)
        await Promise.all(Array.from({ length: 16 }, (_, index) => live(`i-${round}-${index}`)));
      expect(await etcd.everything()).to.deep.equal(NOTHING);
    } finally {
      await etcd.stop();
    }
  });
});
