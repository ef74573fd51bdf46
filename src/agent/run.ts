// The agent of a Docker host: registers the host with its receivers, and gives signs of its life until it is stopped.
import { hostname } from 'node:os';
import { tcpEngine } from '../docker-hosts/rest/ping-host.js';
import type { Registration } from '../docker-hosts/registration.js';
import { objectName } from '../sdk/resources/names.js';
import { systemClock } from '../sdk/runtime/clock.js';
import { stopSignal } from '../sdk/runtime/stop-signal.js';
import { createLog } from '../sdk/telemetry/log.js';
import { brokerReceiver } from './broker-receiver.js';
import { certificateFiles } from './certificates.js';
import { pingEngine } from './engine.js';
import type { Receiver } from './receiver.js';
import type { AgentSettings } from './settings-read.js';
import { giveSignsOfLife, type Signs } from './signs-of-life.js';

const DEFAULT_NAMESPACE = 'brokersdk';

/** Runs until a SIGTERM or SIGINT; resolves when it has stopped in good order. Throws where there is nobody to register with. */
export async function runAgent(settings: AgentSettings): Promise<void> {
  const signal = stopSignal();
  const log = createLog({ level: settings.logLevel, format: settings.logFormat });
  const engine = engineOf(settings);
  const receivers = await receiversOf(settings, engine);
  for (const what of settings.ignored) {
    log.warn(`${what} has no meaning any more: what is run in containers goes through the Docker API`);
  }
  for (const { url } of settings.brokers) {
    if (url.startsWith('http:')) log.warn('the password goes to this broker in the open: use https', { url });
  }
  log.info('the agent runs', { engine, receivers: receivers.map(({ name }) => name) });
  const signs: Signs = {
    keepaliveMs: settings.keepalive * 1000,
    certificates: certificateFiles(settings),
    checkEngine: (tls, stopping) => pingEngine({ engine, ...(tls ? { tls } : {}) }, stopping),
    log,
    clock: systemClock,
    random: Math.random,
  };
  await Promise.all(receivers.map((receiver) => giveSignsOfLife(receiver, signs, signal)));
  await Promise.all(receivers.map((receiver) => receiver.close()));
  log.info('stopped', { signal: String(signal.reason) });
}

const engineOf = ({ dockerHost, dockerPort }: AgentSettings): string =>
  isSocket(dockerHost) ? dockerHost : tcpEngine(dockerHost, dockerPort);

const isSocket = (dockerHost: string): boolean => dockerHost.startsWith('unix://');

/** What speaks to a cluster is loaded where there is one to speak to. */
async function receiversOf(settings: AgentSettings, engine: string): Promise<Receiver[]> {
  if (settings.brokers.length > 0) return settings.brokers.map((broker) => brokerReceiver(broker, settings));
  const { clusterReceiver } = await import('./cluster-receiver.js');
  const { loadKubeConfig } = await import('../sdk/index.js');
  try {
    const cluster = loadKubeConfig();
    const namespace = settings.namespace ?? cluster.namespace ?? DEFAULT_NAMESPACE;
    return [clusterReceiver({ cluster, namespace, registration: registrationOf(settings, engine) })];
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message} Or list brokers, with AGENT_BROKERS or as brokerservers in the file.`, {
      cause: error,
    });
  }
}

function registrationOf(settings: AgentSettings, engine: string): Registration {
  const { name, dockerHost, serviceHost, isActive, perfFactor, keepalive } = settings;
  const { portbindMin: min, portbindMax: max } = settings;
  return {
    name: name ?? objectName(isSocket(dockerHost) ? hostname() : dockerHost),
    engine,
    serviceHost,
    ...(min !== undefined && max !== undefined ? { ports: { min, max } } : {}),
    perfFactor,
    schedulable: isActive,
    keepaliveSeconds: keepalive,
  };
}
