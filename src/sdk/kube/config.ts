// Which cluster, and how to reach it: client-node's KubeConfig with one shared pool of connections and a deadline for
// every call (by itself, client-node opens a connection per call and waits for ever). Knows no resource.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig, type RequestContext } from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher } from 'undici';
import type { KubeRequest } from '../telemetry/metrics.js';
import { tokenFiles, useTokenFile, useTokenFiles } from './token-file.js';

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const DEFAULT_TIMEOUT_MS = 30_000;
const CONNECTIONS = 48;
// Shorter than the 90 s of the API server and the 60 s of common load balancers, so that it is this side that closes.
const KEEP_ALIVE_MS = 30_000;

type DispatcherOptions = ReturnType<KubeConfig['createDispatcherOptions']>;
type AgentOptions = Parameters<KubeConfig['createDispatcherOptions']>[1];

/** There is no cluster to talk to; the message says what was looked at, and what to do. */
export class NoClusterError extends Error {
  override readonly name = 'NoClusterError';
}

export interface LoadOptions {
  /** Path of a kubeconfig file; nothing else is looked at when it is given. */
  kubeconfig?: string;
  /** The deadline of each call; a watch has it for the beginning of its answer only. */
  timeoutMs?: number;
  env?: NodeJS.ProcessEnv;
}

/** A KubeConfig whose calls share connections and have a deadline. Close it when all calls and watches are over. */
export class ClusterConfig extends KubeConfig {
  /** Told of every call, once its answer has begun or there is none. */
  onRequest: ((request: KubeRequest) => void) | undefined;
  readonly #timeoutMs: number;
  #pool: Dispatcher | undefined;
  #fingerprint = '';

  constructor(timeoutMs = DEFAULT_TIMEOUT_MS) {
    super();
    this.#timeoutMs = timeoutMs;
    this.addAuthenticator(tokenFiles);
  }

  get contextName(): string {
    return this.getCurrentContext();
  }

  get clusterName(): string {
    return this.getCurrentCluster()?.name ?? '';
  }

  get serverUrl(): string {
    return this.getCurrentCluster()?.server ?? '';
  }

  /** Of the context or, inside a cluster, of the service account. */
  get namespace(): string | undefined {
    return this.getContextObject(this.getCurrentContext())?.namespace?.trim() || undefined;
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    await unlessLate(super.applySecurityAuthentication(context), deadline); // a credential plugin may hang
    const made = context.getDispatcher(); // only for a proxy, see below
    if (made) this.#pool ??= made;
    if (this.#pool) context.setDispatcher(this.#pool);
    context.setSignal(deadline);
  }

  /** To be called when the API server took us for nobody: what a credential plugin said is not believed any longer. */
  forgetCredentials(): void {
    this['authenticators'] = new KubeConfig()['authenticators'] as unknown;
  }

  /** Called by client-node for each call, with the TLS material of that moment: here the pool comes into being. */
  override createDispatcherOptions(
    ...args: Parameters<KubeConfig['createDispatcherOptions']>
  ): DispatcherOptions {
    const options = super.createDispatcherOptions(...args);
    const fingerprint = fingerprintOf(args[1]);
    if (fingerprint !== this.#fingerprint) {
      // A CA or client certificate was renewed: calls under way finish on the old connections.
      this.#pool?.close().catch(() => undefined);
      this.#pool = undefined;
      this.#fingerprint = fingerprint;
    }
    const isProxy = options.type === 'proxy' || options.type === 'socks';
    if (isProxy && !this.#pool) return options; // client-node makes it, and it serves all calls from then on
    if (!isProxy) this.#pool ??= createPool(options);
    return { type: 'none' };
  }

  /** Ends all connections at once; calls and watches under way fail. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }
}

async function unlessLate(promise: Promise<void>, deadline: AbortSignal): Promise<void> {
  let onLate: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => (onLate = () => reject(deadline.reason as Error)));
  deadline.addEventListener('abort', onLate);
  await Promise.race([promise, late]).finally(() => deadline.removeEventListener('abort', onLate));
}

function createPool(options: DispatcherOptions): Dispatcher {
  const connect = (options.type === 'agent' ? options.connect : {}) as buildConnector.BuildOptions;
  return new Agent({ connections: CONNECTIONS, keepAliveTimeout: KEEP_ALIVE_MS, connect });
}

function fingerprintOf(options: AgentOptions): string {
  const hash = createHash('sha256');
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  for (const part of [ca, cert, key]) hash.update(Buffer.isBuffer(part) ? part : '').update('\0');
  return hash.update(`${servername}\0${rejectUnauthorized}`).digest('hex');
}

/**
 * The cluster of the given file, else of $KUBECONFIG or ~/.kube/config, else the one that this process runs in.
 * Throws NoClusterError when there is none; never falls back to a guess.
 */
export function loadKubeConfig(options: LoadOptions = {}): ClusterConfig {
  const env = options.env ?? process.env;
  const config = new ClusterConfig(options.timeoutMs);
  const source = load(config, options.kubeconfig, env);
  const cluster = config.getCurrentCluster();
  if (!cluster?.server) {
    throw new NoClusterError(
      `${source} selects no cluster: its current context is ${JSON.stringify(config.getCurrentContext() ?? '')}. ` +
        'Choose one with `kubectl config use-context NAME`.',
    );
  }
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw new NoClusterError(
      `${source} names ${cluster.server}, which is not encrypted. Use https, or set insecure-skip-tls-verify: true ` +
        `for cluster ${JSON.stringify(cluster.name)} if that is meant.`,
    );
  }
  return config;
}

/** Fills `config`; returns where from, in words. */
function load(config: ClusterConfig, kubeconfig: string | undefined, env: NodeJS.ProcessEnv): string {
  if (kubeconfig !== undefined) return loadFiles(config, [kubeconfig], `The kubeconfig file ${kubeconfig}`);
  const fromEnv = (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean);
  if (fromEnv.length > 0) return loadFiles(config, fromEnv, `$KUBECONFIG (${env.KUBECONFIG})`);
  const standard = join(env.HOME || homedir(), '.kube', 'config');
  if (existsSync(standard)) return loadFiles(config, [standard], `The kubeconfig file ${standard}`);
  if (env.KUBERNETES_SERVICE_HOST && existsSync(SERVICE_ACCOUNT_TOKEN)) {
    config.loadFromCluster();
    useTokenFile(config, config.getCurrentUser()?.name ?? '', SERVICE_ACCOUNT_TOKEN);
    return 'The service account of this pod';
  }
  throw new NoClusterError(
    `No Kubernetes cluster found: $KUBECONFIG is not set, ${standard} does not exist, and this process does not run ` +
      'in a pod with a service account. Set KUBECONFIG to the path of a kubeconfig file.',
  );
}

/** As kubectl does: files that do not exist are passed over, and the first file that says something wins. */
function loadFiles(config: ClusterConfig, files: string[], source: string): string {
  const existing = files.filter((file) => existsSync(file));
  const [first, ...others] = existing;
  if (first === undefined) {
    throw new NoClusterError(`${source} does not exist. Give the path of a kubeconfig file.`);
  }
  try {
    config.loadFromFile(first);
    useTokenFiles(config, first);
    for (const file of others) {
      const next = new KubeConfig();
      next.loadFromFile(file);
      useTokenFiles(next, file);
      config.mergeConfig(next, Boolean(config.getCurrentContext()));
    }
  } catch (error) {
    throw new NoClusterError(
      `${source} cannot be used: ${error instanceof Error ? error.message : 'unreadable'}`,
      {
        cause: error,
      },
    );
  }
  return source;
}
