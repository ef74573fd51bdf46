// A broker under load: its process, and what a platform does with it.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import type { BrokerCalls, BrokerInfo } from './broker-process.js';
import { Child } from './child.js';
import type { BenchCluster } from './cluster.js';
import { provisionBody } from './definition.js';

const USER = 'broker';
const PASSWORD = 'a-password-of-usual-length';

/** What a platform sends with each request. */
export const PLATFORM_HEADERS = {
  authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`,
  'x-broker-api-version': '2.17',
};

export const STATUS_WRITE = 'update serviceinstances/status';

export interface OsbAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface Provisioned {
  instanceId: string;
  operation: string;
}

export interface BenchBrokerOptions {
  namespace: string;
  /** Connections of the platform. */
  connections?: number;
  env?: Record<string, string>;
  /** Where its processor profile goes when it stops. */
  profile?: string | undefined;
}

export class BenchBroker {
  readonly process: Child<BrokerInfo, BrokerCalls>;
  readonly #pool: Pool;

  private constructor(process: Child<BrokerInfo, BrokerCalls>, connections: number) {
    this.process = process;
    this.#pool = new Pool(process.info.url, { connections });
  }

  static async start(cluster: BenchCluster, options: BenchBrokerOptions): Promise<BenchBroker> {
    const { namespace, connections = 32, env, profile } = options;
    const log = openSync(join(cluster.directory, 'broker.log'), 'w'); // to a file, as in production to a pipe
    const child = await Child.start<BrokerInfo, BrokerCalls>('./broker-process.js', {
      env: {
        KUBECONFIG: cluster.kubeconfig,
        NODE_ENV: 'production',
        BROKER_NAMESPACE: namespace,
        BROKER_HOST: '127.0.0.1',
        BROKER_PORT: '0',
        BROKER_HEALTH_PORT: '0',
        BROKER_USERNAME: USER,
        BROKER_PASSWORD: PASSWORD,
        BROKER_LOG_LEVEL: 'info',
        BROKER_LOG_FORMAT: 'json',
        BROKER_PATIENCE_SECONDS: '0',
        ...env,
      },
      stdout: log,
      execArgv: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
    }).finally(() => closeSync(log));
    return new BenchBroker(child, connections);
  }

  get url(): string {
    return this.process.info.url;
  }

  async send(method: 'GET' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<OsbAnswer> {
    const answer = await this.#pool.request({
      method,
      path,
      headers: { ...PLATFORM_HEADERS, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : null,
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  /** Asks for an instance, to be made in the background. */
  async provision(): Promise<Provisioned> {
    const instanceId = randomUUID();
    const path = `/v2/service_instances/${instanceId}?accepts_incomplete=true`;
    const { status, text } = await this.send('PUT', path, provisionBody());
    if (status !== 202) throw new Error(`a provision was answered with ${status}: ${text}`);
    return { instanceId, ...(JSON.parse(text) as { operation: string }) };
  }

  async stop(): Promise<void> {
    await this.#pool.close();
    await this.process.stop();
  }
}
