// Puts the rooms together: stores, catalog, leadership, the OSB server; starts them in order and stops them in reverse.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { administratorsOf, credentialsOf, missingVersionStatusOf } from './access.js';
import type { AnyBackend } from './authoring/backend.js';
import type { Service } from './authoring/define-service.js';
import { Backends } from './catalog/backends.js';
import { Catalog } from './catalog/catalog.js';
import { loadOfferings, offeringObject, readCatalogFile } from './catalog/load.js';
import { BY_INSTANCE } from './controllers/context.js';
import { LostSecrets } from './controllers/lost-secrets.js';
import { rescueSecrets } from './controllers/secret-rescue.js';
import { Dashboard } from './dashboard/dashboard.js';
import { dashboardRoutes } from './dashboard/routes.js';
import type { ClusterConfig } from './kube/config.js';
import { EVENTS, type KubeEvent } from './kube/events.js';
import { type Lease, LEASES } from './kube/lease.js';
import { createResourceClient } from './kube/resource-client.js';
import type { KubeObject, ResourceClient, ResourceType } from './kube/types.js';
import { Leadership } from './lead.js';
import { createBroker } from './operations/broker.js';
import { createOsbApp } from './osb/app.js';
import { type RunningServer, startServer } from './osb/server.js';
import { OwnedObjects } from './owned/owned-objects.js';
import { Parts } from './parts.js';
import { requireCluster } from './require-cluster.js';
import { sleep, unlessAborted } from './runtime/abortable.js';
import { systemClock } from './runtime/clock.js';
import { readinessChecks } from './runtime/health.js';
import { type HealthServer, startHealthServer } from './runtime/health-server.js';
import { LeaderElection } from './runtime/leader-election.js';
import type { Settings } from './settings.js';
import { type BrokerStores, createStores } from './stores.js';
import type { Log } from './telemetry/log.js';
import { Metrics, planLabel } from './telemetry/metrics.js';

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
  /** Where /livez, /readyz and /metrics are. */
  readonly healthUrl: string;
  readonly namespace: string;
  /** Finishes what is in flight and resolves when nothing runs any more. */
  stop(): Promise<void>;
}

export const DEFAULT_NAMESPACE = 'brokersdk';

/** Whoever holds it runs the controllers. */
const LEASE_NAME = 'brokersdk-controllers';

/** For how long a start waits for the offerings of the definition to be in the catalog. */
const ACCEPTANCE_MS = 10_000;

export async function startBroker(
  definition: BrokerDefinition,
  environment: BrokerEnvironment,
): Promise<RunningBroker> {
  const assembled = assemble(definition, environment);
  const { settings, cluster, log, signal = new AbortController().signal } = environment;
  const { namespace, stores, catalog, election, leadership, services, offerings, parts } = assembled;
  const followed = Object.values({ ...stores, ...parts.stores });
  const ending = new AbortController();
  const leaving = new AbortController();
  let phase: 'starting' | 'serving' | 'stopping' = 'starting';
  let server: RunningServer | undefined;
  let health: HealthServer | undefined;
  let leading: Promise<void> = Promise.resolve();
  const stop = async (): Promise<void> => {
    phase = 'stopping';
    const graceMs = settings.shutdownGraceSeconds * 1000;
    assembled.dashboard.close();
    // Requests that wait for their work are why this replica goes on leading until they are answered.
    await server?.close(graceMs);
    leaving.abort(new Error('the broker stops'));
    // A backend or an API server that does not answer is not waited for: the Lease runs out, and another goes on.
    await Promise.race([leading, sleep(graceMs, ending.signal)]);
    ending.abort();
    await health?.close();
    await cluster.close();
  };
  try {
    health = await startHealthServer({
      host: settings.host,
      port: settings.healthPort,
      checks: readinessChecks({
        caches: { ...stores, ...parts.stores },
        isLeaseKnown: () => election.isKnown,
        phase: () => phase,
      }),
      metrics: assembled.metrics,
      log,
    });
    await unlessAborted(requireCluster(cluster, namespace, parts.types), signal);
    leading = election.run(leaving.signal, (term) => leadership.lead(term));
    for (const store of followed) store.start(ending.signal);
    await unlessAborted(Promise.all(followed.map((store) => store.synced)), signal);
    rescueSecrets(assembled.rescue, ending.signal);
    const own = services.map(({ offering }) => offeringObject(offering, 'code'));
    await unlessAborted(loadOfferings(stores.offerings, 'code', own), signal);
    await unlessAborted(loadOfferings(stores.offerings, 'file', offerings), signal);
    await settleOfferings(stores, catalog, log);
    await unlessAborted(assembled.dashboard.start(ending.signal), signal);
    server = await serve(assembled, environment);
    phase = 'serving';
  } catch (error) {
    await stop();
    throw error;
  }
  log.info('the broker serves', {
    url: server.url,
    healthUrl: health.url,
    namespace,
    cluster: cluster.serverUrl,
  });
  return { url: server.url, healthUrl: health.url, namespace, stop };
}

