// A real Docker engine for tests: a dockerd of its own with its own data, sockets, bridge and, with TLS, certificates. What it
// publishes is on the loopback, unless pods are to reach it. DOCKERD_OPTS are options that this machine needs. Knows nothing
// of mocha.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import type { EngineAddress } from '../../src/docker-hosts/engine-address.js';
import { Authority, type Certificate, pemOf } from './certificates.js';
import { importImage, missingBusybox } from './docker-image.js';
import { addBridge, type Bridge, deleteBridge, killAll, unmountBelow } from './docker-processes.js';
import { freePorts, missingProgram } from './programs.js';

/** What is missing on this machine for it, with the remedy. */
export function missingDocker(): string | undefined {
  const missing = missingProgram([
    ['dockerd', '--version', 'docker.io'],
    ['ip', '-V', 'iproute2'],
    ['setpriv', '--version', 'util-linux'],
    ['openssl', 'version', 'openssl'],
  ]);
  if (missing) return missing;
  if (process.getuid?.() !== 0) return 'a Docker engine wants root: run this test as root';
  return missingBusybox();
}

export interface DockerEngineOptions {
  /** On a port beside its socket, to which anybody may speak; at 127.0.0.1, see `onBridge`. */
  tcp?: boolean;
  /** The same with TLS, and for those alone who have a certificate. */
  tls?: boolean;
  /** Publishes at an address of the loopback that no other engine has, so that neither do their ports get in each other's way. */
  ownAddress?: boolean;
  /** Its port and what it publishes are at the address of its bridge, which is reached from the pods of this machine, too. */
  onBridge?: boolean;
}

const ATTEMPT_MS = 50;
const MAX_START_MS = 30_000;

interface Tls {
  authority: Authority;
  server: Certificate;
  client: Certificate;
}

interface Addresses {
  /** Where its API is, if it has a port. */
  host: string;
  port: number | undefined;
  tls: Tls | undefined;
  serviceHost: string;
}

const LOOPBACK = '127.0.0.1';

const ownAddressOf = ({ subnet }: Bridge): string => `${subnet.replace(/^\d+/, '127')}.1`;

function newTls(directory: string, address: string): Tls {
  mkdirSync(directory, { recursive: true });
  const authority = new Authority(directory);
  const server = authority.issue('server', { usage: 'serverAuth', commonName: 'docker', address });
  const client = authority.issue('client', { usage: 'clientAuth', commonName: 'a broker' });
  return { authority, server, client };
}

const tlsWords = ({ authority, server }: Tls): string[] => [
  ...['--tlsverify', '--tlscacert', authority.certFile],
  ...['--tlscert', server.certFile, '--tlskey', server.keyFile],
];

export class DockerEngine {
  /** The engine's own client, over its socket, whatever else it listens at. */
  readonly docker: Docker;
  /** What applications reach published ports at. */
  readonly serviceHost: string;
  readonly #directory: string;
  readonly #bridge: Bridge;
  readonly #host: string;
  readonly #port: number | undefined;
  #tls: Tls | undefined;
  #process: ChildProcess | undefined;

