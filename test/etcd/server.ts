// A real etcd for these tests, with authentication on: started by them, with its own data and ports. A client of stock,
// etcdctl, is the application's side.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suiteUnless } from '../support/skip.js';
import { eventually } from '../support/unchanged.js';

const run = promisify(execFile);

/** What is missing on this machine for these tests. */
function missingEtcd(): string | undefined {
  for (const [program, word, where] of [
    ['etcd', '--version', 'etcd-server'],
    ['etcdctl', 'version', 'etcd-client'],
    ['openssl', 'version', 'openssl'],
  ] as const) {
    try {
      execFileSync(program, [word], { stdio: 'ignore' });
    } catch {
      return `no ${program} on the PATH: Debian has it in the package ${where}`;
    }
  }
  return undefined;
}

export const describeWithEtcd = (title: string, suite: (this: Mocha.Suite) => void): void =>
  suiteUnless(missingEtcd(), title, suite);

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

export interface Account {
  username: string;
  password: string;
}

/** etcd takes certificates of version 3 only. */
function selfSign(certFile: string, keyFile: string): void {
  const names = ['-subj', '/CN=etcd', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-out', certFile, '-keyout', keyFile];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, ...names, ...files], { stdio: 'ignore' });
}

interface Member {
  args: string[];
  child: ChildProcess | undefined;
}

export class EtcdServer {
  readonly admin: Account = { username: 'root', password: 'an-administrator' };
  readonly endpoints: string[];
  /** PEM, with TLS. */
  readonly authority: string | undefined;
  readonly #members: Member[];
  readonly #directory: string;

  private constructor(
    endpoints: string[],
    authority: string | undefined,
    members: Member[],
    directory: string,
  ) {
    this.endpoints = endpoints;
    this.authority = authority;
    this.#members = members;
    this.#directory = directory;
  }

  /** Resolves when it serves. */
  static async start({ members = 1, tls = false, authentication = true } = {}): Promise<EtcdServer> {
    const directory = mkdtempSync(join(tmpdir(), 'etcd-'));
    const ports = await freePorts(2 * members);
    const [certFile, keyFile] = [join(directory, 'cert'), join(directory, 'key')];
    if (tls) selfSign(certFile, keyFile);
    const secure = tls ? ['--cert-file', certFile, '--key-file', keyFile] : [];
    const clientOf = (index: number): string => `http${tls ? 's' : ''}://127.0.0.1:${ports[2 * index]}`;
    const peerOf = (index: number): string => `http://127.0.0.1:${ports[2 * index + 1]}`;
    const indexes = Array.from({ length: members }, (_, index) => index);
    const cluster = indexes.map((index) => `m${index}=${peerOf(index)}`).join(',');
    const all = indexes.map((index): Member => {
      const [client, peer] = [clientOf(index), peerOf(index)];
      const words = [
        ...['--name', `m${index}`, '--data-dir', join(directory, `m${index}`), '--log-level', 'error'],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', cluster, '--bcrypt-cost', '4', ...secure],
      ];
      return { args: words, child: undefined };
    });
    const server = new EtcdServer(
      indexes.map(clientOf),
      tls ? readFileSync(certFile, 'utf8') : undefined,
      all,
      directory,
    );
    for (const index of indexes) server.startMember(index);
    await server.#untilItServes();
    if (!authentication) return server;
    const { username, password } = server.admin;
    await server.#control(['user', 'add', username, '--interactive=false'], `${password}\n`);
    await server.#control(['user', 'grant-role', username, 'root']);
    await server.#control(['auth', 'enable']);
    return server;
  }

  startMember(index = 0): void {
    const member = this.#members[index]!;
    member.child = spawn('etcd', member.args, { stdio: 'ignore' });
  }

  async killMember(index = 0): Promise<void> {
    const { child } = this.#members[index]!;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((_, index) => this.killMember(index)));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** What etcdctl prints, asking as that account. Rejects with what it complains of. */
  async as({ username, password }: Account, ...words: string[]): Promise<string> {
    // In the environment, as the list of processes is anybody's.
    return this.#control(words, undefined, { ETCDCTL_USER: username, ETCDCTL_PASSWORD: password });
  }

  /** What there is beside the administrator: users, roles and keys. */
  async everything(): Promise<{ users: string[]; roles: string[]; keys: string[] }> {
    const lines = async (...words: string[]): Promise<string[]> =>
      (await this.as(this.admin, ...words)).split('\n').filter((line) => line !== '');
    const [users, roles, keys] = [
      await lines('user', 'list'),
      await lines('role', 'list'),
      await lines('get', '', '--prefix', '--keys-only'),
    ];
    return {
      users: users.filter((name) => name !== 'root'),
      roles: roles.filter((name) => name !== 'root'),
      keys,
    };
  }

  #trust(): NodeJS.ProcessEnv {
    return this.authority === undefined ? {} : { ETCDCTL_CACERT: join(this.#directory, 'cert') };
  }

  async #untilItServes(): Promise<void> {
    await eventually(
      () =>
        this.#control(['endpoint', 'health']).then(
          () => true,
          () => false,
        ),
      (isHealthy) => isHealthy,
    );
  }

  async #control(words: string[], input?: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const running = run('etcdctl', ['--command-timeout', '3s', ...words], {
      env: {
        ...process.env,
        ETCDCTL_API: '3',
        ETCDCTL_ENDPOINTS: this.endpoints.join(','),
        ...this.#trust(),
        ...env,
      },
    });
    if (input !== undefined) running.child.stdin!.end(input);
    return (await running).stdout;
  }
}