/** All that a broker consists of, before anything runs. Throws where the definition or the settings are not right. */
function assemble(definition: BrokerDefinition, { settings, cluster, log }: BrokerEnvironment) {
  const namespace = settings.namespace ?? cluster.namespace ?? DEFAULT_NAMESPACE;
  const credentials = credentialsOf(settings, log);
  const offerings = settings.catalogFile ? readCatalogFile(settings.catalogFile) : [];
  const services = definition.services ?? [];
  const backends = new Backends(definition.backends ?? [], services);
  const metrics = new Metrics();
  cluster.onRequest = (request) => metrics.kubeRequest(request);
  const time = { clock: systemClock, random: Math.random };
  const clientOf = <T extends KubeObject>(type: ResourceType): ResourceClient<T> =>
    createResourceClient<T>(cluster, type, namespace);
  const stores = createStores({ clientOf, log, ...time });
  const parts = new Parts(backends.all, {
    broker: {
      namespace,
      instances: stores.instances,
      offerings: stores.offerings,
      secrets: stores.secrets,
      ...administratorsOf(settings, log),
    },
    clientOf,
    log,
    ...time,
  });
  const catalog = new Catalog({ ...stores, backends });
  const dashboard = new Dashboard({
    publicUrl: settings.publicUrl,
    linkSeconds: settings.dashboardLinkSeconds,
    stores,
    bindingsOf: (instance) => stores.bindings.byIndex(BY_INSTANCE, instance),
    events: clientOf<KubeEvent>(EVENTS),
    log,
    ...time,
  });
  const lostSecrets = new LostSecrets(stores);
  const leadership = new Leadership({
    stores,
    parts,
    eventClient: clientOf<KubeEvent>(EVENTS),
    onEventDropped: () => metrics.eventDropped(),
    owned: (term) => new OwnedObjects({ cluster, namespace, log, ...time, ...term }),
    context: {
      catalog,
      lostSecrets,
      log,
      metrics,
      ...time,
      operationTimeoutSeconds: settings.operationTimeoutSeconds,
      maxAttempts: settings.maxAttempts,
      orphans: settings.orphans,
      callGraceMs: settings.callGraceSeconds * 1000,
      resyncMs: settings.resyncSeconds * 1000,
    },
  });
  const election = new LeaderElection({
    client: clientOf<Lease>(LEASES),
    name: LEASE_NAME,
    identity: `${hostname()}_${randomUUID()}`,
    leaseSeconds: settings.leaseSeconds,
    log,
    ...time,
  });
  metrics.follow({
    isLeader: () => election.isLeader,
    queues: () => leadership.queues(),
    caches: { ...stores, ...parts.stores },
  });
  return {
    namespace,
    credentials,
    offerings,
    services,
    metrics,
    stores,
    catalog,
    parts,
    dashboard,
    leadership,
    election,
    rescue: { ...time, stores, lostSecrets, log, isLeader: () => election.isLeader },
  };
}

async function serve(
  { stores, catalog, parts, dashboard, credentials, metrics }: ReturnType<typeof assemble>,
  { settings, log }: BrokerEnvironment,
): Promise<RunningServer> {
  const broker = createBroker({
    stores,
    catalog,
    dashboardLink: (instance) => dashboard.link(instance),
    log,
    settings: operationSettings(settings),
  });
  const app = createOsbApp(broker, {
    credentials,
    log,
    pages: [dashboardRoutes(dashboard), ...parts.routes],
    metrics: {
      sink: metrics,
      planName: (serviceId, planId) => {
        const plan = catalog.find(serviceId, planId);
        return plan ? planLabel(plan.service.name, plan.spec.name) : '';
      },
    },
    missingVersionStatus: missingVersionStatusOf(settings),
    requireGuids: settings.requireGuids === 'true',
    bodyLimitBytes: settings.bodyLimitKilobytes * 1024,
  });
  return startServer(app, {
    host: settings.host,
    port: settings.port,
    ...(settings.tlsCertFile && settings.tlsKeyFile
      ? { tls: { certFile: settings.tlsCertFile, keyFile: settings.tlsKeyFile } }
      : {}),
    requestTimeoutMs: settings.requestTimeoutSeconds * 1000,
    headersTimeoutMs: settings.headersTimeoutSeconds * 1000,
    log,
  });
}

const operationSettings = (settings: Settings) => ({
  patienceMs: settings.patienceSeconds * 1000,
  synchronousLimitMs: settings.synchronousLimitSeconds * 1000,
  afterDelete: settings.afterDelete === '410' ? ('gone' as const) : ('succeeded' as const),
  retryAfterSeconds: settings.retryAfterSeconds,
});

/** A platform that registers the broker right after its start is to find the whole catalog. */
async function settleOfferings(
  { offerings, secrets }: BrokerStores,
  catalog: Catalog,
  log: Log,
): Promise<void> {
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
