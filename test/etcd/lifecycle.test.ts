// etcd as a service, through HTTP and with a real etcd: the life of an instance in thirteen steps.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { newId } from '../support/broker.js';
import { IDS, useEtcdScene } from './scene.js';
import { describeWithEtcd } from './server.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const execute = promisify(execFile);

describeWithEtcd('etcd as a service', function () {
  this.timeout(60_000);
  const scene = useEtcdScene();

  it('lives in thirteen steps', async () => {
    const [id, binding] = [newId(), newId()];
    const [service] = (await scene.osb.catalog()).body.services; // 1
    expect([service.id, service.plans[0].id]).to.deep.equal(IDS);
    await scene.provision(id); // 2
    const first = await scene.bind(id, binding); // 3
    expect(await scene.etcd.everything()).to.deep.equal({
      users: [`user-${id}_${binding}`],
      roles: [`instance-${id}`],
      keys: [],
    }); // 4
    const [endpoint] = scene.etcd.endpoints;
    const { port } = new URL(endpoint!);
    const keypath = `/service_instances/${id}`;
    expect(first).to.include({ host: '127.0.0.1', port, keypath, base_path: keypath }); // 5
    expect(first.uri).to.equal(`http://${first.username}:${first.password}@127.0.0.1:${port}`);
    const key = `${first.keypath}/hello`;
    expect(await scene.etcd.as(first, 'put', key, 'world')).to.equal('OK\n'); // 6
    expect(await scene.etcd.as(first, 'get', key, '--print-value-only')).to.equal('world\n');
    expect(await scene.refused(first, 'put', '/not-allowed', 'x')).to.include('permission denied'); // 7
    expect(await scene.etcd.as(scene.etcd.admin, 'get', '/not-allowed')).to.equal('');
    await scene.unbind(id, binding); // 8
    expect(await scene.refused(first, 'get', key)).to.include('authentication failed'); // 9
    const second = await scene.bind(id, binding); // 10
    expect(second.password === first.password, 'the same password').to.equal(false);
    expect(second.keypath).to.equal(first.keypath);
    expect(await scene.etcd.as(second, 'get', key, '--print-value-only')).to.equal('world\n'); // 11
    await scene.unbind(id, binding); // 12
    await scene.deprovision(id);
    expect(await scene.etcd.as(scene.etcd.admin, 'get', key)).to.equal(''); // 13
  });

  it('lives in the thirteen steps of the script', async () => {
    const { stdout, stderr } = await execute(join(ROOT, 'test-scripts/etcd-lifecycle.sh'), {
      env: {
        ...process.env,
        ...{
          BROKER_URL: scene.broker.url,
          SERVICE_ID: IDS[0],
          PLAN_ID: IDS[1],
          INSTANCE_ID: newId(),
          BINDING_ID: newId(),
        },
        ...{ ETCD_ADMIN_USERNAME: scene.etcd.admin.username, ETCD_ADMIN_PASSWORD: scene.etcd.admin.password },
      },
    });
    expect(stdout, stderr).to.include('The thirteen steps went well.');
    expect((stdout + stderr).includes(scene.etcd.admin.password), 'a password').to.equal(false);
  });

  it('deprovisions where nothing was ever written, and what has bindings and keys', async () => {
    const [empty, full] = [newId(), newId()];
    await scene.provision(empty);
    await scene.deprovision(empty);
    await scene.provision(full);
    const account = await scene.bind(full, newId());
    await scene.etcd.as(account, 'put', `${account.keypath}/a/b`, '1');
    await scene.deprovision(full);
  });

  it('has each of two bindings until its own unbind', async () => {
    const [id, first, second] = [newId(), newId(), newId()];
    await scene.provision(id);
    const [a, b] = [await scene.bind(id, first), await scene.bind(id, second)];
    await scene.etcd.as(a, 'put', `${a.keypath}/k`, 'v');
    await scene.unbind(id, first);
    expect(await scene.etcd.as(b, 'get', `${b.keypath}/k`, '--print-value-only')).to.equal('v\n');
    expect(await scene.refused(a, 'get', `${a.keypath}/k`)).to.include('authentication failed');
    await scene.unbind(id, second);
    await scene.deprovision(id);
  });

  it('tells no password to its log or to a custom resource', async () => {
    const [id, binding] = [newId(), newId()];
    await scene.provision(id);
    const { password } = await scene.bind(id, binding);
    const resources = JSON.stringify([await scene.kube.instances.list(), await scene.kube.bindings.list()]);
    for (const secret of [password, scene.etcd.admin.password])
      expect((scene.broker.log() + resources).includes(secret), 'a password').to.equal(false);
    await scene.unbind(id, binding);
    await scene.deprovision(id);
  });
});
