// `make run`: the broker with no cluster. The embedded API server, the echo service and the broker in one process, with
// credentials that everybody knows. For a first look and for development only.
import '../sdk/require-node.js';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { broker } from '../broker.js';
import { loadKubeConfig, runBroker } from '../sdk/index.js';
import { type LocalApiServer, NOT_FOR_PRODUCTION, startLocalApiServer } from '../sdk/local/index.js';
import { applyDefinitions } from './definitions.js';
import { orExplain } from './explain.js';
import { nextSteps } from './next-steps.js';
import { startSampleService } from './sample-service.js';

const directory = join(process.cwd(), '.local');
const kubeconfig = join(directory, 'kubeconfig');
const namespace = process.env.BROKER_NAMESPACE ?? 'brokersdk';

await orExplain(async () => {
  const apiServer = await startLocalApiServer({ port: Number(process.env.LOCAL_API_PORT ?? 0) });
  try {
    const echo = await startSampleService(process.env);
    await serve(apiServer).finally(() => echo.close());
  } finally {
    await apiServer.close();
  }
});

async function serve(apiServer: LocalApiServer): Promise<void> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(kubeconfig, apiServer.kubeconfig(namespace), { mode: 0o600 });
  process.env.KUBECONFIG = kubeconfig;
  process.stdout.write(`${NOT_FOR_PRODUCTION}\n`);
  const cluster = loadKubeConfig({ kubeconfig });
  await applyDefinitions(cluster, namespace).finally(() => cluster.close());
  await runBroker(broker, {
    env: {
      BROKER_HOST: '127.0.0.1',
      BROKER_USERNAME: 'broker',
      BROKER_PASSWORD: 'broker',
      BROKER_LOG_FORMAT: 'text',
      ...process.env,
    },
    onServing: ({ url }) => process.stdout.write(nextSteps({ url, kubeconfig, namespace })),
  });
}
