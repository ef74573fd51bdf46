// What is seen of a key space that is there: how much it holds against its quota, and whether its role is as it was made.
import { expect } from 'chai';
import { etcdBackend } from '../../src/backends/etcd/backend.js';
import { clientFor } from '../../src/backends/etcd/clients.js';
import type { EtcdQuota } from '../../src/backends/etcd/settings.js';
import type { Observation } from '../../src/sdk/index.js';
import type { ServiceInstance } from '../../src/sdk/resources/kinds.js';
import { newId } from '../support/broker.js';
import { eventually } from '../support/unchanged.js';
import { instanceOf, untilDone } from './direct.js';
import { type Credentials, useEtcdScene } from './scene.js';
import { describeWithEtcd } from './server.js';

const QUOTA: EtcdQuota = { keys: 3, bytes: 3000, measureEverySeconds: 1 };

describeWithEtcd('a key space in etcd that is looked at', function () {
  this.timeout(60_000);
  const scene = useEtcdScene({ quota: QUOTA });

  /** As the broker sees it, with another quota perhaps. */
  async function seen(name: string, quota: EtcdQuota | undefined): Promise<Observation> {
    const settings = quota ? { quota } : {};
    return (await etcdBackend.observe!(instanceOf(scene.etcd, { name, settings }))) ?? {};
  }

  const conditionOf = async (name: string, quota: EtcdQuota): Promise<string> => {
    const [condition] = (await seen(name, quota)).conditions ?? [];
    return `${condition?.type} ${condition?.status} ${condition?.reason}: ${condition?.message}`;
  };

  const put = (key: string, value: string): Promise<string> =>
    scene.etcd.as(scene.etcd.admin, 'put', key, '--', value);

  it('is not measured where there is no quota', async () => {
    const id = newId();
    await scene.provision(id);
    expect(await seen(id, undefined)).to.deep.equal({});
    expect(await seen(id, { keys: 1 })).to.include({ againAfter: 60 });
    await scene.deprovision(id);
  });

  it('is measured in keys and in bytes, by its own keys alone', async () => {
    const [id, prefix] = ['a', '/service_instances/a/'];
    await scene.provision(id);
    await put('/service_instances/ab/k', 'not counted');
    await put('/service_instances/a0', 'not counted');
    expect(await conditionOf(id, { keys: 1 })).to.equal(
      'QuotaExceeded False WithinQuota: there are at most 1 keys',
    );
    await put(`${prefix}1`, 'abcd');
    await put(`${prefix}2`, '\u00fc');
    expect(await conditionOf(id, { keys: 2 })).to.include('False');
    expect(await conditionOf(id, { keys: 1 })).to.equal(
      'QuotaExceeded True TooManyKeys: there are more than 1 keys',
    );
    const bytes = 2 * (prefix.length + 1) + 4 + 2;
    expect(await conditionOf(id, { keys: 9, bytes })).to.equal(
      `QuotaExceeded False WithinQuota: there are at most 9 keys and ${bytes} bytes`,
    );
    expect(await conditionOf(id, { bytes: bytes - 1 })).to.equal(
      `QuotaExceeded True TooManyBytes: keys and values are longer than ${bytes - 1} bytes`,
    );
    await scene.etcd.as(scene.etcd.admin, 'del', '/service_instances/a', '--prefix');
    await scene.deprovision(id);
  });

  it('is measured from page to page, where an answer has no room for all of it', async () => {
    const [id, client] = [newId(), clientFor(instanceOf(scene.etcd))];
    await scene.provision(id);
    const signal = new AbortController().signal;
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const write = (names: string[], value: string): Promise<unknown> => {
      const puts = names.map((name) => ({
        key: base64(`/service_instances/${id}/${name}`),
        value: base64(value),
      }));
      return client.call('kv/txn', { success: puts.map((put) => ({ request_put: put })) }, signal);
    };
    const large = Array.from({ length: 14 }, (_, index) => `large-${index}`);
    for (const name of large) await write([name], 'v'.repeat(1_000_000));
    const small = Array.from({ length: 1100 }, (_, index) => `small-${index}`);
    for (let first = 0; first < small.length; first += 100) await write(small.slice(first, first + 100), '');
    const names = [...large, ...small].join('').length;
    const bytes = 14_000_000 + names + 1114 * `/service_instances/${id}/`.length;
    expect(await conditionOf(id, { keys: 1114, bytes })).to.include('False');
    expect(await conditionOf(id, { bytes: bytes - 1 })).to.include('True TooManyBytes');
    await scene.deprovision(id);
  });

  it('tells by a condition and an Event that it outgrew its quota, and that it does no more', async () => {
    const [id, binding] = [newId(), newId()];
    await scene.provision(id);
    const account = await scene.bind(id, binding);
    const quotaOf = ({ status }: Readonly<ServiceInstance>) =>
      status?.conditions?.find(({ type }) => type === 'QuotaExceeded')?.status;
    await scene.kube.instances.until(id, (object) => quotaOf(object) === 'False');
    for (const name of ['1', '2', '3', '4'])
      await scene.etcd.as(account, 'put', `${account.keypath}/${name}`, 'v');
    await scene.kube.instances.until(id, (object) => quotaOf(object) === 'True');
    await scene.kube.events.untilSome(1, ({ reason, involvedObject }) => {
      return reason === 'TooManyKeys' && involvedObject.name === id;
    });
    await scene.etcd.as(account, 'del', `${account.keypath}/1`);
    await scene.kube.instances.until(id, (object) => quotaOf(object) === 'False');
    await scene.deprovision(id);
  });
});

