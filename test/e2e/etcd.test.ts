// A small etcd beside a broker on a real cluster: installed, used, its pod replaced, removed. Where the cluster provides
// no volumes, its volume is a folder of this machine, which has to be the node then, as with the images.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describeWithEtcd } from '../etcd/server.js';
import { eventually } from '../support/unchanged.js';
import { attempt, everything, get, kubectl, run } from './cluster.js';

const NAMESPACE = `e2e-etcd-${randomBytes(3).toString('hex')}`;
const IMAGE = process.env.IMAGE ?? 'brokersdk';
const INSTANCE = {
  ...{ VIA: 'cluster', NAMESPACE, INSTANCE_ID: randomUUID(), BINDING_ID: randomUUID() },
  SERVICE_ID: '5b0ad2fe-f7c0-11e6-8e76-7fc33eaeccd4',
  PLAN_ID: '5bcfa502-f7c0-11e6-bd06-e323138af97b',
};
const IN_NAMESPACE = ['--namespace', NAMESPACE];

const install = (...options: string[]): Promise<string> =>
  run('install/etcd/install.sh', [
    ...[...IN_NAMESPACE, '--image', `${IMAGE}-etcd:latest`, '--cluster-ip'],
    ...options,
  ]);
const uninstall = () => attempt('install/etcd/uninstall.sh', IN_NAMESPACE);
const ours = (...words: string[]): Promise<any> => get(...IN_NAMESPACE, ...words);
const script = (name: string, env: NodeJS.ProcessEnv = INSTANCE): Promise<string> =>
  run(`test-scripts/${name}.sh`, [], env);

async function password(): Promise<string> {
  const { data } = await ours('secret', 'etcd-admin');
  return Buffer.from(data.password, 'base64').toString();
}

/** etcdctl with the credentials of the binding. */
async function asApplication(...words: string[]): Promise<string> {
  const said = await run('test-scripts/fetch.sh', ['binding'], { ...INSTANCE, SHOW_CREDENTIALS: '1' });
  const { credentials } = JSON.parse(said.slice(said.indexOf('{')));
  const { username, password, endpoints, keypath } = credentials;
  const env = { ETCDCTL_API: '3', ETCDCTL_USER: username, ETCDCTL_PASSWORD: password };
  const key = words.map((word) => word.replace('KEYPATH', keypath));
  return run('etcdctl', ['--endpoints', endpoints.join(), ...key], env);
}

/** A volume that only this etcd can claim; nothing where the cluster provides one. */
async function provideVolume(folder: string): Promise<string | undefined> {
  const { items } = await get('storageclasses');
  const isDefault = ({ metadata }: any): boolean =>
    metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  if (items.some(isDefault)) return undefined;
  mkdirSync(join(folder, 'volume'));
  const node = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'Exists' }] };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: NAMESPACE },
    spec: {
      capacity: { storage: '4Gi' },
      accessModes: ['ReadWriteOnce'],
      claimRef: { namespace: NAMESPACE, name: 'data-etcd-0' },
      local: { path: join(folder, 'volume') },
      nodeAffinity: { required: { nodeSelectorTerms: [node] } },
    },
  };
  writeFileSync(join(folder, 'volume.json'), JSON.stringify(volume));
  await kubectl('create', '--filename', join(folder, 'volume.json'));
  return `persistentvolume/${NAMESPACE}`;
}

