// The backend `docker`: an instance is a container on one of the Docker hosts that have told of themselves. What its image
// knows to do for instances and bindings, hooks at the container's root do.
import { type Done, done, type InstanceResult, type NamedBackend, type Waiting } from '../../sdk/index.js';
import { bind, unbind } from './bindings.js';
import { ensureContainer } from './container.js';
import { withUsability } from './failure.js';
import { callForInstance, hasHooks } from './hook-calls.js';
import { held } from './inventory.js';
import { observe } from './observe.js';
import { keepPorts } from './ports.js';
import { existingContainer } from './pre-existing.js';
import { destroy } from './removal.js';
import { keepReady } from './ready.js';
import { type Running, runningAt, untilReady } from './running.js';
import { DockerSettings } from './settings.js';
import { type DockerInstance, isWaiting, Site } from './site.js';
import { credentialsIn } from './static-credentials.js';
import { substitute } from './substitute.js';
import { told } from './told.js';

/** One for each broker: it knows the hosts of that one. */
export function dockerBackend(): NamedBackend<DockerSettings> {
  let attached: Site | undefined;
  const site = (): Site => {
    if (!attached) throw new Error('the backend docker is attached to no broker');
    return attached;
  };
  return {
    name: 'docker',
    settings: DockerSettings,

    attach(broker) {
      attached = new Site(broker);
      return attached.part;
    },

    ensure: (instance) =>
      told(instance.log, () => ensure(site(), instance)).catch(async (error: unknown) => {
        throw await withUsability(site(), instance, error);
      }),

    destroy: (instance) => told(instance.log, () => destroy(site(), instance)),

    bind: (binding) => told(binding.log, () => bind(site(), binding)),

    unbind: (binding) => told(binding.log, () => unbind(site(), binding)),

    observe: (instance) => observe(site(), instance),

    async check({ settings: { credentialsSecret }, secret }) {
      if (credentialsSecret === undefined) return [];
      try {
        credentialsIn(secret(credentialsSecret));
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    },

    inventory: ({ settings, signal }) => held(site(), settings, signal),
  };
}

const NOTHING_SAID = { state: 'missing' } as const;

async function ensure(site: Site, instance: DockerInstance): Promise<Done<InstanceResult> | Waiting> {
  const place = await site.placeFor(instance);
  if (isWaiting(place)) return place;
  const isOwn = instance.settings.container === undefined;
  const facts = await (isOwn ? ensureContainer : existingContainer)(site, place, instance);
  if (isWaiting(facts)) return facts;
  const running = runningAt(place, instance, facts);
  const pending = await untilReady(running, instance);
  if (pending) return pending;
  if (isOwn) await keepPorts(instance, facts.published);
  const result = hasHooks(instance) ? await callForInstance('/provision', running, instance) : NOTHING_SAID;
  if (isWaiting(result)) return result;
  if (isOwn) await keepReady(instance, facts);
  return doneWith(result.state === 'done' ? result.output['dashboard_url'] : undefined, running, instance);
}

/** The address of the dashboard is the plan's where it has one, else what `/provision` says. */
function doneWith(
  said: unknown,
  { address }: Running,
  { settings: { dashboardUrl } }: DockerInstance,
): Done<InstanceResult> {
  const url = dashboardUrl === undefined ? said : substitute(dashboardUrl, address);
  return done(typeof url === 'string' ? { dashboardUrl: url } : {});
}
