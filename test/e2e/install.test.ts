// The whole way on a real cluster: installed, used, shaken, brought up to date, removed. The images are those that
// `make images` built last; a cluster elsewhere than on this machine's Docker engine must have them already.
import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { runTool } from '../install/tools.js';
import { eventually } from '../support/unchanged.js';
import { attempt, everything, get, kubectl, run } from './cluster.js';
import { dockerHost } from './docker-host.js';
import { brokerPods, leader } from './leader.js';

const NAMESPACE = `e2e-${randomBytes(3).toString('hex')}`;
const IMAGE = process.env.IMAGE ?? 'brokersdk';
/** A second name of the same image, to bring the broker to. */
const TAG = process.env.TAG ?? 'latest';
const IN_CLUSTER = { VIA: 'cluster', NAMESPACE };

/** What a service of the samples answers to "hello". */
const RESPONSES: Record<string, string> = { echo_service: 'hello', invert_service: 'olleh' };

const install = (...options: string[]): Promise<string> =>
  run('install/kubernetes/install.sh', [
    ...['--namespace', NAMESPACE, '--echo-image', `${IMAGE}-echo-service:latest`],
    ...options,
  ]);
const uninstall = (...options: string[]) =>
  attempt('install/kubernetes/uninstall.sh', ['--namespace', NAMESPACE, ...options]);
const ours = (...words: string[]): Promise<any> => get('--namespace', NAMESPACE, ...words);
const script = (name: string, env: NodeJS.ProcessEnv = {}): Promise<string> =>
  run(`test-scripts/${name}.sh`, [], { ...IN_CLUSTER, ...env });

/** One life of an instance after the other, in so many rows at a time, for as long as the trouble lasts. */
async function livesDuring(trouble: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  let lives = 0;
  const live = async (): Promise<void> => {
    do {
      const ids = { INSTANCE_ID: randomUUID(), BINDING_ID: randomUUID() };
      for (const step of ['provision', 'bind', 'unbind', 'deprovision']) await script(step, ids);
      lives += 1;
    } while (!isOver);
  };
  const rows = Promise.all([live(), live()]);
  await Promise.all([rows, trouble().finally(() => (isOver = true))]);
  return lives;
}

