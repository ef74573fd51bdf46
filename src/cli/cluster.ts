// `make run-cluster`: the broker on this machine, against the cluster of the current kubeconfig. Says which one that
// is, and brings the custom resource definitions first.
import '../sdk/require-node.js';
import { broker } from '../broker.js';
import { loadKubeConfig, runBroker } from '../sdk/index.js';
import { applyDefinitions } from './definitions.js';
import { orExplain } from './explain.js';
import { nextSteps } from './next-steps.js';
import { startSampleService } from './sample-service.js';

const namespace = process.env.BROKER_NAMESPACE ?? 'brokersdk';

await orExplain(async () => {
  const cluster = loadKubeConfig();
  process.stdout.write(
    `The cluster is ${cluster.clusterName} at ${cluster.serverUrl} (context ${cluster.contextName}).\n`,
  );
  const echo = await startSampleService(process.env);
  try {
    await applyDefinitions(cluster, namespace).finally(() => cluster.close());
    await runBroker(broker, {
      env: {
        BROKER_HOST: '127.0.0.1',
        BROKER_LOG_FORMAT: 'text',
        ...process.env,
        BROKER_NAMESPACE: namespace,
      },
      onServing: ({ url }) => process.stdout.write(nextSteps({ url, namespace })),
    });
  } finally {
    await echo.close();
  }
});
