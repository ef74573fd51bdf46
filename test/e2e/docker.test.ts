// Containers on a Docker host outside a real cluster, from the installation of the broker to its removal: the agent with the
// account that install.sh makes, the samples, applications that use Redis, images over HTTP, and what becomes of it all when
// the agent dies and when the broker is killed. The images are those of `make images`; this machine has to be the node.
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { runTool } from '../install/tools.js';
import { missingDocker } from '../support/docker-engine.js';
import { suiteUnless } from '../support/skip.js';
import { eventually } from '../support/unchanged.js';
import { attempt, everything, kubectl, run } from './cluster.js';
import { DockerScene, HOST } from './docker-scene.js';
import { brokerPods, killLeader } from './leader.js';
import { Connection, type Credentials, missingRedisCli, redis } from './redis.js';

const NAMESPACE = `e2e-${randomBytes(3).toString('hex')}`;
const IMAGE = process.env.IMAGE ?? 'brokersdk';
const REDIS = `${IMAGE}-redis:latest`;
const SAMPLE = new URL('../../install/samples/docker.yaml', import.meta.url);
const KINDS = 'serviceinstances,servicebindings,serviceofferings,dockerhosts,leases,events';

/** For curl: a request that leads to a pod which has just gone is sent again. */
const PERSISTENT = '--connect-timeout 3 --retry 10 --retry-delay 1 --retry-all-errors';

/** What the scripts are told of a plan. */
type Plan = Record<'SERVICE_ID' | 'PLAN_ID', string>;
const SMALL: Plan = {
  SERVICE_ID: '7c1f6a04-58e2-4d0a-9a57-2f0b6f3d9e01',
  PLAN_ID: '7c1f6a04-58e2-4d0a-9a57-2f0b6f3d9e11',
};
const SHARED: Plan = {
  SERVICE_ID: '7c1f6a04-58e2-4d0a-9a57-2f0b6f3d9e03',
  PLAN_ID: '7c1f6a04-58e2-4d0a-9a57-2f0b6f3d9e31',
};
/** That of an image that is put over HTTP. */
const FREE: Plan = { SERVICE_ID: REDIS, PLAN_ID: `${REDIS}_free` };

const words = ['--namespace', NAMESPACE];
const ours = (...more: string[]): Promise<string> => kubectl(...words, ...more);
const install = (...options: string[]): Promise<string> =>
  run('install/kubernetes/install.sh', [
    ...[...words, '--image', `${IMAGE}:latest`, '--replicas', '2', '--no-echo-service'],
    ...options,
  ]);
const uninstall = () => attempt('install/kubernetes/uninstall.sh', words);

const inCluster = { VIA: 'cluster', NAMESPACE };
const script = (name: string, env: NodeJS.ProcessEnv): Promise<string> =>
  run(`test-scripts/${name}.sh`, name === 'fetch' ? ['binding'] : [], { ...inCluster, ...env });

