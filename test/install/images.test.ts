// The images that `make images` built, run as a careful cluster runs them: nobody's user, nothing to write to, no
// capabilities, no network. IMAGE names another than brokersdk.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { skipAloud } from '../support/skip.js';
import { eventually } from '../support/unchanged.js';

const run = promisify(execFile);
const docker = async (...args: string[]): Promise<string> =>
  (await run('docker', args, { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
const read = (file: string): any =>
  JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));

const BROKER = process.env.IMAGE ?? 'brokersdk';
const ECHO_SERVICE = `${BROKER}-echo-service`;
const ETCD = `${BROKER}-etcd`;
const POSTGRES = `${BROKER}-postgres`;
const REDIS = `${BROKER}-redis`;
const CONFINED = [
  ...['--read-only', '--network', 'none'],
  ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
];

/** Runs in a container: what is in /app, and what of it the user of the image can change or cannot read. */
const LOOK_AROUND = `
const fs = require('node:fs');
const may = (path, mode) => { try { fs.accessSync(path, mode); return true; } catch { return false; } };
const paths = fs.readdirSync('.', { recursive: true });
console.log(JSON.stringify({
  user: [process.getuid(), process.getgid()],
  paths,
  unreadable: paths.filter((path) => !may(path, fs.constants.R_OK)),
  writable: ['.', ...paths].filter((path) => may(path, fs.constants.W_OK)),
}));`;

async function whyNot(): Promise<string | undefined> {
  try {
    await docker('version');
  } catch {
    return 'no Docker engine answers';
  }
  try {
    await docker('image', 'inspect', BROKER, ECHO_SERVICE, ETCD, POSTGRES, REDIS);
  } catch {
    return `${BROKER}, ${ECHO_SERVICE}, ${ETCD}, ${POSTGRES} and ${REDIS} are not all here; make images builds them`;
  }
  return undefined;
}

/** Resolves when the container has said it; fails when it has ended without. */
async function hear(container: string, words: RegExp): Promise<void> {
  const logs = spawn('docker', ['logs', '--follow', container], { stdio: ['ignore', 'pipe', 'pipe'] });
  let heard = '';
  try {
    await new Promise<void>((resolve, reject) => {
      const listen = (chunk: Buffer): void => {
        heard += chunk.toString('utf8');
        if (words.test(heard)) resolve();
      };
      logs.stdout.on('data', listen);
      logs.stderr.on('data', listen);
      logs.once('error', reject);
      logs.once('close', () =>
        reject(new Error(`the container ended before it said ${words.source}: ${heard}`)),
      );
    });
  } finally {
    logs.kill();
  }
}

/** The code that a container ends with when it is stopped after it said `words`: 137 if it had to be killed. */
async function codeWhenStopped(words: RegExp, ...args: string[]): Promise<number> {
  const container = await docker('run', '--detach', ...CONFINED, ...args);
  try {
    await hear(container, words);
    await docker('stop', '--time', '60', container);
    return Number(await docker('inspect', '--format', '{{.State.ExitCode}}', container));
  } finally {
    await docker('rm', '--force', container);
  }
}

describe('the images', function () {
  this.timeout(180_000);

  before(async function () {
    const reason = await whyNot();
    if (reason !== undefined) skipAloud(this, `the tests of the images: ${reason}`);
  });

  for (const image of [BROKER, ECHO_SERVICE, ETCD, POSTGRES, REDIS]) {
    it(`say what they are: ${image}`, async () => {
      const [{ Config, RepoTags }] = JSON.parse(await docker('image', 'inspect', image));
      const label = (name: string): string => Config.Labels[`org.opencontainers.image.${name}`];
      expect(label('title')).to.equal(image.replace(BROKER, read('package.json').name));
      expect(label('description')).to.be.a('string').and.not.empty;
      expect(label('licenses')).to.equal(read('package.json').license);
      expect(label('revision')).to.match(/^([0-9a-f]{40}|unknown)$/);
      expect(RepoTags).to.include.members([`${image}:latest`, `${image}:${label('version')}`]);
    });
  }

  for (const image of [BROKER, ECHO_SERVICE]) {
    describe(image, () => {
      let config: any;
      let found: { user: number[]; paths: string[]; unreadable: string[]; writable: string[] };

      before('looks at it', async () => {
        const [about] = JSON.parse(await docker('image', 'inspect', image));
        config = about.Config;
        found = JSON.parse(await docker('run', '--rm', '--entrypoint', 'node', image, '-e', LOOK_AROUND));
      });

      it('runs as a user without a name and without rights to its own files', () => {
        expect(config.User).to.equal('65532:65532');
        expect(found.user).to.deep.equal([65532, 65532]);
        expect(found.unreadable).to.deep.equal([]);
        expect(found.writable).to.deep.equal([]);
      });

      it('starts Node.js with no shell in between, and leaves health to the cluster', () => {
        expect(config.Entrypoint[0]).to.equal('node');
        expect(config).not.to.have.property('Healthcheck');
      });

      it('holds what runs, and nothing of what tests or builds', () => {
        const top = found.paths.filter((path) => !path.includes('/'));
        expect(top).to.have.members(['LICENSE', 'crds', 'dist', 'node_modules', 'package.json']);
        expect(
          found.paths.filter((path) => /\.([cm]?ts|map)$|^dist\/.*\.test\.js$/.test(path)),
        ).to.deep.equal([]);
        const packages: [string, { dev?: boolean }][] = Object.entries(read('package-lock.json').packages);
        const development = packages.filter(([, { dev }]) => dev).map(([path]) => path);
        expect(development).to.include('node_modules/typescript');
        const there = new Set(found.paths);
        expect(development.filter((path) => there.has(path))).to.deep.equal([]);
      });
    });
  }

  it('tell their version, confined', async () => {
    expect(await docker('run', '--rm', ...CONFINED, BROKER, 'version')).to.include(
      read('package.json').version,
    );
  });

  it('stop at a SIGTERM: the broker', async () => {
    // It keeps its kubeconfig there, and needs no other place to write to.
    const place = ['--tmpfs', '/app/.local:mode=1777'];
    expect(await codeWhenStopped(/serves at http/, ...place, BROKER, 'local')).to.equal(0);
  });

  it('stop at a SIGTERM: the echo service', async () => {
    expect(await codeWhenStopped(/listens at http/, ECHO_SERVICE)).to.equal(0);
  });

  // Its data has to lie somewhere.
  const etcd = ['--tmpfs', '/data:mode=1777', ETCD, '--data-dir', '/data/etcd'];

  it('stop at a SIGTERM: etcd', async () => {
    expect(await codeWhenStopped(/ready to serve/, ...etcd)).to.equal(0);
  });

  it('turn the authentication of etcd on, however often, and not with another password', async () => {
    const container = await docker('run', '--detach', ...CONFINED, ...etcd);
    const ask = (password: string, ...words: string[]): Promise<string> =>
      docker('exec', '--env', `ETCDCTL_PASSWORD=${password}`, container, ...words).catch(String);
    try {
      expect(await docker('exec', container, 'id', '-u')).to.equal('65532');
      expect(await ask('', 'enable-authentication')).to.include('ETCDCTL_PASSWORD is empty');
      expect(await ask('one two', 'enable-authentication')).to.include('white space');
      for (const time of ['once', 'twice'])
        expect(await ask('one', 'enable-authentication'), time).to.match(/Authentication is on$/);
      expect(await ask('two', 'enable-authentication')).to.include('root does not log in with this password');
      expect(await ask('one', 'etcdctl', 'user', 'list')).to.include('user name is empty');
      expect(await ask('one', 'etcdctl', '--user', 'root', 'user', 'list')).to.equal('root');
    } finally {
      await docker('rm', '--force', container);
    }
  });

  // Its data has to lie somewhere; and any file will do for a password.
  const postgres = [
    ...['--tmpfs', '/var/lib/postgresql:mode=700,uid=65532,gid=65532'],
    ...['--hostname', 'administrator', '--env', 'PASSWORD_FILE=/etc/hostname', POSTGRES],
  ];

  it('stop at a SIGINT: PostgreSQL', async () => {
    expect(await codeWhenStopped(/ready to accept connections/, ...postgres)).to.equal(0);
  });

  it('make and remove a user of PostgreSQL, however often', async () => {
    const container = await docker('run', '--detach', ...CONFINED, ...postgres);
    const psql = (user: string, password: string, ...words: string[]): Promise<string> => {
      const login = { PGHOST: 'localhost', PGDATABASE: 'app', PGUSER: user, PGPASSWORD: password };
      const env = { ...login, BINDING_USER: 'one-user', BINDING_PASSWORD: `it's "secret"` };
      const options = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
      return docker('exec', ...options, container, 'psql', '--no-psqlrc', '-qtA', ...words).catch(String);
    };
    const administrator = (file: string): Promise<string> =>
      psql('postgres', 'administrator', '--file', `/usr/local/share/postgres/${file}.sql`);
    const user = (text: string): Promise<string> => psql('one-user', `it's "secret"`, '--command', text);
    try {
      await eventually(
        () => psql('postgres', 'administrator', '--command', 'SELECT 1'),
        (said) => said === '1',
      );
      expect(await user('SELECT 1')).to.include('password authentication failed');
      for (const time of ['once', 'twice']) expect(await administrator('create-user'), time).to.equal('');
      expect(await user('CREATE TABLE notes (note text); SELECT current_user')).to.equal('app');
      expect(await user('RESET ROLE; CREATE TABLE own (note text)')).to.equal('');
      for (const time of ['once', 'twice']) expect(await administrator('drop-user'), time).to.equal('');
      expect(await user('SELECT 1')).to.include('password authentication failed');
      const owners = `SELECT tableowner FROM pg_tables WHERE tablename IN ('notes', 'own')`;
      expect(await psql('postgres', 'administrator', '--command', owners)).to.equal('app\napp');
      expect((await run('docker', ['logs', container])).stderr).not.to.include('secret');
    } finally {
      await docker('rm', '--force', container);
    }
  });

  const redis = ['--env', 'PASSWORD=administrator', REDIS];

  it('stop at a SIGTERM: Redis', async () => {
    const data = ['--tmpfs', '/var/lib/redis:mode=700,uid=65532,gid=65532'];
    expect(await codeWhenStopped(/Ready to accept connections/, ...data, ...redis)).to.equal(0);
  });

  it('have the broker ask again while Redis is not up', async () => {
    for (const hook of ['/provision', '/unbind']) {
      const options = ['--env', 'BINDING_USERNAME=one', '--entrypoint', hook];
      const { code } = await docker('run', '--rm', ...CONFINED, ...options, ...redis).catch((error) => error);
      expect(code, hook).to.equal(75);
    }
  });

  /** Calls a hook of the container until it has done its work; resolves with what it prints. */
  const hook = (container: string, path: string, env: Record<string, string> = {}): Promise<string> =>
    eventually(
      () => docker('exec', ...variables(env), container, path).catch(String),
      (said) => !said.includes('not up yet'),
    );
  const variables = (env: Record<string, string>): string[] =>
    Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const redisCli = (password: string, container: string, ...words: string[]): string[] => [
    ...['exec', '--env', `REDISCLI_AUTH=${password}`, container],
    ...['redis-cli', '--user', 'one.user', ...words],
  ];

  it('make and remove a user of Redis by the hooks, however often, and keep it when restarted', async () => {
    // With the volume that the image declares: what a restart keeps is in it.
    const container = await docker('run', '--detach', ...CONFINED, ...redis);
    const bind = (password: string): Promise<string> =>
      hook(container, '/bind', { BINDING_USERNAME: 'one.user', BINDING_PASSWORD: password });
    const user = (password: string, ...words: string[]): Promise<string> =>
      docker(...redisCli(password, container, ...words));
    try {
      expect(await hook(container, '/provision')).to.equal('');
      expect(await user('secret1', 'GET', 'greeting')).to.include('NOAUTH');
      for (const password of ['secret1', 'secret1', 'secret2'])
        expect(JSON.parse(await bind(password))).to.deep.equal({
          host: '$HOST',
          port: '$PORT_6379',
          username: 'one.user',
          password,
          uri: `redis://one.user:${password}@$HOST:$PORT_6379`,
        });
      expect(await user('secret1', 'GET', 'greeting')).to.include('NOAUTH');
      expect(await user('secret2', 'SET', 'greeting', 'hello')).to.equal('OK');
      for (const forbidden of [
        'ACL LIST',
        'CONFIG GET *',
        'SHUTDOWN',
        'MODULE LIST',
        'MONITOR',
        'CLIENT LIST',
      ])
        expect(await user('secret2', ...forbidden.split(' ')), forbidden).to.include('NOPERM');
      await docker('restart', container);
      expect(await hook(container, '/provision')).to.equal('');
      expect(await user('secret2', 'GET', 'greeting')).to.equal('hello');

      const session = spawn('docker', redisCli('secret2', container, 'SUBSCRIBE', 'news'));
      await once(session.stdout, 'data');
      const ended = once(session, 'close');
      for (const time of ['once', 'twice'])
        expect(await hook(container, '/unbind', { BINDING_USERNAME: 'one.user' }), time).to.equal('');
      await ended;
      expect(await user('secret2', 'GET', 'greeting')).to.include('NOAUTH');
      expect(await hook(container, '/deprovision')).to.equal('');
      const logs = await run('docker', ['logs', container]);
      expect(logs.stdout + logs.stderr).not.to.match(/secret[12]|administrator/);
    } finally {
      await docker('rm', '--force', '--volumes', container);
    }
  });

  it('make up a password of the administrator of Redis where none is given, and keep it', async () => {
    const container = await docker('run', '--detach', ...CONFINED, REDIS);
    const asDefault = (): Promise<string> => docker('exec', container, 'redis-cli', 'PING');
    try {
      for (const start of ['first', 'second']) {
        expect(await hook(container, '/provision'), start).to.equal('');
        expect(await asDefault(), start).to.include('NOAUTH');
        await docker('restart', container);
      }
    } finally {
      await docker('rm', '--force', '--volumes', container);
    }
  });
});