describe('a broker on a cluster', function () {
  this.timeout(600_000);
  this.bail(true);
  let present: string[];
  let isBroken = false;
  const survivor = { INSTANCE_ID: randomUUID(), BINDING_ID: randomUUID() };

  before(async () => {
    present = await everything(NAMESPACE);
  });

  afterEach(function () {
    isBroken ||= this.currentTest?.state === 'failed';
  });

  after(async () => {
    if (!isBroken) return;
    for (const words of [
      ['get', 'all,events'],
      ['logs', '--selector', 'app.kubernetes.io/name=brokersdk', '--tail=50'],
    ])
      console.error((await attempt('kubectl', ['--namespace', NAMESPACE, ...words])).said);
    await attempt('kubectl', ['--namespace', NAMESPACE, 'delete', 'osbb,osbi', '--all', '--timeout=60s']);
    await uninstall();
  });

  it('is installed with two replicas', async () => {
    expect(await install('--image', `${IMAGE}:latest`, '--replicas', '2')).to.include('The broker is ready');
    expect((await ours('deployment', 'brokersdk')).status).to.include({ replicas: 2, readyReplicas: 2 });
  });

  it('stays as it is where it is installed again', async () => {
    const [secrets, deployment] = [await ours('secrets'), await ours('deployment', 'brokersdk')];
    await install('--image', `${IMAGE}:latest`, '--replicas', '2');
    expect((await ours('deployment', 'brokersdk')).metadata.generation).to.equal(
      deployment.metadata.generation,
    );
    const valuesOf = ({ items }: any): unknown[] =>
      items.map(({ metadata: { name }, data }: any) => [name, data]);
    expect(valuesOf(await ours('secrets'))).to.deep.equal(valuesOf(secrets));
  });

  it('serves each sample offering, from its catalog to its deprovision', async () => {
    const { items } = await ours('serviceofferings.sdkbroker.broker.io');
    expect(items.map(({ spec }: any) => spec.name).sort()).to.deep.equal(Object.keys(RESPONSES).sort());
    for (const { spec } of items) {
      for (const { id } of spec.plans) {
        const said = await script('lifecycle', {
          ...{ SERVICE_ID: spec.id, PLAN_ID: id, OTHER_PLAN_ID: '' },
          ...{ INSTANCE_ID: randomUUID(), BINDING_ID: randomUUID(), EXPECTED_RESPONSE: RESPONSES[spec.name] },
        });
        expect(said).to.include('The whole lifecycle went well.');
      }
    }
  });

  it('lets nobody in who has no name', async () => {
    for (const kind of [
      'serviceinstances',
      'servicebindings',
      'serviceofferings',
      'dockerhosts',
      'secrets',
    ]) {
      const words = ['get', kind, '--namespace', NAMESPACE, '--as', 'system:anonymous'];
      expect((await attempt('kubectl', words)).said, kind).to.match(/system:anonymous" cannot list/);
    }
  });

  it('gives agents no more than a host and its signs of life take', async () => {
    await install('--image', `${IMAGE}:latest`, '--replicas', '2', '--docker-agent');
    const agent = ['--namespace', NAMESPACE, '--as', `system:serviceaccount:${NAMESPACE}:brokersdk-agent`];
    runTool('kubectl', ['create', ...agent, '--filename', '-'], {
      input: JSON.stringify(dockerHost('one')),
    });
    for (const words of [
      ['get', 'secrets'],
      ['get', 'secret', 'brokersdk-tls'],
      ['delete', 'dockerhosts.sdkbroker.broker.io', 'one'],
      ['get', 'serviceinstances.sdkbroker.broker.io'],
    ]) {
      expect((await attempt('kubectl', [...agent, ...words])).said, words.join(' ')).to.match(
        /forbidden: User/,
      );
    }
    await install('--image', `${IMAGE}:latest`, '--replicas', '2');
    expect(
      (await attempt('kubectl', [...agent, 'get', 'dockerhosts.sdkbroker.broker.io', 'one'])).said,
    ).to.match(/forbidden: User/);
  });

  it('lets administrators in whose Secret is there', async () => {
    const options = ['--image', `${IMAGE}:latest`, '--replicas', '2', '--administrators'];
    await install(...options).then(
      () => expect.fail('installed without the Secret'),
      (error: Error) => expect(error.message).to.include('there is no Secret brokersdk-admin-credentials'),
    );
    const secret = {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'brokersdk-admin-credentials' } },
      stringData: { credentials: `admin:${randomUUID()}\n` },
    };
    runTool('kubectl', ['create', '--namespace', NAMESPACE, '--filename', '-'], {
      input: JSON.stringify(secret),
    });
    await install(...options);
    const { spec, status } = await ours('deployment', 'brokersdk');
    expect(status).to.include({ replicas: 2, readyReplicas: 2 });
    const { env } = spec.template.spec.containers[0];
    expect(env.map(({ name }: any) => name)).to.include('BROKER_ADMIN_CREDENTIALS_FILE');
  });

  it('goes on where the pod that runs the controllers is deleted', async () => {
    const lives = await livesDuring(async () => {
      const victim = await eventually(
        () => leader(NAMESPACE),
        (name) => name !== '',
      );
      await kubectl('--namespace', NAMESPACE, 'delete', 'pod', victim);
      await eventually(
        () => leader(NAMESPACE),
        (name) => name !== '' && name !== victim,
      );
      await kubectl('--namespace', NAMESPACE, 'rollout', 'status', 'deployment/brokersdk', '--timeout=120s');
    });
    expect(lives).to.be.at.least(2);
  });

  it('is brought to another image while instances live', async () => {
    await script('provision', survivor);
    const bound = await script('bind', { ...survivor, SHOW_CREDENTIALS: '1' });
    const old = (await brokerPods(NAMESPACE)).map(({ metadata }) => metadata.name);
    await livesDuring(() => install('--image', `${IMAGE}:${TAG}`, '--replicas', '2'));
    const pods = await brokerPods(NAMESPACE);
    if (TAG !== 'latest')
      expect(pods.filter(({ metadata }) => old.includes(metadata.name))).to.deep.equal([]);
    expect(pods.map(({ spec }) => spec.containers[0].image)).to.deep.equal(Array(2).fill(`${IMAGE}:${TAG}`));
    const fetched = await run('test-scripts/fetch.sh', ['binding'], {
      ...{ ...IN_CLUSTER, ...survivor, SHOW_CREDENTIALS: '1' },
    });
    const [uri] = /http[^"]*/.exec(bound.slice(bound.indexOf('"credentials"'))) ?? [];
    expect(uri).to.be.a('string');
    expect(fetched.includes(uri!), 'the credentials are the same').to.equal(true);
  });

  it('was never refused anything by the cluster, and told no secret to its log', async () => {
    const { data } = await ours('secret', 'brokersdk-credentials');
    const password = Buffer.from(data.password, 'base64').toString();
    for (const { metadata } of await brokerPods(NAMESPACE)) {
      const log = await kubectl('--namespace', NAMESPACE, 'logs', metadata.name);
      expect(log).to.include('the broker serves');
      expect(/: 403 |Forbidden/.exec(log)?.[0]).to.equal(undefined);
      expect(log.includes(password), 'the password is in the log').to.equal(false);
    }
  });

  it('is not removed while instances live', async () => {
    const refusal = await uninstall();
    expect(refusal.code).to.not.equal(0);
    expect(refusal.said).to.include(survivor.INSTANCE_ID).and.to.include(survivor.BINDING_ID);
    expect((await ours('deployment', 'brokersdk')).status).to.include({ readyReplicas: 2 });
    await script('fetch', survivor);
  });

  it('leaves nothing behind once they are gone', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret' };
    const labels = { 'sdkbroker.broker.io/secret': 'backend' };
    runTool('kubectl', ['create', '--namespace', NAMESPACE, '--filename', '-'], {
      input: JSON.stringify({ ...secret, metadata: { name: 'docker-host-tls-one', labels } }),
    });
    const removal = uninstall('--wait', '120');
    await script('unbind', survivor);
    await script('deprovision', survivor);
    const { code, said } = await removal;
    expect(code, said).to.equal(0);
    const after = await eventually(
      () => everything(NAMESPACE),
      (all) => !all.some((name) => name.includes(NAMESPACE)),
    );
    expect(after.filter((name) => !present.includes(name))).to.deep.equal([]);
  });
});
