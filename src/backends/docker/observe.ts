// Looks at an instance that is Ready: is its host alive, is its container there, does it run, is it well?
import type { Observation, ObservedCondition } from '../../sdk/index.js';
import { hasOtherPorts, keptPorts } from './ports.js';
import { wasReady } from './ready.js';
import { findContainer, type Running } from './running.js';
import { type DockerInstance, isWaiting, type Site } from './site.js';
import { passingText } from './told.js';

/** Nothing tells of what happens at an engine; asking is cheap. */
const LOOK_EVERY_SECONDS = 10;

export async function observe(site: Site, instance: DockerInstance): Promise<Observation> {
  try {
    return await look(site, instance);
  } catch (error) {
    const text = passingText(error);
    if (text === undefined) throw error;
    instance.log.warn('the Docker host did not do its part', { error: (error as Error).message });
    return { conditions: [unhealthy(text, 'Engine')], againAfter: LOOK_EVERY_SECONDS };
  }
}

async function look(site: Site, instance: DockerInstance): Promise<Observation> {
  const place = await site.placeOf(instance);
  if (!place) return { conditions: [hostLost('it is on no Docker host any more')] };
  if (isWaiting(place)) return { conditions: [hostLost(place.text)], againAfter: LOOK_EVERY_SECONDS };
  const found = await findContainer(place, instance);
  const wrong = await whatIsWrong(found, instance);
  // One that was there before is somebody else's to put back.
  const repair = instance.settings.container === undefined ? wrong : undefined;
  const health = found?.facts.state.health === 'unhealthy' ? 'the check of its image says so' : undefined;
  return {
    conditions: [hostAlive(place.host.name), unhealthy(repair === undefined ? (wrong ?? health) : undefined)],
    ...(repair === undefined ? {} : { repair }),
    againAfter: LOOK_EVERY_SECONDS,
  };
}

async function whatIsWrong(
  running: Running | undefined,
  instance: DockerInstance,
): Promise<string | undefined> {
  if (!running) return 'the container is gone';
  const { state, published } = running.facts;
  if (!state.running && !state.restarting)
    return `the container has ended with exit status ${state.exitCode}`;
  const told = await keptPorts(instance, published.keys());
  if (hasOtherPorts(running.facts, told)) return 'the container has other ports than it had';
  const isOwn = instance.settings.container === undefined;
  return isOwn && !(await wasReady(instance, running.facts))
    ? 'the container has yet to be made ready'
    : undefined;
}

const hostAlive = (host: string): ObservedCondition => ({
  ...{ type: 'HostLost', status: 'False', reason: 'Heartbeat' },
  message: `its Docker host ${host} gives signs of life`,
});

const hostLost = (message: string): ObservedCondition => ({
  ...{ type: 'HostLost', status: 'True', reason: 'NoHeartbeat', message },
});

const unhealthy = (why: string | undefined, reason = 'Container'): ObservedCondition => ({
  type: 'Unhealthy',
  ...(why === undefined
    ? ({ status: 'False', reason: 'Running', message: 'its container runs' } as const)
    : ({ status: 'True', reason, message: why } as const)),
});
