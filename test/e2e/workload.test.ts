// The sample workloads on a real cluster, from the offering to an application that uses its credentials; what becomes of
// them when somebody meddles, when a plan is wrong, and when the broker is killed. The images are those of `make images`.
import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { eventually } from '../support/unchanged.js';
import { type Application, runApplication } from './application.js';
import { attempt, everything, run } from './cluster.js';
import { killLeader } from './leader.js';
import { provideVolumes } from './volumes.js';
import { Scene } from './workload-scene.js';

const NAMESPACE = `e2e-${randomBytes(3).toString('hex')}`;
const IMAGE = process.env.IMAGE ?? 'brokersdk';
const POSTGRES = `${IMAGE}-postgres:latest`;
const BROKER_LABEL = 'app.kubernetes.io/component=broker';

const REASON = /^the container echo ends again and again: \d+ times so far, last with exit code 3$/;

const scene = new Scene(NAMESPACE, IMAGE);
const [echo, invert] = scene.offerings('workloads.yaml');
const [postgres] = scene.offerings('workloads-postgres.yaml');

const resource = (kind: string, name: string, spec: object): object => ({
  apiVersion: 'sdkbroker.broker.io/v1alpha1',
  kind,
  metadata: { name },
  spec,
});
const instance = (name: string, { spec }: any, plan = 0): object =>
  resource('ServiceInstance', name, { serviceId: spec.id, planId: spec.plans[plan].id });
const binding = (name: string, of: string): object =>
  resource('ServiceBinding', name, { instanceRef: { name: of } });

/** The conditions Accepted of these offerings, as far as they have one. */
async function accepted(...names: string[]): Promise<any[]> {
  const offerings = await Promise.all(names.map((name) => scene.get('osbo', name)));
  return offerings.map(({ status }) => status?.conditions?.find(({ type }: any) => type === 'Accepted'));
}

/** Applies these, if any, and expects that it succeeds. */
async function succeeds(kind: 'osbi' | 'osbb', name: string, ...manifests: object[]): Promise<void> {
  if (manifests.length > 0) await scene.apply(...manifests);
  const { state, description } = await scene.outcome(kind, name);
  expect(state, `${name}: ${description}`).to.equal('succeeded');
}

/** Deletes it, and waits until it and all that it owned is gone. */
async function remove(name: string): Promise<void> {
  await scene.kubectl('delete', 'osbi', name);
  expect(await scene.ownedBy(name)).to.deep.equal([]);
}

/** Where a test fails, it tells of this, and of no password. */
const digestOf = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('hex');

const MAX_ATTEMPTS = 10;

/** As applications do: again, since an address may lead to a pod that has just gone for a moment yet. */
async function use(binding: string, application: Application): Promise<{ code: number; output: string }> {
  for (let attempt = 1; ; attempt++) {
    const answer = await runApplication(scene, binding, application);
    if (answer.code === 0 || attempt === MAX_ATTEMPTS) return answer;
  }
}

/** As an application with this binding of the instance `database`. */
const sql = (user: string, text: string, database = 'database') =>
  use(user, {
    image: POSTGRES,
    command: ['psql', '--no-psqlrc', '--tuples-only', '--no-align', '--quiet', '--command', text],
    env: {
      PGHOST: 'host',
      PGPORT: 'port',
      PGUSER: 'username',
      PGPASSWORD: 'password',
      PGDATABASE: 'database',
    },
    service: `postgres-${database}`,
  });

const message = (service: string): Application => ({
  image: `${IMAGE}-echo-service:latest`,
  command: [
    'node',
    '--eval',
    `fetch(process.env.URI, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"message":"hello"}' })
      .then((answer) => answer.json()).then(({ response }) => console.log(response))`,
  ],
  env: { URI: 'uri' },
  service,
});

const appears = (kind: string, name: string): Promise<unknown> =>
  eventually(
    () => scene.find(kind, name),
    (found) => found !== undefined,
  );

