// Puts the rooms together: stores, catalog, controllers, the OSB server; starts them in order and stops them in reverse.
import type { AnyBackend } from './authoring/backend.js';
import type { Service } from './authoring/define-service.js';
import { Backends } from './catalog/backends.js';
import { Catalog } from './catalog/catalog.js';
import { loadOfferings, offeringObject, readCatalogFile } from './catalog/load.js';
import { BY_INSTANCE, type Stores } from './controllers/context.js';
import { createControllers } from './controllers/controllers.js';
import type { ClusterConfig } from './kube/config.js';
import { EventRecorder, EVENTS, type KubeEvent } from './kube/events.js';
import { createResourceClient } from './kube/resource-client.js';
import type { KubeObject, ResourceType } from './kube/types.js';
import { createBroker } from './operations/broker.js';
import { createOsbApp } from './osb/app.js';
import { Credentials } from './osb/credentials.js';
import { type RunningServer, startServer } from './osb/server.js';
import { BINDINGS, INSTANCES, OFFERINGS, SECRET_LABEL, SECRETS } from './resources/kinds.js';
import { requireCluster } from './require-cluster.js';
import { sleep, unlessAborted } from './runtime/abortable.js';
import { ResourceStore } from './runtime/resource-store.js';
import type { Settings } from './settings.js';
import type { Log } from './telemetry/log.js';

/** What a broker is made of: services in code, and backends for offerings that are made with kubectl or in a file. */
export interface BrokerDefinition {
  services?: readonly Service[];
  backends?: readonly AnyBackend[];
}

export interface BrokerEnvironment {
  settings: Settings;
  cluster: ClusterConfig;
  log: Log;
  /** Fires when the broker is not wanted any more before it serves; later, `stop` is for that. */
  signal?: AbortSignal;
}

export interface RunningBroker {
  /** Where a client on the same machine reaches it. */
  readonly url: string;
  readonly namespace: string;
  /** Finishes what is in flight and resolves when nothing runs any more. */
  stop(): Promise<void>;
}

export const DEFAULT_NAMESPACE = 'brokersdk';

/** For how long a start waits for the offerings of the definition to be in the catalog. */
const ACCEPTANCE_MS = 10_000;

export async function startBroker(
  definition: BrokerDefinition,
  environment: BrokerEnvironment,
): Promise<RunningBroker> {
  const { settings, cluster, log, signal = new AbortController().signal } = environment;
  const namespace = settings.namespace ?? cluster.namespace ?? DEFAULT_NAMESPACE;
  const credentials = credentialsOf(settings, log);
  const offerings = settings.catalogFile ? readCatalogFile(settings.catalogFile) : [];
  const services = definition.services ?? [];
  const backends = new Backends(definition.backends ?? [], services);

  const ending = new AbortController();
  const stores = createStores(cluster, namespace, log);
  const events = new EventRecorder({
    client: createResourceClient<KubeEvent>(cluster, EVENTS, namespace),
    log,
  });
  const catalog = new Catalog({ offerings: stores.offerings, secrets: stores.secrets, backends });
  const context = {
    stores,
    catalog,
    events,
    log,
    operationTimeoutSeconds: settings.operationTimeoutSeconds,
    now: () => new Date(),
  };
  const controllers = createControllers(context);
  const broker = createBroker({ stores, catalog, log, settings: operationSettings(settings) });
  let server: RunningServer | undefined;
  const stop = async (): Promise<void> => {
    const graceMs = settings.shutdownGraceSeconds * 1000;
    await server?.close(graceMs);
    // A backend or an API server that does not answer is not waited for: what is unfinished goes on after the next start.
    await Promise.race([controllers.stop().then(() => events.flush()), sleep(graceMs, ending.signal)]);
    ending.abort();
    await cluster.close();
  };
  try {
    await unlessAborted(requireCluster(cluster, namespace), signal);
    const all = [stores.instances, stores.bindings, stores.offerings, stores.secrets];
    for (const store of all) store.start(ending.signal);
    await unlessAborted(Promise.all(all.map((store) => store.synced)), signal);
    await loadOfferings(
      stores.offerings,
      'code',
      services.map(({ offering }) => offeringObject(offering, 'code')),
    );
    await loadOfferings(stores.offerings, 'file', offerings);
    controllers.start(ending.signal);
    await settleOfferings(stores, catalog, log);
    const app = createOsbApp(broker, {
      credentials,
      log,
      missingVersionStatus: settings.missingVersionStatus === '400' ? 400 : 412,
      requireGuids: settings.requireGuids === 'true',
      bodyLimitBytes: settings.bodyLimitKilobytes * 1024,
    });
    server = await startServer(app, {
      host: settings.host,
      port: settings.port,
      ...(settings.tlsCertFile && settings.tlsKeyFile
        ? { tls: { certFile: settings.tlsCertFile, keyFile: settings.tlsKeyFile } }
        : {}),
      requestTimeoutMs: settings.requestTimeoutSeconds * 1000,
      headersTimeoutMs: settings.headersTimeoutSeconds * 1000,
      log,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  log.info('the broker serves', { url: server.url, namespace, cluster: cluster.serverUrl });
  return { url: server.url, namespace, stop };
}

function credentialsOf(settings: Settings, log: Log): Credentials {
  const { username, password } = settings;
  return new Credentials(
    {
      pairs: username !== undefined && password !== undefined ? [{ username, password }] : [],
      pairFile: settings.credentialsFile,
      tokenFile: settings.bearerTokenFile,
    },
    { log },
  );
}

const operationSettings = (settings: Settings) => ({
  patienceMs: settings.patienceSeconds * 1000,
  synchronousLimitMs: settings.synchronousLimitSeconds * 1000,
  afterDelete: settings.afterDelete === '410' ? ('gone' as const) : ('succeeded' as const),
  retryAfterSeconds: settings.retryAfterSeconds,
});

function createStores(cluster: ClusterConfig, namespace: string, log: Log): Stores {
  const store = <T extends KubeObject>(
    type: ResourceType,
    more: { labelSelector?: string; indexes?: Record<string, (object: T) => string[]> } = {},
  ): ResourceStore<T> =>
    new ResourceStore<T>({ client: createResourceClient<T>(cluster, type, namespace), log, ...more });
  return {
    instances: store(INSTANCES),
    bindings: store(BINDINGS, { indexes: { [BY_INSTANCE]: ({ spec }) => [spec.instanceRef.name] } }),
    offerings: store(OFFERINGS),
    secrets: store(SECRETS, { labelSelector: SECRET_LABEL }),
  };
}

/** A platform that registers the broker right after its start is to find the whole catalog. */
async function settleOfferings({ offerings, secrets }: Stores, catalog: Catalog, log: Log): Promise<void> {
  const open = (): string[] =>
    offerings
      .list()
      .map(({ metadata }) => metadata.name)
      .filter((name) => catalog.verdict(name)?.reason === 'SecretMissing');
  const deadline = AbortSignal.timeout(ACCEPTANCE_MS);
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (open().length > 0 && !deadline.aborted) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = secrets.onChange(look);
    deadline.addEventListener('abort', look);
    look();
  });
  if (open().length > 0) log.warn('offerings wait for a Secret', { offerings: open() });
}
