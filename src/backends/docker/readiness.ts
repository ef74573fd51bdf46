// Whether a container serves, and in words for its user what is still to come or what is in the way.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { progressing, READY, type Readiness, stuck } from '../readiness.js';
import type { ContainerFacts, ContainerState } from './engine-facts.js';
import type { Address } from './substitute.js';

const CONNECT_MS = 2000;
/** The engine's proxy takes each connection, and closes it at once where nobody listens in the container. */
const KEPT_MS = 250;

/**
 * By the image's HEALTHCHECK where it has one, else by whether its first published tcp port can be connected to from
 * here; without any, by whether it runs. Stuck where it crashes again and again or is unhealthy.
 */
export async function isReady(
  { state }: Pick<ContainerFacts, 'state'>,
  place: Address,
  signal: AbortSignal,
): Promise<Readiness> {
  if (!state.running) return ofOneThatDoesNotRun(state);
  if (state.health) return ofHealth(state.health);
  const tcp = [...place.ports].find(([port]) => !port.endsWith('/udp'));
  if (!tcp) return READY;
  const [port, hostPort] = tcp;
  if (await isOpen(place.host, hostPort, signal)) return READY;
  return state.restartCount > 0
    ? stuck(
        `waiting for port ${port} to be open; the container ended and was started ${times(state.restartCount)} again`,
      )
    : progressing(`waiting for port ${port} to be open`);
}

function ofOneThatDoesNotRun({
  restarting,
  exitCode,
  outOfMemory,
  restartCount,
  startedAt,
}: ContainerState): Readiness {
  if (!startedAt) return progressing('the container is being made');
  const ended = `the container ended with exit status ${exitCode}${outOfMemory ? ', as it had no memory left' : ''}`;
  if (restartCount > 0) return stuck(`${ended} and was started ${times(restartCount)} again`);
  return stuck(restarting ? `${ended} and is started again` : ended);
}

function ofHealth(health: 'starting' | 'healthy' | 'unhealthy'): Readiness {
  if (health === 'healthy') return READY;
  return health === 'starting'
    ? progressing('the container is starting')
    : stuck('the container is unhealthy, by the check of its image');
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** Whether a connection is taken, and then kept for a moment or written to. */
async function isOpen(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const socket = connect({ host, port });
  const ends = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  try {
    await once(socket, 'connect', { signal: ends });
    return await isKept(socket, signal);
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    socket.destroy();
  }
}

function isKept(socket: Socket, signal: AbortSignal): Promise<boolean> {
  return Promise.race([
    once(socket, 'data', { signal }).then(() => true),
    once(socket, 'end', { signal }).then(() => false),
    delay(KEPT_MS, true, { signal }),
  ]);
}
