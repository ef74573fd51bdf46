// Bindings of containers: credentials from a Secret, from the image's hook, or what is known without one.
import { createHash } from 'node:crypto';
import {
  type Binding,
  type BindingResult,
  done,
  type Endpoint,
  type JsonObject,
  type Outcome,
  type Removed,
  TerminalError,
  waiting,
} from '../../sdk/index.js';
import { newPassword } from '../password.js';
import { passwordOf } from './environment.js';
import { type Account, callForBinding, hasHooks } from './hook-calls.js';
import { labelsOf } from './labels.js';
import { findContainer, type Running } from './running.js';
import type { DockerSettings } from './settings.js';
import { isWaiting, type Site } from './site.js';
import { staticCredentials } from './static-credentials.js';
import type { Address } from './substitute.js';

type DockerBinding = Binding<DockerSettings>;

/** Some databases take no longer names of users. */
const USERNAME_LENGTH = 16;

export async function bind(site: Site, binding: DockerBinding): Promise<Outcome<BindingResult>> {
  const { instance } = binding;
  const place = await site.placeOf(instance);
  if (!place) throw new TerminalError('the instance has no Docker host: it cannot be bound');
  if (isWaiting(place)) return place;
  const running = await findContainer(place, { ...instance, signal: binding.signal });
  if (!running?.facts.state.running) return waiting('the container of the instance does not run now');
  const { address } = running;
  if (!hasHooks(instance)) {
    return done({ credentials: staticCredentials(instance, address), endpoints: endpointsOf(address) });
  }
  const account = { username: usernameOf(binding), password: newPassword() };
  const result = await callForBinding('/bind', running, binding, account);
  if (isWaiting(result)) return result;
  const credentials =
    result.state === 'missing'
      ? await withoutHook(binding, running)
      : withAccount(result.output, account, address);
  return done({ credentials, endpoints: endpointsOf(address) });
}

export async function unbind(site: Site, binding: DockerBinding): Promise<Removed> {
  const { instance } = binding;
  const goesWithIt = instance.isDeleting && instance.settings.container === undefined;
  if (goesWithIt || !hasHooks(instance)) return done();
  const place = await site.placeOf(instance);
  if (!place) return done();
  if (isWaiting(place)) return place;
  const running = await findContainer(place, { ...instance, signal: binding.signal });
  if (!running) {
    // In its volumes, the user may still be.
    const volumes = await place.engine.volumes(labelsOf(site, instance.name), binding.signal);
    return volumes.length === 0
      ? done()
      : waiting('the container of the instance is gone, and has to be back first');
  }
  const result = await callForBinding('/unbind', running, binding, { username: usernameOf(binding) });
  return isWaiting(result) ? result : done();
}

/** The same each time: who unbinds knows it as well. */
const usernameOf = ({ instance, name }: DockerBinding): string =>
  `u${createHash('sha256').update(`${instance.name}/${name}`).digest('hex')}`.slice(0, USERNAME_LENGTH);

/** A hook that says nothing has made the user that it was given. */
function withAccount(output: JsonObject, account: Account, address: Address): JsonObject {
  return Object.keys(output).length > 0 ? output : { ...whereabouts(address), ...account };
}

async function withoutHook({ instance }: DockerBinding, { address }: Running): Promise<JsonObject> {
  const password = await passwordOf(instance);
  return { ...whereabouts(address), ...(password === undefined ? {} : { password }) };
}

function whereabouts({ host, ports }: Address): JsonObject {
  const [port] = ports.values();
  const byContainerPort = Object.fromEntries([...ports].map(([name, each]) => [name, String(each)]));
  return { host, ...(port === undefined ? {} : { port: String(port), ports: byContainerPort }) };
}

const endpointsOf = ({ host, ports }: Address): Endpoint[] =>
  [...ports].map(([name, port]) => ({
    host,
    ports: [String(port)],
    protocol: name.endsWith('/udp') ? 'udp' : 'tcp',
  }));
