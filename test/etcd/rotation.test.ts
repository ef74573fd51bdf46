// Rotation: a successor has a user of its own, both work until the predecessor is removed or its time is over, and then
// its user is gone.
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import type { ServiceBinding } from '../../src/sdk/resources/kinds.js';
import { newId } from '../support/broker.js';
import { bindingOf, instanceOf } from './direct.js';
import { type Credentials, type EtcdScene, useEtcdScene } from './scene.js';
import { describeWithEtcd } from './server.js';

const rotate = async (
  scene: EtcdScene,
  id: string,
  predecessor: string,
  to: string,
): Promise<Credentials> => {
  const { status, body } = await scene.osb.bind(id, to, { predecessor_binding_id: predecessor });
  expect(status, JSON.stringify(body)).to.equal(201);
  return body.credentials;
};

describeWithEtcd('credentials of etcd that are rotated', function () {
  this.timeout(60_000);
  const scene = useEtcdScene();

  it('both work until the predecessor is removed', async () => {
    const [id, first, second] = [newId(), newId(), newId()];
    await scene.provision(id);
    const predecessor = await scene.bind(id, first);
    const successor = await rotate(scene, id, first, second);
    expect(successor.username).to.not.equal(predecessor.username);
    expect(successor.keypath).to.equal(predecessor.keypath);
    const key = `${successor.keypath}/k`;
    expect(await scene.etcd.as(predecessor, 'put', key, 'v')).to.equal('OK\n');
    expect(await scene.etcd.as(successor, 'get', key, '--print-value-only')).to.equal('v\n');
    await scene.unbind(id, first);
    expect(await scene.refused(predecessor, 'get', key)).to.include('authentication failed');
    expect(await scene.etcd.as(successor, 'get', key, '--print-value-only')).to.equal('v\n');
    await scene.deprovision(id);
  });

  it('last for ever where the plan says nothing, and as long as it says', async () => {
    const times = async (credentialsLifetimeSeconds?: number): Promise<(number | undefined)[]> => {
      const settings = credentialsLifetimeSeconds === undefined ? {} : { credentialsLifetimeSeconds };
      const instance = instanceOf(scene.etcd, { settings });
      await etcdBackend.ensure(instance);
      const began = Date.now();
      const bound = await etcdBackend.bind!(bindingOf(instance));
      const ended = Date.now();
      await etcdBackend.destroy(instance);
      const { expiresAt, renewBefore } = bound.state === 'done' ? bound.result : {};
      if (expiresAt) expect(expiresAt.getTime()).to.be.within(began + 3_600_000, ended + 3_600_000);
      return [expiresAt && expiresAt.getTime() - renewBefore!.getTime()];
    };
    expect(await times()).to.deep.equal([undefined]);
    expect(await times(3600)).to.deep.equal([1_800_000]);
  });
});

describeWithEtcd('credentials of etcd that expire', function () {
  this.timeout(60_000);
  const scene = useEtcdScene({ credentialsLifetimeSeconds: 5 });

  const isExpired = ({ status }: Readonly<ServiceBinding>): boolean =>
    status?.conditions?.some(({ type, status: is }) => type === 'Expired' && is === 'True') ?? false;

  it('are useless when their time is over, those of the successor after its own', async () => {
    const [id, first, second] = [newId(), newId(), newId()];
    await scene.provision(id);
    const predecessor = await scene.bind(id, first);
    const { metadata } = (await scene.osb.fetchBinding(id, first)).body;
    expect(metadata).to.have.all.keys('expires_at', 'renew_before');
    await rotate(scene, id, first, second);
    await scene.kube.bindings.until(first, isExpired);
    const key = `${predecessor.keypath}/k`;
    expect(await scene.refused(predecessor, 'get', key)).to.include('authentication failed');
    const users = async (): Promise<string[]> => (await scene.etcd.everything()).users;
    expect(await users()).to.not.include(predecessor.username);
    await scene.kube.bindings.until(second, isExpired);
    expect(await users()).to.deep.equal([]);
    await scene.unbind(id, first);
    await scene.unbind(id, second);
    await scene.deprovision(id);
  });
});
