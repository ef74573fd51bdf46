// What one may not do with the credentials of another instance.
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { type Credentials, useEtcdScene } from './scene.js';
import { describeWithEtcd } from './server.js';

describeWithEtcd('a key space in etcd', function () {
  this.timeout(60_000);
  const scene = useEtcdScene();

  it('lets nobody out of their own prefix', async () => {
    const [id, longer, binding] = ['a', 'ab', newId()];
    await scene.provision(id);
    await scene.provision(longer);
    const account = await scene.bind(id, binding);
    const neighbour = '/service_instances/ab/secret';
    const [lease] = /[0-9a-f]{16}/.exec(await scene.etcd.as(scene.etcd.admin, 'lease', 'grant', '600')) ?? [];
    await scene.etcd.as(scene.etcd.admin, 'put', neighbour, 'x', '--lease', lease!);
    const [own, end] = ['/service_instances/a/', '/service_instances/a0'];
    for (const words of [
      ['get', neighbour],
      ['put', neighbour, 'y'],
      ['del', neighbour],
      ['get', '/service_instances/a', '--prefix'],
      ['get', '', '--prefix'],
      ['get', '/service_instances/', '/service_instances0'],
      ['get', own, `${end}\u0001`],
      ['del', '/service_instances/', '--prefix'],
      ['watch', neighbour],
      ['watch', '/service_instances/', '--prefix'],
      ['lease', 'revoke', lease!],
      ['put', '/service_instances/a', 'y'],
      ['put', end, 'y'],
      ['role', 'list'],
      ['user', 'list'],
      ['user', 'get', `user-${longer}_${binding}`],
      ['role', 'grant-permission', `instance-${id}`, 'readwrite', neighbour],
    ])
      expect(await scene.refused(account, ...words), words.join(' ')).to.include('permission denied');
    expect(await scene.etcd.as(account, 'put', `${own}x`, 'y')).to.equal('OK\n');
    expect(await scene.etcd.as(account, 'get', own, '--prefix', '--print-value-only')).to.equal('y\n');
    expect(await scene.etcd.as(scene.etcd.admin, 'get', neighbour, '--print-value-only')).to.equal('x\n');
    await scene.unbind(id, binding);
    await scene.deprovision(id);
    await scene.deprovision(longer);
  });

  it('keeps apart instances whose ids would be paths', async () => {
    const ids = ['x', 'x/y', 'x%2Fy', '../x', 'ü x'];
    const accounts: Credentials[] = [];
    for (const [index, id] of ids.entries()) {
      await scene.provision(id);
      accounts.push(await scene.bind(id, `b-${index}`));
    }
    expect(new Set(accounts.map(({ keypath }) => keypath)).size).to.equal(ids.length);
    for (const account of accounts) {
      await scene.etcd.as(account, 'put', `${account.keypath}/mine`, account.username);
      for (const other of accounts.filter((each) => each !== account))
        expect(await scene.refused(account, 'get', `${other.keypath}/mine`)).to.include('permission denied');
    }
    for (const [index, id] of ids.entries()) {
      await scene.unbind(id, `b-${index}`);
      await scene.deprovision(id);
    }
  });
});