describeWithEtcd('an etcd of its own on a cluster', function () {
  this.timeout(600_000);
  this.bail(true);
  let folder: string;
  let volume: string | undefined;
  let present: string[];
  let isBroken = false;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'etcd-volume-'));
    const options = ['--image', `${IMAGE}:latest`, '--replicas', '1', '--no-echo-service'];
    await run('install/kubernetes/install.sh', [...IN_NAMESPACE, ...options]);
    present = await everything(NAMESPACE);
    volume = await provideVolume(folder);
  });

  afterEach(function () {
    isBroken ||= this.currentTest?.state === 'failed';
  });

  after(async () => {
    if (isBroken) {
      console.error((await attempt('kubectl', [...IN_NAMESPACE, 'get', 'all,pvc,osbo,events'])).said);
      await attempt('kubectl', [...IN_NAMESPACE, 'delete', 'osbb,osbi', '--all', '--timeout=60s']);
      await uninstall();
      if (volume) await attempt('kubectl', ['delete', volume]);
    }
    const { code, said } = await attempt('install/kubernetes/uninstall.sh', [...IN_NAMESPACE, '--keep-crds']);
    rmSync(folder, { recursive: true });
    expect(code, said).to.equal(0);
  });

  it('is installed with authentication on, and its offering in the catalog', async () => {
    expect(await install()).to.include('etcd is ready at http://');
    const { spec } = await ours('service', 'etcd');
    const anonymous = ['--endpoints', `${spec.clusterIP}:2379`, 'get', 'anything'];
    expect((await attempt('etcdctl', anonymous, { ETCDCTL_API: '3' })).said).to.include('user name is empty');
    const [{ status }] = (await ours('serviceofferings.sdkbroker.broker.io', 'etcd')).status.conditions;
    expect(status).to.equal('True');
  });

  it('says its password in no log', async () => {
    const secret = await password();
    for (const where of ['etcd-0', 'job/etcd-authentication']) {
      const log = await kubectl(...IN_NAMESPACE, 'logs', where);
      expect(log, where).to.match(/authentication is on|enabled authentication/i);
      expect(log.includes(secret), `the password is in the log of ${where}`).to.equal(false);
    }
  });

  it('stays as it is where it is installed again', async () => {
    const [secret, { metadata }] = [await password(), await ours('pod', 'etcd-0')];
    expect(await install()).to.include('password: kept');
    expect(await password()).to.equal(secret);
    expect((await ours('pod', 'etcd-0')).metadata.uid).to.equal(metadata.uid);
  });

  it('serves the thirteen steps', async () => {
    const admin = { ETCD_ADMIN_USERNAME: 'root', ETCD_ADMIN_PASSWORD: await password() };
    const ids = { INSTANCE_ID: randomUUID(), BINDING_ID: randomUUID() };
    expect(await script('etcd-lifecycle', { ...INSTANCE, ...ids, ...admin })).to.include(
      'The thirteen steps went well.',
    );
  });

  it('has keys and users still when its pod is another', async () => {
    await script('provision');
    await script('bind');
    await asApplication('put', 'KEYPATH/hello', 'world');
    const { metadata } = await ours('pod', 'etcd-0');
    await kubectl(...IN_NAMESPACE, 'delete', 'pod', 'etcd-0');
    await kubectl(...IN_NAMESPACE, 'rollout', 'status', 'statefulset/etcd', '--timeout=180s');
    expect((await ours('pod', 'etcd-0')).metadata.uid).not.to.equal(metadata.uid);
    expect(await asApplication('get', 'KEYPATH/hello', '--print-value-only')).to.equal('world\n');
  });

  it('is not removed while an instance lives in it', async () => {
    const refusal = await uninstall();
    expect(refusal.code).to.equal(1);
    expect(refusal.said).to.include(INSTANCE.INSTANCE_ID);
    expect(await asApplication('get', 'KEYPATH/hello', '--print-value-only')).to.equal('world\n');
  });

  it('leaves nothing behind once that is gone', async () => {
    await script('unbind');
    await script('deprovision');
    const { code, said } = await uninstall();
    expect(code, said).to.equal(0);
    if (volume) await kubectl('delete', volume);
    const left = async (): Promise<string[]> =>
      (await everything(NAMESPACE)).filter((name) => !present.includes(name));
    expect(await eventually(left, (names) => names.length === 0)).to.deep.equal([]);
  });
});
