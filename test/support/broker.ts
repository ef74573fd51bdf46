// A broker under test: in this process, on a test cluster, with a lab for a backend and a catalog for every rule.
import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { readSettings } from '../../src/sdk/settings-read.js';
import { type BrokerDefinition, type RunningBroker, startBroker } from '../../src/sdk/start.js';
import { createLog } from '../../src/sdk/telemetry/log.js';
import { labServices } from './catalog.js';
import type { TestCluster } from './cluster.js';
import { slowed } from './delaying-proxy.js';
import { Lab } from './lab.js';
import { OsbClient } from './osb-client.js';

export interface TestBroker {
  readonly url: string;
  readonly healthUrl: string;
  readonly namespace: string;
  readonly lab: Lab;
  readonly osb: OsbClient;
  /** All that was logged so far. */
  log(): string;
  stop(): Promise<void>;
}

export interface TestBrokerOptions {
  definition?: BrokerDefinition;
  lab?: Lab;
  /** Environment variables of the broker. */
  env?: Record<string, string>;
}

export async function startTestBroker(
  cluster: TestCluster,
  options: TestBrokerOptions = {},
): Promise<TestBroker> {
  const lab = options.lab ?? new Lab();
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      lines.push(chunk.toString('utf8'));
      callback();
    },
  });
  const settings = readSettings({
    env: {
      BROKER_HOST: '127.0.0.1',
      BROKER_PORT: '0',
      BROKER_HEALTH_PORT: '0',
      BROKER_USERNAME: 'broker',
      BROKER_PASSWORD: 'broker',
      BROKER_NAMESPACE: cluster.namespace,
      BROKER_LOG_LEVEL: 'debug',
      BROKER_PATIENCE_SECONDS: '0',
      BROKER_SHUTDOWN_GRACE_SECONDS: '2',
      BROKER_CALL_GRACE_SECONDS: '0',
      ...options.env,
    },
  });
  const proxy = await slowed(cluster);
  const running: RunningBroker = await startBroker(
    options.definition ?? { services: labServices(lab.backend), backends: [lab.backend] },
    {
      settings,
      cluster: proxy.cluster.config(),
      log: createLog({ level: settings.logLevel, format: 'json', stream }),
    },
  ).catch(async (error: unknown) => {
    await proxy.close();
    throw error;
  });
  return {
    url: running.url,
    healthUrl: running.healthUrl,
    namespace: running.namespace,
    lab,
    osb: new OsbClient(running.url),
    log: () => lines.join(''),
    async stop() {
      await running.stop();
      await proxy.close();
    },
  };
}

/** An id that no other test uses. */
export const newId = (): string => randomUUID();