describeWithEtcd('a role in etcd that somebody changed', function () {
  this.timeout(60_000);
  // So that it is looked at within the test: the quota makes that often.
  const scene = useEtcdScene({ quota: { keys: 1000, measureEverySeconds: 1 } });

  const works = (account: Credentials): Promise<string> =>
    untilDone(() => scene.etcd.as(account, 'put', `${account.keypath}/k`, 'v'));

  const roleOf = async (id: string): Promise<string> =>
    scene.etcd.as(scene.etcd.admin, 'role', 'get', `instance-${id}`);

  it('is there again with all of its users, where it was deleted', async () => {
    const [id, other] = [newId(), newId()];
    await scene.provision(id);
    await scene.provision(other);
    const accounts = [await scene.bind(id, newId()), await scene.bind(id, newId())];
    const neighbour = await scene.bind(other, newId());
    const before = await roleOf(id);
    await scene.etcd.as(scene.etcd.admin, 'role', 'delete', `instance-${id}`);
    for (const account of accounts) expect(await works(account)).to.equal('OK\n');
    expect(await roleOf(id)).to.equal(before);
    expect(await scene.refused(neighbour, 'get', `${accounts[0]!.keypath}/k`)).to.include(
      'permission denied',
    );
    await scene.kube.events.untilSome(1, ({ message }) => message === `the role instance-${id} is missing`);
    await scene.deprovision(id);
    await scene.deprovision(other);
  });

  it('has its own range and no other again, where it was widened, narrowed or taken away', async () => {
    const id = newId();
    await scene.provision(id);
    const account = await scene.bind(id, newId());
    const before = await roleOf(id);
    const prefix = `/service_instances/${id}/`;
    for (const change of [
      ['grant-permission', `instance-${id}`, 'readwrite', '/elsewhere'],
      ['grant-permission', `instance-${id}`, '--prefix=true', 'read', prefix],
      ['revoke-permission', `instance-${id}`, '--prefix=true', prefix],
    ]) {
      await scene.etcd.as(scene.etcd.admin, 'role', ...change);
      expect(await roleOf(id)).to.not.equal(before);
      await eventually(
        () => roleOf(id),
        (now) => now === before,
      );
      expect(await works(account)).to.equal('OK\n');
    }
    await scene.deprovision(id);
  });

  // The users come before the range, without which the role is not finished.
  it('is put right by what is begun anew, where that was interrupted', async () => {
    const id = newId();
    await scene.provision(id);
    const account = await scene.bind(id, newId());
    await scene.etcd.as(scene.etcd.admin, 'role', 'delete', `instance-${id}`);
    await scene.etcd.as(scene.etcd.admin, 'role', 'add', `instance-${id}`);
    expect(await works(account)).to.equal('OK\n');
    await scene.deprovision(id);
  });
});