describe('workloads on a cluster', function () {
  this.timeout(600_000);
  this.bail(true);
  let present: string[];
  let removeVolumes = async (): Promise<void> => {};
  let isBroken = false;

  before(async () => {
    present = await everything(NAMESPACE);
    removeVolumes = async () => {};
  });

  afterEach(function () {
    isBroken ||= this.currentTest?.state === 'failed';
  });

  after(async () => {
    if (isBroken) {
      for (const words of [
        ['get', 'osbi,osbb,all,events'],
        ['logs', '--selector', BROKER_LABEL, '--tail=50'],
      ])
        console.error((await attempt('kubectl', ['--namespace', NAMESPACE, ...words])).said);
      await attempt('kubectl', ['--namespace', NAMESPACE, 'delete', 'osbb,osbi', '--all', '--timeout=90s']);
      await attempt('install/kubernetes/uninstall.sh', ['--namespace', NAMESPACE]);
    }
    await removeVolumes();
  });

  it('are offered once the broker has the rights for them, and not before', async () => {
    const words = ['--namespace', NAMESPACE, '--image', `${IMAGE}:latest`, '--no-echo-service'];
    await run('install/kubernetes/install.sh', words);
    const samples = [echo, invert, postgres].map(({ metadata }) => metadata.name);
    await scene.apply(echo, invert, postgres);
    const refused = await eventually(
      () => accepted(...samples),
      (all) => all.every(Boolean),
    );
    for (const { status, message } of refused) {
      expect(status).to.equal('False');
      expect(message).to.match(/the broker may not get, .* services in the namespace/);
    }
    await run('install/kubernetes/install.sh', [...words, '--workloads']);
    await scene.kubectl('rollout', 'restart', 'deployment/brokersdk');
    await eventually(
      () => accepted(...samples),
      (all) => all.every(({ status }) => status === 'True'),
    );
    removeVolumes = await provideVolumes(scene, 4);
  });

  it('are used by applications: a database', async () => {
    await succeeds('osbi', 'database', instance('database', postgres));
    await succeeds('osbb', 'writer', binding('writer', 'database'));
    await succeeds('osbb', 'reader', binding('reader', 'database'));
    expect(
      await sql('writer', `CREATE TABLE notes (note text); INSERT INTO notes VALUES ('kept')`),
    ).to.include({
      code: 0,
    });
    expect(await sql('reader', 'SELECT note FROM notes')).to.deep.equal({ code: 0, output: 'kept' });
  });

  it('are used by applications: messages', async () => {
    for (const [name, offering, response] of [
      ['echo', echo, 'hello'],
      ['invert', invert, 'olleh'],
    ] as const) {
      await succeeds('osbi', name, instance(name, offering));
      await succeeds('osbb', `${name}-user`, binding(`${name}-user`, name));
      const answer = await use(`${name}-user`, message(`${name}-for-${name}-user`));
      expect(answer).to.deep.equal({ code: 0, output: response });
    }
    await scene.kubectl('delete', 'osbb', 'invert-user');
    expect(await scene.find('service', 'invert-for-invert-user')).to.equal(undefined);
    await remove('invert');
  });

  const took: string[] = [];
  const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const start = Date.now();
    await work();
    took.push(`${what} ${((Date.now() - start) / 1000).toFixed(1)} s`);
  };

  it('run the Job of a binding again where somebody deletes it', async () => {
    const name = 'postgres-writer-create';
    const { uid } = (await scene.get('job', name)).metadata;
    await scene.kubectl('delete', 'job', name, '--wait=false');
    await timed('job (deleted)', () =>
      eventually(
        () => scene.find('job', name),
        (found) => found !== undefined && found.metadata.uid !== uid,
      ),
    );
    await eventually(
      () => scene.get('job', name),
      ({ status }) => status.succeeded === 1,
    );
    expect(await sql('writer', 'SELECT note FROM notes')).to.deep.equal({ code: 0, output: 'kept' });
  });

  for (const [kind, name] of [
    ['service', 'postgres-database'],
    ['secret', 'postgres-database'],
    ['pod', 'postgres-database-0'],
    ['statefulset', 'postgres-database'],
    ['deployment', 'echo-echo'],
    ['service', 'echo-echo'],
    ['secret', 'postgres-writer-user'],
    ['service', 'echo-for-echo-user'],
    ['secret', 'binding-kept-echo-user'],
    ['secret', 'instance-kept-database'],
    ['secret', 'binding-kept-writer'],
    ['secret', 'binding-writer'],
  ] as const) {
    it(`are put back where somebody deletes the ${kind} ${name}`, async () => {
      const { metadata, data } = await scene.get(kind, name);
      await scene.kubectl('delete', kind, name, '--wait=false');
      await timed(`${kind} (deleted)`, () =>
        eventually(
          () => scene.find(kind, name),
          (found) => found !== undefined && found.metadata.uid !== metadata.uid,
        ),
      );
      expect(digestOf((await scene.get(kind, name)).data)).to.equal(digestOf(data));
    });
  }

  for (const [kind, name, patch] of [
    ['service', 'postgres-database', { spec: { selector: { 'app.kubernetes.io/name': 'nobody' } } }],
    // Beside ours, a port of the same name would not be valid.
    ['service', 'postgres-database', { spec: { ports: [{ name: 'postgres', port: 5433 }] } }],
    ['secret', 'postgres-database', { data: { password: 'd3Jvbmc=' } }],
    ['secret', 'postgres-writer-user', { data: { password: 'd3Jvbmc=' } }],
    ['secret', 'instance-kept-database', { data: { admin: 'd3Jvbmc=' } }],
    ['secret', 'binding-kept-writer', { data: { password: null } }],
    ['secret', 'binding-writer', { data: { password: 'd3Jvbmc=' } }],
    ['job', 'postgres-writer-create', { metadata: { labels: { 'sdkbroker.broker.io/instance': null } } }],
    ['service', 'echo-for-echo-user', { spec: { selector: { 'app.kubernetes.io/name': 'nobody' } } }],
    ['statefulset', 'postgres-database', { spec: { replicas: 0 } }],
    ['deployment', 'echo-echo', { spec: { replicas: 0 } }],
    [
      'persistentvolumeclaim',
      'postgres-database',
      { metadata: { labels: { 'sdkbroker.broker.io/instance': null } } },
    ],
  ] as const) {
    it(`are put back where somebody edits the ${kind} ${name}`, async () => {
      const wanted = ({ spec, data, metadata }: any): string =>
        digestOf([spec?.selector, spec?.ports, spec?.replicas, data, metadata.labels]);
      const before = wanted(await scene.get(kind, name));
      await scene.kubectl('patch', kind, name, '--type=merge', '--patch', JSON.stringify(patch));
      await timed(`${kind} (edited)`, () =>
        eventually(
          async () => wanted(await scene.get(kind, name)),
          (now) => now === before,
        ),
      );
    });
  }

  it('are put back with all that applications had', async () => {
    await eventually(
      () => scene.get('statefulset', 'postgres-database'),
      ({ status }) => status.readyReplicas === 1,
    );
    for (const user of ['reader', 'writer']) {
      expect(await sql(user, 'SELECT note FROM notes')).to.deep.equal({ code: 0, output: 'kept' });
    }
    await eventually(
      () => scene.get('deployment', 'echo-echo'),
      ({ status }) => status.readyReplicas === 1,
    );
    const answer = await use('echo-user', message('echo-for-echo-user'));
    expect(answer).to.deep.equal({ code: 0, output: 'hello' });
    console.log(`      put back after: ${took.join(', ')}`);
  });

  it('roll when their plan changes', async () => {
    await succeeds('osbi', 'database', instance('database', postgres, 1));
    expect(await sql('reader', 'SHOW max_connections')).to.deep.equal({ code: 0, output: '100' });
    expect(await sql('reader', 'SELECT note FROM notes')).to.deep.equal({ code: 0, output: 'kept' });
    expect(await scene.get('pods', '--selector', 'app.kubernetes.io/instance=database'))
      .to.have.property('items')
      .with.lengthOf(1);
  });

  it('are closed to a user that was unbound, and keep what it made', async () => {
    await scene.kubectl('delete', 'osbb', 'writer');
    expect(await sql('reader', `SELECT count(*) FROM pg_roles WHERE rolname = 'writer'`)).to.deep.equal({
      code: 0,
      output: '0',
    });
    expect(await sql('reader', 'SELECT note FROM notes')).to.deep.equal({ code: 0, output: 'kept' });
  });

  it('tell why they do not start, and go on as they were after a wrong update', async () => {
    const broken = JSON.parse(JSON.stringify(echo));
    broken.metadata.name = 'broken';
    Object.assign(broken.spec, { id: 'broken', name: 'broken' });
    const [good, bad] = broken.spec.plans;
    Object.assign(good, { id: 'broken-good' });
    Object.assign(bad, { id: 'broken-bad' });
    bad.settings.patienceSeconds = 5;
    const [container] = bad.settings.manifests[1].spec.template.spec.containers;
    container.command = ['node', '--eval', 'process.exit(3)'];
    await scene.apply(broken);
    await eventually(
      () => accepted('broken'),
      ([condition]) => condition?.status === 'True',
    );
    await succeeds('osbi', 'victim', instance('victim', broken));
    await scene.apply(instance('victim', broken, 1));
    const failed = await scene.outcome('osbi', 'victim');
    expect(failed).to.include({ state: 'failed', instanceUsable: true, updateRepeatable: true });
    expect(failed.description).to.match(REASON);
    expect((await scene.get('osbi', 'victim')).status.applied.planId).to.equal('broken-good');
    await succeeds('osbi', 'victim', instance('victim', broken));
    await scene.apply(instance('dead', broken, 1));
    const dead = await scene.outcome('osbi', 'dead');
    expect(dead.state).to.equal('failed');
    expect(dead.description).to.match(REASON);
    await remove('victim');
    await remove('dead');
    await scene.kubectl('delete', 'osbo', 'broken');
  });

  it('are removed while they start', async () => {
    await scene.apply(instance('early', postgres));
    await appears('pod', 'postgres-early-0');
    await remove('early');
  });

  it('come to be, change and go, though the broker is killed at each step', async () => {
    await scene.apply(instance('tough', postgres));
    await appears('secret', 'postgres-tough');
    await killLeader(NAMESPACE);
    await appears('pod', 'postgres-tough-0');
    await killLeader(NAMESPACE);
    await succeeds('osbi', 'tough');
    await scene.apply(binding('tough-user', 'tough'));
    await appears('job', 'postgres-tough-user-create');
    await killLeader(NAMESPACE);
    await succeeds('osbb', 'tough-user');
    expect(await sql('tough-user', 'SELECT 1', 'tough')).to.deep.equal({ code: 0, output: '1' });
    const { generation } = (await scene.get('statefulset', 'postgres-tough')).metadata;
    await scene.apply(instance('tough', postgres, 1));
    await eventually(
      () => scene.get('statefulset', 'postgres-tough'),
      ({ metadata }) => metadata.generation > generation,
    );
    await killLeader(NAMESPACE);
    await succeeds('osbi', 'tough');
    await scene.kubectl('delete', 'osbb', 'tough-user', '--wait=false');
    await appears('job', 'postgres-tough-user-drop');
    await killLeader(NAMESPACE);
    await scene.kubectl('wait', '--for=delete', 'osbb/tough-user', '--timeout=300s');
    await scene.kubectl('delete', 'osbi', 'tough', '--wait=false');
    await killLeader(NAMESPACE);
    await scene.kubectl('wait', '--for=delete', 'osbi/tough', '--timeout=300s');
    expect(await scene.ownedBy('tough')).to.deep.equal([]);
  });

  it('leave nothing behind', async () => {
    await remove('echo');
    await remove('database');
    const { code, said } = await attempt('install/kubernetes/uninstall.sh', ['--namespace', NAMESPACE]);
    expect(code, said).to.equal(0);
    await removeVolumes();
    const after = await eventually(
      () => everything(NAMESPACE),
      (all) => !all.some((name) => name.includes(NAMESPACE)),
    );
    expect(after.filter((name) => !present.includes(name))).to.deep.equal([]);
  });
});
