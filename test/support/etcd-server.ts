// A real etcd for tests and benchmarks, with authentication on: started by them, with its own data and ports. A client of
// stock, etcdctl, is the application's side. Knows nothing of mocha.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Authority, type Certificate, pemOf, type Usage } from './certificates.js';
import { freePorts, missingProgram } from './programs.js';

const run = promisify(execFile);

/** What is missing on this machine for it, with the remedy. */
export const missingEtcd = (): string | undefined =>
  missingProgram([
    ['etcd', '--version', 'etcd-server'],
    ['etcdctl', 'version', 'etcd-client'],
    ['openssl', 'version', 'openssl'],
  ]);

const MAX_ATTEMPTS = 5;

class EndedEarly extends Error {
  override readonly name = 'EndedEarly';
}

export interface Account {
  username: string;
  password: string;
}

export interface EtcdOptions {
  members?: number;
  tls?: boolean;
  /** With TLS: nobody gets in without a certificate. */
  clientCertificates?: boolean;
  /** In that certificate; none by default, since the gateway to JSON refuses one that has it. */
  commonName?: string;
  /** With TLS: what the certificate of the members is for; both by default. */
  usage?: Usage;
  authentication?: boolean;
  /** Each more doubles the work of a password. As little as can be by default; etcd's own default is 10. */
  bcryptCost?: number;
}

/** What TLS takes: of the members, and of etcdctl and the broker where the members ask for it. */
interface Tls {
  authority: Authority;
  member: Certificate;
  client: Certificate | undefined;
}

function tlsOf(directory: string, options: EtcdOptions): Tls | undefined {
  const { tls, clientCertificates, commonName, usage = 'serverAuth,clientAuth' } = options;
  if (!tls) return undefined;
  const authority = new Authority(directory);
  const member = authority.issue('member', { usage, commonName: 'etcd' });
  const clientOf = (): Certificate => authority.issue('client', { usage: 'clientAuth', commonName });
  return { authority, member, client: clientCertificates ? clientOf() : undefined };
}

const tlsWords = ({ authority, member, client }: Tls): string[] => [
  ...['--cert-file', member.certFile, '--key-file', member.keyFile],
  ...(client ? ['--client-cert-auth', '--trusted-ca-file', authority.certFile] : []),
];

/** A member that is alone need not wait for others: it is there at once when it is started again. */
const pace = (members: number): string[] =>
  members === 1 ? ['--heartbeat-interval', '10', '--election-timeout', '100'] : [];

interface Member {
  args: string[];
  child: ChildProcess | undefined;
}

export class EtcdServer {
  readonly admin: Account = { username: 'root', password: 'an-administrator' };
  readonly endpoints: string[];
  readonly #tls: Tls | undefined;
  readonly #members: Member[];
  readonly #directory: string;

  private constructor(endpoints: string[], tls: Tls | undefined, members: Member[], directory: string) {
    this.endpoints = endpoints;
    this.#tls = tls;
    this.#members = members;
    this.#directory = directory;
  }

  /** Resolves when it serves. */
  static async start(options: EtcdOptions = {}): Promise<EtcdServer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await EtcdServer.#start(options);
      } catch (error) {
        // Another test may have taken a port that was free a moment ago.
        if (!(error instanceof EndedEarly) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  static async #start(options: EtcdOptions): Promise<EtcdServer> {
    const { members = 1, authentication = true, bcryptCost = 4 } = options;
    const directory = mkdtempSync(join(tmpdir(), 'etcd-'));
    const ports = await freePorts(2 * members);
    const tls = tlsOf(directory, options);
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
        ...['--initial-cluster', cluster, '--bcrypt-cost', String(bcryptCost), ...pace(members)],
        ...(tls ? tlsWords(tls) : []),
      ];
      return { args: words, child: undefined };
    });
    const server = new EtcdServer(indexes.map(clientOf), tls, all, directory);
    for (const index of indexes) server.startMember(index);
    try {
      await server.#untilItServes();
    } catch (error) {
      await server.stop();
      throw error;
    }
    if (!authentication) return server;
    const { username, password } = server.admin;
    await server.#control(['user', 'add', username, '--interactive=false'], `${password}\n`);
    await server.#control(['user', 'grant-role', username, 'root']);
    await server.#control(['auth', 'enable']);
    return server;
  }

  /** PEM, with TLS. */
  get authority(): string | undefined {
    return this.#tls && readFileSync(this.#tls.authority.certFile, 'utf8');
  }

  /** PEM, where the members ask for one. */
  get clientCertificate(): { cert: string; key: string } | undefined {
    return this.#tls?.client && pemOf(this.#tls.client);
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

  /** The same for nobody, where there is no authentication. */
  async openly(...words: string[]): Promise<string> {
    return this.#control(words);
  }

  /** What there is beside the administrator: users, roles and keys. */
  async everything(): Promise<{ users: string[]; roles: string[]; keys: string[] }> {
    const lines = async (...words: string[]): Promise<string[]> =>
      (await this.as(this.admin, ...words)).split('\n').filter((line) => line !== '');
    const [users, roles, keys] = await Promise.all([
      lines('user', 'list'),
      lines('role', 'list'),
      lines('get', '', '--prefix', '--keys-only'),
    ]);
    return {
      users: users.filter((name) => name !== 'root'),
      roles: roles.filter((name) => name !== 'root'),
      keys,
    };
  }

  #trust(): NodeJS.ProcessEnv {
    if (!this.#tls) return {};
    const { authority, client } = this.#tls;
    return {
      ETCDCTL_CACERT: authority.certFile,
      ...(client ? { ETCDCTL_CERT: client.certFile, ETCDCTL_KEY: client.keyFile } : {}),
    };
  }

  async #untilItServes(): Promise<void> {
    const serves = (): Promise<boolean> =>
      this.#control(['endpoint', 'health']).then(
        () => true,
        () => false,
      );
    while (!(await serves()))
      if (this.#members.some(({ child }) => child && child.exitCode !== null))
        throw new EndedEarly('etcd ended before it served');
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
