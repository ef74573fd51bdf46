// `brokersdk cluster`: the broker on this machine, against the cluster of the current kubeconfig. Says which one that
// is, and brings the custom resource definitions first.
import { broker } from '../broker.js';
import { loadKubeConfig, readSettings, runBroker } from '../sdk/index.js';
import { applyDefinitions } from './definitions.js';
import { orExplain } from './explain.js';
import { nextSteps } from './next-steps.js';
import { startSampleService } from './sample-service.js';

const DEFAULTS = { host: '127.0.0.1', namespace: 'brokersdk', logFormat: 'text' };

export const run = (args: string[]): Promise<void> =>
  orExplain('The broker cannot run', async () => {
    const settings = readSettings({ args, env: process.env, defaults: DEFAULTS });
    const namespace = settings.namespace!;
    const cluster = loadKubeConfig();
    process.stdout.write(
      `The cluster is ${cluster.clusterName} at ${cluster.serverUrl} (context ${cluster.contextName}).\n`,
    );
    const echo = await startSampleService();
    try {
      await applyDefinitions(cluster, namespace).finally(() => cluster.close());
      await runBroker(broker, {
        settings,
        onServing: ({ url }) => process.stdout.write(nextSteps({ url, namespace })),
      });
    } finally {
      await echo.close();
    }
  });