suiteUnless(
  missingDocker() ?? missingRedisCli(),
  'containers on a Docker host beside a cluster',
  function () {
    this.timeout(600_000);
    this.bail(true);
    let scene: DockerScene;
    let present: string[];
    let isBroken = false;
    /** What must appear nowhere, and where it could. */
    const secrets: string[] = [];
    const told: string[] = [];
    const instance = { ...SMALL, INSTANCE_ID: randomUUID() };
    const [one, other] = [instance, instance].map((of) => ({ ...of, BINDING_ID: randomUUID() }));
    let credentials: Credentials[];
    let open: Connection;

    before(async () => {
      present = await everything(NAMESPACE);
      scene = await DockerScene.open(NAMESPACE, REDIS);
    });

    afterEach(function () {
      isBroken ||= this.currentTest?.state === 'failed';
    });

    after(async () => {
      if (isBroken) {
        for (const what of [
          ['get', 'osbi,osbb,osbo,osbh,pods,events'],
          ['logs', '--selector', 'app.kubernetes.io/component=broker', '--tail=50'],
        ])
          console.error((await attempt('kubectl', [...words, ...what])).said);
        console.error(scene?.agents.map(({ text }) => text).join('\n'));
        await attempt('kubectl', [...words, 'delete', 'osbb,osbi', '--all', '--timeout=60s']);
        await attempt('kubectl', [...words, 'delete', 'secret', 'docker-echo-credentials']);
      }
      await scene?.close();
      if (isBroken) await uninstall();
    });

    /** Makes the binding; resolves with its credentials. */
    async function bind(binding: NodeJS.ProcessEnv): Promise<Credentials> {
      await script('bind', binding);
      const said = await script('fetch', { ...binding, SHOW_CREDENTIALS: '1' });
      const { credentials } = JSON.parse(said.slice(said.indexOf('{')));
      secrets.push(credentials.password);
      return credentials;
    }

    /** Adds what the cluster tells about the broker now. */
    async function listen(): Promise<void> {
      told.push(await ours('get', KINDS, '--output', 'json'));
      for (const { metadata } of await brokerPods(NAMESPACE)) told.push(await ours('logs', metadata.name));
    }

    /** The condition Accepted of an offering, once it is said. */
    const accepted = (name: string, status: 'True' | 'False'): Promise<any> =>
      eventually(
        async () => {
          const offering = await scene.get('serviceofferings.sdkbroker.broker.io', name);
          return offering.status?.conditions?.find(({ type }: any) => type === 'Accepted');
        },
        (condition) => condition?.status === status,
      );

    /** Waits until the catalog has the service, or has it no more: one replica may know before the other. */
    const listed = (service: string, isThere: boolean): Promise<string> =>
      eventually(
        () => script('catalog', {}),
        (catalog) => catalog.includes(`"name": "${service}"`) === isThere,
      );

    async function expectNothing(): Promise<void> {
      expect(await scene.engine.everything()).to.deep.equal({ containers: [], volumes: [] });
      expect((await scene.get('dockerhost', HOST)).status).to.deep.include({
        instances: [],
        instanceCount: 0,
      });
    }

    it('are beside a broker with an account for agents, and with administrators', async () => {
      await install('--docker-agent');
      await scene.makeAdministrator();
      await install('--docker-agent', '--administrators');
      await scene.makeAgentKubeconfig();
      await scene.openTheWay();
    });

    it('have a host once its agent runs there, whose certificates an administrator brings', async () => {
      const agent = await scene.startAgent();
      expect(agent.text).to.match(/no right to write the Secret docker-host-tls-docker-1/);
      const { ca, cert, key } = scene.engine.address.tls!;
      await scene.administer('PUT', `/certificate/${HOST}`, { CA: ca, ClientCert: cert, ClientKey: key });
      const { spec } = await scene.get('dockerhost', HOST);
      expect(spec.tls).to.deep.equal({ secretRef: { name: `docker-host-tls-${HOST}` } });
      await eventually(
        () => scene.alive(),
        (alive) => alive?.status === 'True',
      );
      const [, row] = (await ours('get', 'osbh')).split('\n');
      expect(row!.split(/\s+/).slice(0, 5)).to.deep.equal([
        ...[HOST, scene.engine.address.engine, 'True', 'true', '0'],
      ]);
    });

    it('are offered by the samples, as far as there is what they need', async () => {
      const sample = readFileSync(SAMPLE, 'utf8').replaceAll('image: brokersdk-', `image: ${IMAGE}-`);
      runTool('kubectl', [...words, 'apply', '--filename', '-'], { input: sample });
      await accepted('redis-docker', 'True');
      await accepted('redis-shared-docker', 'True');
      expect((await accepted('echo-docker', 'False')).message).to.include('docker-echo-credentials');
      const secret = ['secret', 'docker-echo-credentials'];
      const uri = 'uri=http://$HOST:$PORT_8090/echo/own/app';
      await ours('create', 'secret', 'generic', secret[1]!, '--from-literal', uri);
      await ours('label', ...secret, 'sdkbroker.broker.io/secret=backend');
      await accepted('echo-docker', 'True');
      for (const name of ['redis_docker', 'redis_shared_docker', 'echo_docker']) await listed(name, true);
      await ours('delete', 'serviceoffering', 'echo-docker');
      await ours('delete', ...secret);
    });

    it('are used by applications, each with a user of its own', async () => {
      await script('provision', instance);
      credentials = [await bind(one!), await bind(other!)];
      const [writer, reader] = credentials as [Credentials, Credentials];
      expect(writer.username).not.to.equal(reader.username);
      expect(writer.host).to.equal(scene.engine.serviceHost);
      expect(await redis(writer, 'SET', 'hello', 'world')).to.include({ output: 'OK\n' });
      expect(await redis(reader, 'GET', 'hello')).to.include({ output: 'world\n' });
      for (const command of ['ACL LIST', 'CONFIG GET *', 'SHUTDOWN NOSAVE', 'REPLICAOF NO ONE'])
        expect((await redis(reader, ...command.split(' '))).said, command).to.include('NOPERM');
      expect((await redis({ ...reader, password: writer.password }, 'PING')).said).to.include('WRONGPASS');
      const { Config } = await scene.engine.docker.getContainer(instance.INSTANCE_ID).inspect();
      const [, password] = Config.Env.find((variable) => variable.startsWith('PASSWORD='))!.split('=');
      secrets.push(password!);
      await listen();
    });

    it('are closed to one that was unbound, and stay open to the other', async () => {
      const [writer, reader] = credentials as [Credentials, Credentials];
      open = await Connection.open(reader);
      const gone = await Connection.open(writer);
      expect(await gone.ask('PING')).to.equal('+PONG');
      await script('unbind', one!);
      await gone.closed;
      expect((await redis(writer, 'PING')).said).to.include('WRONGPASS');
      expect(await open.ask('PING')).to.equal('+PONG');
      expect(await redis(reader, 'GET', 'hello')).to.include({ output: 'world\n' });
    });

    it('serve on while their agent is dead, and the broker tells of that', async () => {
      const [, reader] = credentials as [Credentials, Credentials];
      await scene.agents.at(-1)!.end('SIGKILL');
      const lost = await eventually(
        () => scene.alive(),
        ({ status }) => status === 'False',
      );
      expect(lost).to.include({ reason: 'NoHeartbeat' });
      expect(await open.ask('PING')).to.equal('+PONG');
      expect(await redis(reader, 'GET', 'hello')).to.include({ output: 'world\n' });
      await scene.startAgent();
      await eventually(
        () => scene.alive(),
        ({ status }) => status === 'True',
      );
      const reasons = async (): Promise<string[]> => {
        const { items } = await scene.get('events', '--field-selector', 'involvedObject.kind=DockerHost');
        return items.map(({ reason }: any) => reason);
      };
      await eventually(reasons, (all) => all.includes('HostLost') && all.includes('HostAlive'));
    });

    it('may be one that was there before, and stays', async () => {
      const legacy = await scene.engine.docker.createContainer({
        ...{ name: 'redis', Image: REDIS, HostConfig: { PublishAllPorts: true } },
      });
      await legacy.start();
      const tenant = { ...SHARED, INSTANCE_ID: randomUUID(), BINDING_ID: randomUUID() };
      await script('provision', tenant);
      const user = await bind(tenant);
      expect(await redis(user, 'PING')).to.include({ output: 'PONG\n' });
      await script('unbind', tenant);
      expect((await redis(user, 'PING')).said).to.include('WRONGPASS');
      await script('deprovision', tenant);
      expect((await legacy.inspect()).State.Running).to.equal(true);
      await legacy.remove({ force: true, v: true });
    });

    it('are offered by their image over HTTP, and are no more', async () => {
      const path = `/docker/image/${encodeURIComponent(REDIS)}`;
      await scene.administer('PUT', path, { Plan: 'free' });
      const { items } = await scene.get('serviceofferings.sdkbroker.broker.io');
      const { metadata } = items.find(({ spec }: any) => spec.name === REDIS);
      await accepted(metadata.name, 'True');
      await listed(REDIS, true);
      const tenant = { ...FREE, INSTANCE_ID: randomUUID(), BINDING_ID: randomUUID() };
      await script('provision', tenant);
      const user = await bind(tenant);
      expect(await redis(user, 'SET', 'hello', 'again')).to.include({ output: 'OK\n' });
      await listen();
      await script('unbind', tenant);
      await script('deprovision', tenant);
      await scene.administer('DELETE', path);
      await listed(REDIS, false);
      expect((await attempt('kubectl', [...words, 'get', 'osbo', metadata.name])).said).to.include(
        'NotFound',
      );
    });

    it('leave nothing on their host', async () => {
      await script('unbind', other!);
      await script('deprovision', instance);
      await open.closed;
      await expectNothing();
      const [, row] = (await ours('get', 'osbh')).split('\n');
      expect(row!.split(/\s+/)[4]).to.equal('0');
    });

    it('come to be, and go, though the broker is killed meanwhile', async () => {
      const ids = { INSTANCE_ID: randomUUID(), BINDING_ID: randomUUID() };
      const tough = { ...SMALL, ...ids, CURL_OPTS: PERSISTENT };
      const isOver = async (): Promise<boolean> => {
        const { status } = await scene.get('osbi', tough.INSTANCE_ID);
        return status !== undefined && status.lastOperation.state !== 'in progress';
      };
      await listen();
      const killWhileItStarts = async (): Promise<void> => {
        await eventually(
          () => scene.engine.everything(),
          ({ containers }) => containers.length > 0,
        );
        await killLeader(NAMESPACE);
        expect(await isOver(), 'it was killed too late').to.equal(false);
      };
      await Promise.all([script('provision', tough), killWhileItStarts()]);
      expect(await redis(await bind(tough), 'PING')).to.include({ output: 'PONG\n' });
      await script('unbind', tough);
      await listen();
      const killWhileItGoes = async (): Promise<void> => {
        await eventually(
          () => scene.get('osbi', tough.INSTANCE_ID),
          ({ metadata }) => metadata.deletionTimestamp !== undefined,
        );
        await killLeader(NAMESPACE);
        scene.engine.answers(true);
      };
      scene.engine.answers(false);
      await Promise.all([script('deprovision', tough), killWhileItGoes()]);
      await expectNothing();
    });

    it('have told nobody a password', async () => {
      await listen();
      told.push(...scene.agents.map(({ text }) => text));
      const all = told.join('\n');
      for (const word of ['the broker serves', 'HostLost', `"${other!.BINDING_ID}"`, 'first sign of life'])
        expect(all.includes(word), word).to.equal(true);
      expect(secrets).to.have.length.of.at.least(5);
      for (const [index, secret] of [...secrets, ...scene.secrets].entries()) {
        expect(secret).to.have.length.of.at.least(16);
        expect(all.includes(secret), `secret ${index} is in a log, an Event or a resource`).to.equal(false);
      }
      expect(/: 403 |Forbidden/.exec(all)?.[0]).to.equal(undefined);
    });

    it('are forgotten with the broker', async () => {
      for (const agent of scene.agents) await agent.end('SIGKILL');
      const { code, said } = await uninstall();
      expect(code, said).to.equal(0);
      expect(said).to.include(`dockerhost.sdkbroker.broker.io "${HOST}" deleted`);
      expect(said).to.include(`lease.coordination.k8s.io "docker-host-${HOST}" deleted`);
      expect(said).to.include(`secret "docker-host-tls-${HOST}" deleted`);
      const after = await eventually(
        () => everything(NAMESPACE),
        (all) => !all.some((name) => name.includes(NAMESPACE)),
      );
      expect(after.filter((name) => !present.includes(name))).to.deep.equal([]);
    });
  },
);
