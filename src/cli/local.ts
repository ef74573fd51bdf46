// `brokersdk local`: the broker with no cluster. The embedded API server, the echo service and the broker in one
// process, with credentials that everybody knows. For a first look and for development only.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { broker } from '../broker.js';
import { loadKubeConfig, readSettings, runBroker, type Settings } from '../sdk/index.js';
import { type LocalApiServer, NOT_FOR_PRODUCTION, startLocalApiServer } from '../sdk/local/index.js';
import { applyDefinitions } from './definitions.js';
import { orExplain } from './explain.js';
import { nextSteps } from './next-steps.js';
import { portOf } from './port.js';
import { startSampleService } from './sample-service.js';

const DEFAULTS = {
  host: '127.0.0.1',
  namespace: 'brokersdk',
  username: 'broker',
  password: 'broker',
  logFormat: 'text',
};

export const run = (args: string[]): Promise<void> =>
  orExplain('The broker cannot run', async () => {
    const settings = readSettings({ args, env: process.env, defaults: DEFAULTS });
    const apiServer = await startLocalApiServer({ port: portOf('LOCAL_API_PORT', 0) });
    try {
      const echo = await startSampleService();
      await serve(apiServer, settings).finally(() => echo.close());
    } finally {
      await apiServer.close();
    }
  });

async function serve(apiServer: LocalApiServer, settings: Settings): Promise<void> {
  const namespace = settings.namespace!;
  const directory = join(process.cwd(), '.local');
  const kubeconfig = join(directory, 'kubeconfig');
  mkdirSync(directory, { recursive: true });
  writeFileSync(kubeconfig, apiServer.kubeconfig(namespace), { mode: 0o600 });
  process.env.KUBECONFIG = kubeconfig;
  process.stdout.write(`${NOT_FOR_PRODUCTION}\n`);
  const cluster = loadKubeConfig({ kubeconfig });
  await applyDefinitions(cluster, namespace).finally(() => cluster.close());
  await runBroker(broker, {
    settings,
    onServing: ({ url }) => process.stdout.write(nextSteps({ url, kubeconfig, namespace })),
  });
}