  private constructor(directory: string, bridge: Bridge, { host, port, tls, serviceHost }: Addresses) {
    this.#directory = directory;
    this.#bridge = bridge;
    this.#host = host;
    this.#port = port;
    this.#tls = tls;
    this.serviceHost = serviceHost;
    this.docker = new Docker({ socketPath: join(directory, 'socket') });
    process.once('exit', this.#clear);
  }

  /** Resolves when it serves. */
  static async start({ tcp, tls, ownAddress, onBridge }: DockerEngineOptions = {}): Promise<DockerEngine> {
    const directory = mkdtempSync(join(tmpdir(), 'docker-'));
    const [port] = tcp || tls ? await freePorts(1) : [];
    const bridge = addBridge();
    const host = onBridge ? `${bridge.subnet}.1` : LOOPBACK;
    const engine = new DockerEngine(directory, bridge, {
      ...{ host, port },
      tls: tls ? newTls(join(directory, 'tls'), host) : undefined,
      serviceHost: ownAddress ? ownAddressOf(bridge) : host,
    });
    try {
      await engine.startAgain();
    } catch (error) {
      await engine.stop();
      throw error;
    }
    return engine;
  }

  /** Where it is for a broker: its port where it has one, else its socket. */
  get address(): EngineAddress {
    if (this.#port === undefined) return { engine: `unix://${join(this.#directory, 'socket')}` };
    const engine = `tcp://${this.#host}:${this.#port}`;
    if (!this.#tls) return { engine };
    const { authority, client } = this.#tls;
    return { engine, tls: { ca: readFileSync(authority.certFile, 'utf8'), ...pemOf(client) } };
  }

  /** On the data that it has: after `kill`. */
  async startAgain(): Promise<void> {
    const at = (name: string): string => join(this.#directory, name);
    writeFileSync(at('config.json'), '{}'); // not the machine's own
    // What is there of a killed one may be taken for another process.
    for (const file of ['pid', 'exec/containerd/containerd.pid']) rmSync(at(file), { force: true });
    const log = openSync(at('log'), 'a');
    const words = [
      ...['--config-file', at('config.json'), '--pidfile', at('pid')],
      ...['--data-root', at('data'), '--exec-root', at('exec')],
      ...['--host', `unix://${at('socket')}`],
      ...(this.#port === undefined ? [] : ['--host', `tcp://${this.#host}:${this.#port}`]),
      ...(this.#tls ? tlsWords(this.#tls) : []),
      ...['--bridge', this.#bridge.name, '--ip', this.serviceHost],
      ...['--iptables=false', '--ip-masq=false'],
      ...(process.env.DOCKERD_OPTS ?? '').split(/\s+/).filter((word) => word !== ''),
    ];
    // It goes with its test, however that ends.
    const command = ['--pdeathsig', 'KILL', 'dockerd', ...words];
    this.#process = spawn('setpriv', command, { stdio: ['ignore', log, log] });
    closeSync(log);
    await this.#untilItServes(this.#process);
  }

  /** Its containers run on, but nothing leads to their ports. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    killAll([join(this.#directory, 'exec/containerd/containerd.toml')]);
  }

  /** It answers nobody, until it is to answer again: whoever has asked it waits. */
  answers(isAnswering: boolean): void {
    this.#process?.kill(isAnswering ? 'SIGCONT' : 'SIGSTOP');
  }

  /** Nothing of it is left then. */
  async stop(): Promise<void> {
    await this.#removeContainers().catch(() => undefined); // it may be killed already
    await this.kill();
    process.off('exit', this.#clear);
    this.#clear();
  }

  /** Also where the tests end before their time. */
  readonly #clear = (): void => {
    killAll([`${this.#directory}/`, `-container-ip ${this.#bridge.subnet}.`]);
    unmountBelow(this.#directory);
    deleteBridge(this.#bridge);
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  };

  /** Another authority, and what it signs: used from its next start on. */
  renewCertificates(): void {
    this.#tls = newTls(mkdtempSync(join(this.#directory, 'tls-')), this.#host);
  }

  /** An image of busybox and these executable files; see `importImage`. */
  async importImage(tag: string, files: Record<string, string> = {}, changes: string[] = []): Promise<void> {
    await importImage(this.docker, tag, files, changes);
  }

  /** What there is on it, running or not, by name. */
  async everything(): Promise<{ containers: string[]; volumes: string[] }> {
    const containers = await this.docker.listContainers({ all: true });
    const { Volumes: volumes } = await this.docker.listVolumes();
    return {
      containers: containers.map(({ Names }) => Names[0]!.slice(1)).sort(),
      volumes: (volumes ?? []).map(({ Name }) => Name).sort(),
    };
  }

  async #removeContainers(): Promise<void> {
    const containers = await this.docker.listContainers({ all: true });
    await Promise.all(
      containers.map(({ Id }) => this.docker.getContainer(Id).remove({ force: true, v: true })),
    );
  }

  async #untilItServes(child: ChildProcess): Promise<void> {
    const limit = AbortSignal.timeout(MAX_START_MS);
    while (!(await this.#serves())) {
      if (child.exitCode !== null || limit.aborted)
        throw new Error(`dockerd does not serve:\n${this.#lastWords()}`);
      await delay(ATTEMPT_MS);
    }
  }

  #serves(): Promise<boolean> {
    return this.docker.ping().then(
      () => true,
      () => false,
    );
  }

  #lastWords(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8').trim().split('\n').slice(-5).join('\n');
  }
}
